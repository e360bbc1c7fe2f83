"""Event lists to a folder that is being made: files, index, and what lies beside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from cta_columnar.clock import StepClock
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.executors import (
    Err,
    Executor,
    Ok,
    Result,
    Task,
    default_workers,
    make_executor,
)
from cta_columnar.pipelines.dl3.background import bins_of, off_events, regions_of
from cta_columnar.pipelines.dl3.conditions import Conditions
from cta_columnar.pipelines.dl3.lists import EventList, Gathered, PlannedList
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.pipelines.dl3.summary import (
    Made,
    Row,
    check_some_event,
    rows_left_out,
    warnings_of,
)
from cta_columnar.pipelines.dl3.technical import Known, technical_batches
from cta_columnar.pipelines.running.common import Progress, RunOptions
from cta_columnar.schemas import technical
from cta_columnar.stages.dl3.event_list import event_hdu, gti_hdu, pointing_hdu
from cta_columnar.stages.dl3.off_region import OffRegionBackground, Region
from cta_columnar.stages.dl3.responses import response_hdus
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.store import write_table
from cta_columnar.store.gadf import (
    WrittenObservation,
    file_name,
    save_dl3_table,
    write_index,
    write_observation,
)

T = TypeVar("T")

EVENTS_PER_PROCESS = 500_000
"""Starting a process takes as long as so many events."""


@dataclass(frozen=True, eq=False)
class _File:
    """The file of an observation, and its rows in technical tables."""

    observation: WrittenObservation
    technical: Mapping[str, list[pa.RecordBatch]]


@dataclass(frozen=True, eq=False)
class WrittenLists:
    """What was written.

    Attributes
    ----------
    observations : list of WrittenObservation
        Those of the index.
    cut_flow : pyarrow.Table
        `schemas.dl1.CUT_FLOW` of all events.
    warnings : list of str
        What to look at.
    """

    observations: list[WrittenObservation]
    cut_flow: pa.Table
    warnings: list[str]


def write_lists(
    draft: Path,
    gathered: Gathered,
    responses: Responses,
    conditions: Conditions,
    config: DL3Config,
    options: RunOptions,
    clock: StepClock,
) -> WrittenLists:
    """Write all files of a folder; events of one observation at a time are there.

    Parameters
    ----------
    draft : pathlib.Path
        The folder.
    gathered : Gathered
        Observations.
    responses : Responses
        Where they are from, for the bins of a background of their own.
    conditions : Conditions
        Weather, pedestals, muons.
    config : DL3Config
        All keys.
    options : RunOptions
        Workers and progress.
    clock : StepClock
        Told of a background of off regions.

    Raises
    ------
    UserError
        If something is not GADF, a background cannot be made, or no observation has an
        event.
    """
    planned = gathered.planned
    regions = regions_of(config, [each.observation for each in planned])
    made = Made(gathered.cut_flow)
    with make_executor(_workers(planned, options)) as executor:
        background = None
        if config.background == "off-region":
            bins = bins_of(planned[0].observation, responses, config)
            background = _off_region(executor, planned, bins, regions)
            write_table(draft / "background.parquet", to_table(background))
            clock.add("background")
        tasks = (
            Task(
                file_name(each.observation.obs_id),
                _write_one,
                (
                    draft,
                    made.noted(each.make()),
                    background,
                    Known(
                        regions,
                        conditions.weather,
                        conditions.telescopes(each.observation.obs_id),
                        config.technical.interval,
                    ),
                ),
            )
            for each in planned
        )
        results = executor.map(tasks, _progress(len(planned), options))
    files = [_value(result) for result in results]
    check_some_event(made)
    _save_tables(draft, gathered, made.rows, made.cut_flow, files)
    write_index(draft, [each.observation for each in files])
    return WrittenLists(
        [each.observation for each in files],
        made.cut_flow,
        [*gathered.warnings, *warnings_of(made, config.responses)],
    )


def _off_region(
    executor: Executor,
    planned: Sequence[PlannedList],
    bins: tuple[Axis, Axis],
    regions: Sequence[Region],
) -> Component:
    """Make the rates of background of all observations together."""
    tasks = (
        Task(
            file_name(each.observation.obs_id),
            off_events,
            (each.make(), bins, regions),
        )
        for each in planned
    )
    found = OffRegionBackground(*bins, regions)
    for result in executor.map(tasks):
        found.merge(_value(result))
    return found.component()


def _workers(planned: Sequence[PlannedList], options: RunOptions) -> int:
    n_events = sum(each.size for each in planned)
    wanted = options.workers or default_workers()
    return min(wanted, len(planned), 1 + n_events // EVENTS_PER_PROCESS)


def _progress(n_all: int, options: RunOptions) -> Callable[[Result[_File]], None]:
    """Tell how far a run is, observation by observation."""
    done = n_events = 0

    def on_result(result: Result[_File]) -> None:
        nonlocal done, n_events
        done += 1
        if isinstance(result, Ok):
            n_events += result.value.observation.n_events
        if options.on_progress is not None:
            name, what = result.name, "observations"
            options.on_progress(Progress(done, n_all, n_events, label=name, what=what))

    return on_result


def _value(result: Result[T]) -> T:
    if isinstance(result, Err):
        raise result.exception or UserError(f"{result.name}: {result.message}")
    return result.value


def _write_one(
    draft: Path, each: EventList, background: Component | None, known: Known
) -> _File:
    """Write the file of an observation, and make its technical tables."""
    components = list(each.response.components.values())
    if background is not None:
        components.append(background)
    events = event_hdu(each.events, each.observation)
    hdus = [
        events,
        gti_hdu(each.observation),
        pointing_hdu(each.observation),
        *response_hdus(components, each.observation),
    ]
    written = write_observation(draft, hdus)
    return _File(written, technical_batches(each, events, known))


def _save_tables(
    draft: Path,
    gathered: Gathered,
    rows: Sequence[Row],
    cut_flow: pa.Table,
    files: Sequence[_File],
) -> None:
    every = [*rows, *rows_left_out(gathered.left_out)]
    tables = {
        "cut_flow": cut_flow,
        "observed": gathered.observed,
        "observations": pa.Table.from_pylist(every, schema=technical.OBSERVATIONS),
    }
    for name in ("technical/intervals", "technical/telescopes"):
        batches = [batch for each in files for batch in each.technical[name]]
        tables[name] = pa.Table.from_batches(batches, technical.TABLES[name])
    for name, table in tables.items():
        save_dl3_table(draft, name, table)
