"""Event lists to a folder that is being made: files, index, and what lies beside."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from cta_columnar.clock import StepClock
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.executors import (
    Err,
    Executor,
    Ok,
    Task,
    default_workers,
    make_executor,
)
from cta_columnar.gadf import Hdu
from cta_columnar.pipelines.dl3.background import off_region_background, regions_of
from cta_columnar.pipelines.dl3.conditions import Conditions
from cta_columnar.pipelines.dl3.lists import EventList, Gathered
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.pipelines.dl3.technical import technical_tables
from cta_columnar.pipelines.running.common import Progress, RunOptions
from cta_columnar.stages.dl3.event_list import event_hdu, gti_hdu, pointing_hdu
from cta_columnar.stages.dl3.responses import response_hdus
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.store import save_irf_table
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


def write_lists(
    draft: Path,
    gathered: Gathered,
    responses: Responses,
    conditions: Conditions,
    config: DL3Config,
    options: RunOptions,
    clock: StepClock,
) -> list[WrittenObservation]:
    """Write all files of a folder.

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
        Told of directions.

    Raises
    ------
    UserError
        If something is not GADF, or a background cannot be made.
    """
    lists = gathered.lists
    with make_executor(_workers(lists, options)) as executor:
        own = [(each.events, each.observation) for each in lists]
        events = _each(executor, lists, event_hdu, own)
        clock.add("directions")
        regions = regions_of(config, lists)
        background = None
        if config.background == "off-region":
            background = off_region_background(
                lists, events, regions, responses, config
            )
            save_irf_table(draft / "background.parquet", to_table(background))
        tables: dict[str, pa.Table] = {
            **technical_tables(lists, events, regions, conditions, config),
            "cut_flow": gathered.cut_flow,
            "observed": gathered.observed,
        }
        for name, table in tables.items():
            save_dl3_table(draft, name, table)
        pairs = zip(lists, events, strict=True)
        files = [(draft, each, hdu, background) for each, hdu in pairs]
        written = _each(executor, lists, _write_one, files, options)
    write_index(draft, written)
    return written


def _workers(lists: Sequence[EventList], options: RunOptions) -> int:
    n_events = sum(each.n_events for each in lists)
    wanted = options.workers or default_workers()
    return min(wanted, len(lists), 1 + n_events // EVENTS_PER_PROCESS)


def _each(
    executor: Executor,
    lists: Sequence[EventList],
    function: Callable[..., T],
    arguments: Sequence[tuple[Any, ...]],
    options: RunOptions | None = None,
) -> list[T]:
    """Call a function for each list; the values are in their order."""
    sizes = {file_name(each.observation.obs_id): each.n_events for each in lists}
    done = n_events = 0

    def on_result(result: Ok[T] | Err) -> None:
        nonlocal done, n_events
        done += 1
        n_events += sizes[result.name]
        if options is not None and options.on_progress is not None:
            name, what = result.name, "observations"
            options.on_progress(
                Progress(done, len(lists), n_events, label=name, what=what)
            )

    tasks = [
        Task(name, function, own) for name, own in zip(sizes, arguments, strict=True)
    ]
    return [_value(result) for result in executor.map(tasks, on_result)]


def _value(result: Ok[T] | Err) -> T:
    if isinstance(result, Err):
        raise result.exception or UserError(f"{result.name}: {result.message}")
    return result.value


def _write_one(
    draft: Path, each: EventList, events: Hdu, background: Component | None
) -> WrittenObservation:
    """Write the file of an observation."""
    components = list(each.response.components.values())
    if background is not None:
        components.append(background)
    hdus = [
        events,
        gti_hdu(each.observation),
        pointing_hdu(each.observation),
        *response_hdus(components, each.observation),
    ]
    return write_observation(draft, hdus)
