"""Recorded events to event lists: an observation of each ``obs_id``."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.inputs import WANTED, ListInput
from cta_columnar.pipelines.dl3.lists import (
    EventList,
    Gathered,
    event_names,
    labels_of,
    passed_by,
    to_columns,
)
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.schemas import technical
from cta_columnar.stages.dl3.event_list import events_of
from cta_columnar.stages.dl3.observation import Observation, Target
from cta_columnar.stages.dl3.recorded import GoodTime, recorded_observation
from cta_columnar.stages.dl3.site import site_of
from cta_columnar.stages.dl3.technical import Triggers
from cta_columnar.stages.dl3.times import as_ns
from cta_columnar.stages.selection import Selection, add_cut_flows
from cta_columnar.store import Store

_POINTING = ("time", "tel_id", "pointing_alt", "pointing_az")


def recorded_lists(
    inputs: Sequence[ListInput], responses: Responses, config: DL3Config
) -> Gathered:
    """Make an event list of each ``obs_id`` of datasets that were recorded.

    Raises
    ------
    UserError
        If an observation is in two datasets, or has no good time, pointing or event.
    """
    lists, flows, seen = [], [], dict[int, Store]()
    for each in inputs:
        triggers = each.store.read("trigger", ["obs_id"], verify=True)
        for obs_id in sorted(pc.unique(triggers["obs_id"]).to_pylist()):
            if other := seen.get(obs_id):
                raise UserError(
                    f"observation {obs_id} is in {other.root} and {each.store.root}: "
                    "name only one of them, or make one with another --obs-id"
                )
            seen[obs_id] = each.store
            observation, times = _observation(each.store, obs_id, config)
            found, flow = _event_list(each.store, observation, times, responses, config)
            lists.append(found)
            flows.append(flow)
    lists.sort(key=lambda each: each.observation.obs_id)
    observed = technical.OBSERVED.empty_table()
    return Gathered(lists, add_cut_flows(flows), observed)


def _observation(
    store: Store, obs_id: int, config: DL3Config
) -> tuple[Observation, I8]:
    """Find out about an observation; return the times of its triggers, too."""
    own = pc.field("obs_id") == obs_id
    names = ["time", "tels_with_trigger"]
    triggers = store.read("trigger", names, where=own, verify=True)
    times = np.sort(as_ns(triggers["time"].to_numpy()))
    settings, subarray, target = config.good_time, store.subarray(), config.target
    tel_ids = pc.unique(pc.list_flatten(triggers["tels_with_trigger"])).to_pylist()
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
    return observation, times


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
    store: Store,
    observation: Observation,
    times: I8,
    responses: Responses,
    config: DL3Config,
) -> tuple[EventList, pa.Table]:
    valid = responses.valid_for(observation)
    names = event_names(store, responses, WANTED)
    own = pc.field("obs_id") == observation.obs_id
    read = store.read("events", list(names), where=own, verify=True)
    columns = to_columns(read, names)
    passed = passed_by(responses, valid, columns)
    selection = Selection(tuple(passed), np.array(list(passed.values())))
    selected = {name: values[selection.mask] for name, values in columns.items()}
    mask, _ = events_of(selected, observation)
    events = {name: values[mask] for name, values in selected.items()}
    in_time = np.zeros(selection.mask.size, bool)
    in_time[selection.mask] = mask
    whole = Selection(
        (*selection.names, "good_time"), np.vstack([selection.passed, in_time])
    )
    triggers = Triggers(times, config.good_time.dead_time)
    flow = whole.cut_flow("recorded", {"": slice(None)})
    return EventList(observation, events, valid, triggers), flow
