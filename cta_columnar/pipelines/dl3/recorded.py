"""Recorded events to event lists: an observation of each ``obs_id``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import I8, AnyArray
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.instrument.subarray import SubarrayDescription
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
from cta_columnar.stages.dl3.times import as_ns, utc
from cta_columnar.stages.selection import Selection
from cta_columnar.store import Store

_POINTING = ("time", "tel_id", "pointing_alt", "pointing_az")


@dataclass(frozen=True, eq=False)
class _Run:
    """What there is of one ``obs_id`` in a dataset."""

    store: Store
    subarray: SubarrayDescription
    obs_id: int
    shards: frozenset[str]

    def read(self, table: str, names: Sequence[str]) -> pa.Table:
        own = pc.field("obs_id") == self.obs_id
        return self.store.read(table, names, shard=self.shards, where=own, verify=True)


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
    for run in (run for each in inputs for run in _runs(each.store)):
        if other := seen.get(run.obs_id):
            raise UserError(
                f"observation {run.obs_id} is in {other.root} and {run.store.root}: "
                "name only one of them, or make one with another --obs-id"
            )
        seen[run.obs_id] = run.store
        try:
            planned.append(_planned(run, responses, config))
        except NoGoodTimeError as error:
            left_out[run.obs_id] = str(error)
    told = [f"observation {k} is left out: {why}" for k, why in left_out.items()]
    told += [each for one in planned for each in one.warnings]
    if not planned:
        raise UserError("; ".join(told) or "no input has a trigger")
    _check_overlaps([each.observation for each in planned])
    planned.sort(key=lambda each: each.observation.obs_id)
    empty = dl1.CUT_FLOW.empty_table()
    return Gathered(planned, left_out, empty, technical.OBSERVED.empty_table(), told)


def _runs(store: Store) -> Iterator[_Run]:
    """Find the observations of a dataset, and in which shards each is."""
    shards: dict[int, set[str]] = {}
    triggered: set[int] = set()
    for record in store.records:
        key = record.shard.key
        for table in ("trigger", "pointing"):
            read = store.read(table, ["obs_id"], shard=key, verify=True)
            there = pc.unique(read["obs_id"]).to_pylist()
            for obs_id in there:
                shards.setdefault(obs_id, set()).add(key)
            if table == "trigger":
                triggered.update(there)
    subarray = store.subarray()
    for obs_id in sorted(triggered):
        yield _Run(store, subarray, obs_id, frozenset(shards[obs_id]))


def _planned(run: _Run, responses: Responses, config: DL3Config) -> PlannedList:
    """Find out about an observation, and whether there are responses for it."""
    triggers = run.read("trigger", ["time", "tels_with_trigger"])
    times = _sorted_times(triggers)
    settings, target = config.good_time, config.target
    tel_ids = pc.unique(pc.list_flatten(triggers["tels_with_trigger"])).to_pylist()
    missing = check_array(run.store, tel_ids, responses)
    pointing = _pointing(run)
    observation = recorded_observation(
        run.obs_id,
        times,
        (pointing["time"], pointing["pointing_alt"], pointing["pointing_az"]),
        site_of(run.subarray),
        GoodTime(
            settings.longest_gap,
            settings.shortest,
            settings.dead_time,
            settings.pointing_tolerance,
        ),
        pointing_tel_id=pointing["tel_id"],
        tel_ids=tuple(sorted(tel_ids)),
        target=Target(target.name, target.ra, target.dec) if target else None,
        labels=labels_of(config, run.subarray),
    )
    responses.check(observation)
    make = partial(_event_list, run, observation, responses, config)
    return PlannedList(observation, times.size, make, _without(run.obs_id, missing))


def _check_overlaps(observations: Sequence[Observation]) -> None:
    """Refuse a telescope that took part in two observations at once.

    Their events would be told twice, and so would the time.
    """
    pieces = [
        (*ends, each) for each in observations for ends in each.intervals.tolist()
    ]
    pieces.sort(key=lambda piece: piece[0])
    open_: list[tuple[int, int, Observation]] = []
    for start, stop, each in pieces:
        open_ = [before for before in open_ if before[1] > start]
        for _, end, other in open_:
            both = sorted(set(each.tel_ids) & set(other.tel_ids))
            if both:
                first, second = sorted((other.obs_id, each.obs_id))
                raise UserError(
                    f"observations {first} and {second} overlap from {utc(start)} to "
                    f"{utc(min(end, stop))} (UTC), and telescopes "
                    f"{', '.join(map(str, both))} are in both: are they the same data "
                    "under two numbers, or are their times wrong? Leave one out"
                )
        open_.append((start, stop, each))


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


def _pointing(run: _Run) -> dict[str, AnyArray]:
    """Where telescopes pointed, of all times of a run: columns of `_POINTING`."""
    return to_columns(run.read("pointing", _POINTING), {n: n for n in _POINTING})


def _event_list(
    run: _Run, observation: Observation, responses: Responses, config: DL3Config
) -> EventList:
    """Read the events of an observation, and select them."""
    valid = responses.valid_for(observation)
    names = event_names(run.store, responses, WANTED)
    columns = to_columns(run.read("events", list(names)), names)
    passed = passed_by(responses, valid, columns)
    passed["good_time"] = events_of(columns, observation)
    selection = Selection(tuple(passed), np.array(list(passed.values())))
    events = {name: values[selection.mask] for name, values in columns.items()}
    times = _sorted_times(run.read("trigger", ["time"]))
    triggers = Triggers(times, config.good_time.dead_time)
    flow = selection.cut_flow("recorded", {"": slice(None)})
    return EventList(observation, events, valid, triggers, flow)
