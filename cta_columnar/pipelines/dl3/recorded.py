"""Recorded events to event lists: an observation of each ``obs_id``."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.array import check_array
from cta_columnar.pipelines.dl3.inputs import WANTED, ListInput
from cta_columnar.pipelines.dl3.lists import (
    EventList,
    Gathered,
    PlannedList,
    event_names,
    labels_of,
    passed_by,
    to_columns,
)
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.schemas import dl1, technical
from cta_columnar.stages.dl3.event_list import events_of
from cta_columnar.stages.dl3.intervals import NoGoodTimeError
from cta_columnar.stages.dl3.observation import Observation, Target
from cta_columnar.stages.dl3.recorded import GoodTime, recorded_observation
from cta_columnar.stages.dl3.site import site_of
from cta_columnar.stages.dl3.technical import Triggers
from cta_columnar.stages.dl3.times import as_ns
from cta_columnar.stages.selection import Selection
from cta_columnar.store import Store

_POINTING = ("time", "tel_id", "pointing_alt", "pointing_az")


def recorded_lists(
    inputs: Sequence[ListInput], responses: Responses, config: DL3Config
) -> Gathered:
    """Plan an event list of each ``obs_id`` of datasets that were recorded.

    Observations without good time are left out, and their reasons told.

    Raises
    ------
    UserError
        If an observation is in two datasets, has no pointing, or is where no responses
        are; if none has good time.
    """
    planned: list[PlannedList] = []
    left_out: dict[int, str] = {}
    seen: dict[int, Store] = {}
    for each in inputs:
        triggers = each.store.read("trigger", ["obs_id"], verify=True)
        for obs_id in sorted(pc.unique(triggers["obs_id"]).to_pylist()):
            if other := seen.get(obs_id):
                raise UserError(
                    f"observation {obs_id} is in {other.root} and {each.store.root}: "
                    "name only one of them, or make one with another --obs-id"
                )
            seen[obs_id] = each.store
            try:
                planned.append(_planned(each.store, obs_id, responses, config))
            except NoGoodTimeError as error:
                left_out[obs_id] = str(error)
    told = [f"observation {k} is left out: {why}" for k, why in left_out.items()]
    told += [each for one in planned for each in one.warnings]
    if not planned:
        raise UserError("; ".join(told) or "no input has a trigger")
    planned.sort(key=lambda each: each.observation.obs_id)
    empty = dl1.CUT_FLOW.empty_table()
    return Gathered(planned, left_out, empty, technical.OBSERVED.empty_table(), told)


def _planned(
    store: Store, obs_id: int, responses: Responses, config: DL3Config
) -> PlannedList:
    """Find out about an observation, and whether there are responses for it."""
    own = pc.field("obs_id") == obs_id
    names = ["time", "tels_with_trigger"]
    triggers = store.read("trigger", names, where=own, verify=True)
    times = _sorted_times(triggers)
    settings, subarray, target = config.good_time, store.subarray(), config.target
    tel_ids = pc.unique(pc.list_flatten(triggers["tels_with_trigger"])).to_pylist()
    missing = check_array(store, tel_ids, responses)
    observation = recorded_observation(
        obs_id,
        times,
        _pointing(store, obs_id, times),
        site_of(subarray),
        GoodTime(
            settings.longest_gap,
            settings.shortest,
            settings.dead_time,
            settings.pointing_tolerance,
        ),
        tel_ids=tuple(sorted(tel_ids)),
        target=Target(target.name, target.ra, target.dec) if target else None,
        labels=labels_of(config, subarray),
    )
    responses.check(observation)
    make = partial(_event_list, store, observation, responses, config)
    return PlannedList(observation, times.size, make, _without(obs_id, missing))


def _without(obs_id: int, missing: Sequence[int]) -> tuple[str, ...]:
    if not missing:
        return ()
    listed = ", ".join(map(str, missing))
    return (
        f"observation {obs_id}: no trigger has telescopes {listed}, which are in the "
        "responses",
    )


def _sorted_times(triggers: pa.Table) -> I8:
    """Return times of triggers in order, ns since 1970 (TAI): int64[n]."""
    times: I8 = np.sort(as_ns(triggers["time"].to_numpy()))
    return times


def _pointing(store: Store, obs_id: int, times: I8) -> tuple[AnyArray, F8, F8]:
    """Where telescopes pointed during an observation: times, altitude, azimuth.

    A telescope that has not moved since before the first trigger has no row after that:
    its last one counts as one of that time.
    """
    own = pc.field("obs_id") == obs_id
    rows = store.read("pointing", list(_POINTING), where=own, verify=True)
    columns = to_columns(rows, {name: name for name in _POINTING})
    time_ns = as_ns(columns["time"]).copy()
    order = np.lexsort([time_ns, columns["tel_id"]])
    time_ns, tel_id = time_ns[order], columns["tel_id"][order]
    if times.size:
        stands = (time_ns <= times[0]) & ~_moves(tel_id)
        time_ns[stands] = times[0]
    alt, az = (np.asarray(columns[n], np.float64)[order] for n in _POINTING[2:])
    return time_ns, alt, az


def _moves(tel_id: AnyArray) -> Mask:
    """Whether a telescope has a row after this one: bool[n], of ordered rows."""
    moves = np.zeros(tel_id.size, np.bool_)
    moves[:-1] = tel_id[1:] == tel_id[:-1]
    return moves


def _event_list(
    store: Store, observation: Observation, responses: Responses, config: DL3Config
) -> EventList:
    """Read the events of an observation, and select them."""
    valid = responses.valid_for(observation)
    names = event_names(store, responses, WANTED)
    own = pc.field("obs_id") == observation.obs_id
    read = store.read("events", list(names), where=own, verify=True)
    columns = to_columns(read, names)
    passed = passed_by(responses, valid, columns)
    passed["good_time"] = events_of(columns, observation)
    selection = Selection(tuple(passed), np.array(list(passed.values())))
    events = {name: values[selection.mask] for name, values in columns.items()}
    times = _sorted_times(store.read("trigger", ["time"], where=own, verify=True))
    triggers = Triggers(times, config.good_time.dead_time)
    flow = selection.cut_flow("recorded", {"": slice(None)})
    return EventList(observation, events, valid, triggers, flow)
