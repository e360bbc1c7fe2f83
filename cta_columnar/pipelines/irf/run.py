"""Responses: predicted simulated events to cuts, responses and figures of merit."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from cta_columnar.clock import StepClock
from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.add import kept_counts
from cta_columnar.pipelines.irf.anew import point_pairs
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.pipelines.irf.count import (
    count_events,
    make_cuts,
    n_tasks,
    total_of,
)
from cta_columnar.pipelines.irf.fill import Filled
from cta_columnar.pipelines.irf.inventory import Inventory
from cta_columnar.pipelines.irf.products import products_of
from cta_columnar.pipelines.irf.resampling import tell_empty
from cta_columnar.pipelines.irf.tasks import Steps
from cta_columnar.pipelines.irf.work import Work, find_work
from cta_columnar.pipelines.irf.write import Responses, write_responses
from cta_columnar.pipelines.running.common import (
    CutFlowRow,
    PlannedShard,
    RunOptions,
    RunSummary,
)
from cta_columnar.pipelines.running.noting import note_tables
from cta_columnar.provenance import Activity
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import check_irf_output, is_irf, new_irf, recorded

Counted = dict[tuple[str, str], dict[Cell, Filled]]


def run_irf(
    datasets: Sequence[Path], output: Path, config: IrfConfig, options: RunOptions
) -> RunSummary:
    """Make responses of simulated events.

    Parameters
    ----------
    datasets : sequence of pathlib.Path
        Datasets of stage 3, simulated: signal, and background where it is wanted. With
        ``interpolate_to``, one folder of responses.
    output : pathlib.Path
        Folder of the responses.
    config : IrfConfig
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If the inputs do not go together or do not do, before events are read; if there
        are no events for a component, or some that cannot be of these simulations.
    """
    if options.resume:
        raise UserError("responses are made as a whole: there is nothing to resume")
    if config.interpolate_to is not None:
        # It wants SciPy, which takes half a second.
        from cta_columnar.pipelines.irf.interpolated_folder import (  # noqa: PLC0415
            run_interpolation,
        )

        return run_interpolation(datasets, output, config, options)
    for path in filter(is_irf, datasets):
        raise UserError(
            f"{path} is a folder of responses; those of one place are made of it with "
            "--interpolate-to, others of datasets"
        )
    started, clock = time.perf_counter(), StepClock()
    check_irf_output(output, overwrite=options.overwrite)
    work = find_work(datasets, output, config)
    inventory = work.inventory
    clock.add("inputs")
    if options.dry_run:
        shards, told = _planned(inventory), work.warnings
        return RunSummary("irf", output, shards=shards, warnings=told, what="inputs")
    activity = Activity("irf", inventory.config.model_dump(mode="json"))
    with (
        new_irf(output, overwrite=options.overwrite) as draft,
        recorded(draft, activity),
        Steps(n_tasks(inventory), options) as steps,
    ):
        cuts = work.cuts or make_cuts(inventory, steps)
        clock.add("cuts")
        counted, cut_flow = _counted(work, cuts, steps)
        clock.add("events")
        responses, warnings = _responses(work, cuts, counted, cut_flow)
        clock.add("responses")
        warnings += write_responses(draft, responses)
        note_tables(activity, draft, _used(activity, work), "*.parquet")
        clock.add("write")
    flow = [CutFlowRow(**row) for row in cut_flow.to_pylist()]
    named = inventory.config.particles
    n_events = sum(r.n_survivors for r in flow if r.cut == "all" and r.stage in named)
    return RunSummary(
        "irf",
        output,
        {"events": n_events, "points": inventory.grid.num_rows},
        flow,
        clock.seconds,
        seconds=time.perf_counter() - started,
        warnings=[*work.warnings, *warnings],
    )


def _used(activity: Activity, work: Work) -> list[str]:
    """Note what is read: inputs, and folders of other responses."""
    inputs = [(s.path, s.digest, s.size) for s in work.inventory.sources]
    others = [(p, digest, p.stat().st_size) for p, digest in work.others.values()]
    return [
        activity.used(str(path.absolute()), digest, size)
        for path, digest, size in inputs + others
    ]


def _planned(inventory: Inventory) -> list[PlannedShard]:
    """Say what each input is taken for, and how much of it is read."""
    return [
        PlannedShard(
            source.particle,
            (str(source.path),),
            is_done=not source.shards,
            place=f"{source.runs.num_rows} runs",
        )
        for source in inventory.sources
    ]


def _counted(
    work: Work, cuts: Mapping[Cell, Cuts], steps: Steps
) -> tuple[Counted, pa.Table]:
    """Count events that are to be read, and take over what was counted before."""
    inventory, addition = work.inventory, work.addition
    counted, cut_flow = count_events(inventory, cuts, steps)
    if addition is None:
        return counted, cut_flow
    types = inventory.event_types
    for old in addition.sources:
        points = dict(point_pairs(old, inventory.sources))
        counted[old.particle, old.digest] = kept_counts(
            addition.dataset, old.info, inventory.plan, inventory.config, points, types
        )
    return counted, add_cut_flows([addition.dataset.cut_flow, cut_flow])


def _responses(
    work: Work,
    cuts: Mapping[Cell, Cuts],
    counted: Counted,
    cut_flow: pa.Table,
) -> tuple[Responses, list[str]]:
    """Make all products of all points; say which errors are of less than was asked."""
    inventory, products = work.inventory, {}
    for cell in inventory.cells:
        total = total_of(inventory, counted, cell)
        try:
            products[cell] = products_of(total, cuts[cell], inventory.bases[cell[0]])
        except UserError as error:
            kind = f", event type {cell[1]}" if cell[1] >= 0 else ""
            raise UserError(f"point {cell[0]}{kind}: {error}") from error
    components, told = tell_empty(products, inventory.config.bootstrap)
    responses = Responses(
        inventory.config,
        inventory.event_types,
        inventory.sources,
        inventory.grid,
        cut_flow,
        components,
        [counted[each.particle, each.digest] for each in inventory.sources],
        {name: digest for name, (_, digest) in work.others.items()},
    )
    return responses, told
