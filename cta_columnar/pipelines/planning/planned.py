"""Do elements of a plan, in any order, anywhere, any number of times; then finish."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.marks import is_first, were_all_done
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.planning.plan_file import read_plan, stamp_of
from cta_columnar.pipelines.planning.settled import (
    committed,
    drop_left_out,
    note_twins,
    unfinished,
    unsettled,
)
from cta_columnar.pipelines.planning.trust import AGAIN, checked_plugins, working_in
from cta_columnar.pipelines.reports.run import report_beside
from cta_columnar.pipelines.run import execute
from cta_columnar.pipelines.running.common import (
    Joined,
    Progress,
    RunOptions,
    RunSummary,
    SkippedInput,
)
from cta_columnar.pipelines.running.runner import (
    activity_of,
    journal_of,
    run_pieces,
    summary_of,
)
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.running.shards import Piece, ShardOutcome, Work
from cta_columnar.store import (
    MANIFEST,
    Previous,
    finalize,
    gather,
    is_finished,
    previous_of,
    read_contents,
    recorded,
)

_LATE = "another process has finished the dataset meanwhile; this one changed nothing"


def run_planned(
    output: str | Path,
    element: int | None = None,
    *,
    digest: str | None = None,
    plugins: Iterable[str | Path] = (),
    workers: int | None = 1,
    on_progress: Callable[[Progress], None] | None = None,
) -> tuple[RunSummary, bool]:
    """Do one element of a plan, or all of it; whoever does the last one finishes.

    Parameters
    ----------
    output : path
        The dataset, whose plan it is.
    element : int, optional
        Which one; None: all.
    digest : str, optional
        `Plan.digest` that is expected.
    plugins : iterable of path
        Those that the plan was made with. They are programs: what a plan names is not
        run unless who calls names it, too.
    workers : int, optional
        Processes; None takes the processors this process may use.
    on_progress : callable, optional
        Called with a `Progress` now and then.

    Returns
    -------
    summary : RunSummary
        What was done.
    is_finished : bool
        Whether the dataset is complete, with a manifest.

    Raises
    ------
    UserError
        If code, plugins, configuration or an input are not what was planned, or an
        input is bad. All other shards are committed first.
    """
    plan = read_plan(output)
    if digest is not None and digest != plan.digest:
        raise UserError(
            f"{output} was planned anew ({plan.digest}) since this script was written "
            f"for {digest}: use the script that was written with the plan"
        )
    given = checked_plugins(plan, plugins)
    mine = plan.pieces_of(element)
    previous: Previous = {}
    left = list(mine)
    if _may_be_done(plan, element):
        contents = read_contents(plan.output)
        previous = previous_of(contents)
        left = unsettled(plan, mine, contents)
    _check_stamps(plan, left)
    summary = RunSummary(
        plan.identity.stage, plan.output, n_shards_kept=len(mine) - len(left)
    )
    if not left and is_finished(plan.output):
        return summary, True
    if left:
        options = RunOptions(
            workers=workers,
            skip_bad_inputs=plan.skip_bad_inputs,
            plugins=given,
            on_progress=on_progress,
            joined=Joined(plan.array, previous),
        )
        handle = partial(_run, plan, element, left, options)
        options = replace(options, handle=handle)
        with working_in(plan.folder):
            config = configure(
                plan.identity.stage,
                values=plan.configuration,
                plugins=options.plugins,
            )
            inputs = _inputs_of(plan, left)
            stage = plan.identity.stage
            summary = execute(stage, inputs, plan.output, config, options)
        if is_finished(plan.output):
            return replace(summary, warnings=[*summary.warnings, _LATE]), True
    if not _is_last(plan, element) or unsettled(plan, plan.pieces):
        return summary, False
    finish(plan.output)
    return summary, True


def _may_be_done(plan: Plan, element: int | None) -> bool:
    """Whether some shards may be there; if not, one need not read all records."""
    if element is None:
        return True
    is_new = is_first(plan, element)
    # Somebody may have done all of it without elements.
    is_closed = (plan.output / MANIFEST).exists()
    return is_closed or not (is_new and plan.is_fresh)


def _is_last(plan: Plan, element: int | None) -> bool:
    """Note that an element is done; return whether all have been."""
    return element is None or were_all_done(plan, element)


def finish(output: str | Path) -> RunSummary:
    """Close a dataset all of whose planned shards are done: write its manifest.

    May be called any number of times, and by several processes at once.

    Raises
    ------
    UserError
        If some are missing.
    DuplicateKeysError
        If two inputs share a key.
    """
    begin = time.perf_counter()
    plan = read_plan(output)
    if left := unsettled(plan, plan.pieces):
        raise UserError(
            f"{output}: {len(left)} of {len(plan.pieces)} shards are not done, first "
            f"{', '.join(left[0].inputs)}; they are in the elements "
            f"{unfinished(plan, left)}"
        )
    gather(plan.output)
    found = read_contents(plan.output)
    drop_left_out(plan, found)
    whole = {record.key for record in found.records}
    shards = [r.shard for r in committed(plan, found).values() if r.key in whole]
    contents = finalize(plan.output, shards)
    done = [ShardOutcome(each.shard, each, was_done=True) for each in contents.records]
    skipped = [SkippedInput(Path(s.path), s.reason) for s in contents.skipped]
    seconds = time.perf_counter() - begin
    stage = plan.identity.stage
    report_beside(plan.output)
    return summary_of(stage, plan.output, done, skipped, seconds)


def _check_stamps(plan: Plan, pieces: Sequence[PlannedPiece]) -> None:
    """Refuse raw files that changed: others of the run may have been read before."""
    for path in {path for piece in pieces for path in piece.inputs}:
        if path in plan.stamps and stamp_of(path) != plan.stamps[path]:
            raise UserError(f"{path} changed since it was planned: {AGAIN}")


def _inputs_of(plan: Plan, pieces: Sequence[PlannedPiece]) -> list[Path]:
    """Return the raw files of some shards, or the dataset that they are of."""
    wanted = {path for piece in pieces for path in piece.inputs}
    return [Path(p) for p in plan.inputs if p in wanted] or [Path(plan.inputs[0])]


def _run(
    plan: Plan,
    element: int | None,
    left: Sequence[PlannedPiece],
    options: RunOptions,
    work: Work,
) -> RunSummary:
    """Do some shards of what the pipeline would do; see `RunOptions.handle`."""
    begin = time.perf_counter()
    changed = plan.identity.differences(work.identity)
    if changed:
        raise UserError(
            f"{plan.output} was planned with another {' and '.join(changed)}: {AGAIN}"
        )
    pieces = _chosen(plan, left, work)
    activity = activity_of(work)
    facts = {"element": element, "plan": plan.digest}
    with (
        journal_of(work, pieces, options, **facts) as journal,
        recorded(plan.output, activity, apart=True),
    ):
        done, skipped = run_pieces(work, pieces, options, journal, activity)
        note_twins(plan, done)
    seconds = time.perf_counter() - begin
    return summary_of(plan.identity.stage, plan.output, done, skipped, seconds)


def _chosen(plan: Plan, left: Sequence[PlannedPiece], work: Work) -> list[Piece]:
    """Find the shards that are left among those of the pipeline.

    Raises
    ------
    UserError
        If one is not there, or is of other inputs by now.
    """
    known = {piece.key: piece for piece in work.pieces}
    chosen = []
    for planned in left:
        piece = known.get(planned.key)
        if piece is None or piece.digests != planned.digests:
            names = ", ".join(planned.inputs)
            raise UserError(f"{names} changed since {plan.output} was planned: {AGAIN}")
        chosen.append(piece)
    return chosen
