"""Run the shards of a stage and close the dataset: the same for every stage."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cta_columnar.errors import UserError
from cta_columnar.executors import Err, Ok, Result, SchedulerLostError
from cta_columnar.pipelines.running.common import (
    RunOptions,
    RunSummary,
    SkippedInput,
)
from cta_columnar.pipelines.running.outcomes import Outcomes
from cta_columnar.pipelines.running.shards import Piece, ShardOutcome, Work
from cta_columnar.pipelines.running.stopping import may_begin, stop_if_asked
from cta_columnar.pipelines.running.tracking import Tracker, reason_of
from cta_columnar.pipelines.running.unchanged import unchanged
from cta_columnar.pipelines.running.workers import executor_for, n_workers
from cta_columnar.provenance import Activity
from cta_columnar.remote import location
from cta_columnar.sources.base import BadInputError
from cta_columnar.store import (
    Journal,
    drop_record,
    finalize,
    find_record,
    gather,
    is_finished,
    leave_out,
    no_empty_dataset,
    note_records,
    recorded,
    remove_abandoned,
    remove_idle,
    reopen,
)

_GO_ON = (
    "\n  what was finished stays; the same command with --resume goes on from there"
)


def run_shards(work: Work, options: RunOptions) -> RunSummary:
    """Run all shards, then compact their records into the manifest.

    Parameters
    ----------
    work : Work
        The shards. Tasks are named by their inputs: if one fails, others of its name,
        which did not, are nothing by themselves.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If an input is bad and is not to be skipped. All other shards are committed
        first, so that ``--resume`` goes on from there.
    """
    if options.handle is not None:
        return options.handle(work)
    started = time.perf_counter()
    output = work.output
    activity = activity_of(work)
    stage = work.identity.stage
    with (
        no_empty_dataset(output),
        journal_of(work, work.pieces, options) as journal,
    ):
        kept: dict[int, ShardOutcome] = {}
        if is_finished(output):
            kept = unchanged(work, options, journal)
            if len(kept) == len(work.pieces):
                seconds = time.perf_counter() - started
                return summary_of(
                    stage, output, _read_back(output, kept.values()), [], seconds
                )
            kept = _whole_inputs(work, kept)
            reopen(output)
        left = [piece for n, piece in enumerate(work.pieces) if n not in kept]
        with recorded(output, activity):
            done = _read_back(output, kept.values(), activity)
            made, skipped = run_pieces(work, left, options, journal, activity)
            done.extend(made)
            gather(output)
            # Not its records: the provenance is still to be written.
            left_out = finalize(output, [each.shard for each in done]).skipped
    known = [SkippedInput(location(s.path), s.reason) for s in left_out]
    seconds = time.perf_counter() - started
    return summary_of(stage, output, done, skipped or known, seconds)


def activity_of(work: Work) -> Activity:
    """Begin the provenance of a run."""
    activity = Activity(work.identity.stage, work.config.model_dump(mode="json"))
    for path, digest, size in work.beside:
        activity.used(path, digest, size)
    return activity


def journal_of(
    work: Work,
    pieces: Sequence[Piece],
    options: RunOptions,
    **facts: object,
) -> Journal:
    """Begin the journal of a run."""
    return Journal(
        work.output,
        stage=work.identity.stage,
        shards=[piece.to_plain() for piece in pieces],
        workers=n_workers(options, len(pieces)),
        **facts,
    )


def run_pieces(
    work: Work,
    pieces: Sequence[Piece],
    options: RunOptions,
    journal: Journal,
    activity: Activity,
) -> tuple[Outcomes, list[SkippedInput]]:
    """Run some shards, and write down what came of each.

    Raises
    ------
    UserError
        If an input is bad and is not to be skipped.
    Stopped
        If a signal asked for that.
    """
    output = work.output
    tasks = [piece.task for piece in pieces]
    try:
        with executor_for(options, len(tasks)) as executor:
            tracker = Tracker(pieces, work.total_bytes, options, journal, executor)
            results = executor.map(
                tasks,
                tracker.finished,
                tracker.progress,
                tracker.retried,
                may_begin,
            )
    except SchedulerLostError as error:
        raise UserError(f"{error}{_GO_ON}") from error
    except BaseException:
        # A worker may have been stopped in the midst of its cleaning up. What has
        # happened is what is to be told.
        with suppress(UserError, OSError):
            remove_abandoned(output)
        raise
    remove_idle(output)
    failed = [each for each in results if isinstance(each, Err)]
    _drop_rest(results, failed, output)
    bad = {each.name for each in failed}
    fine = (r.value for r in results if isinstance(r, Ok) and r.name not in bad)
    done = _read_back(output, fine, activity)
    skipped = _skip(failed, output, options)
    activity.warned(done.warnings)
    if len(results) < len(tasks):
        stop_if_asked()
    return done, skipped


def summary_of(
    stage: str,
    output: Path,
    done: Outcomes | Iterable[ShardOutcome],
    skipped: Sequence[SkippedInput],
    seconds: float,
) -> RunSummary:
    """Say what a run did; shards that are not added up have their records with them."""
    if not isinstance(done, Outcomes):
        done = Outcomes.of(done)
    return RunSummary(
        stage,
        output,
        done.counts,
        done.cut_flow,
        done.step_seconds,
        sum(each.raw_bytes for each in done),
        seconds,
        skipped,
        n_shards_kept=sum(each.was_done for each in done),
        warnings=done.warnings,
    )


def _read_back(
    output: Path, done: Iterable[ShardOutcome], activity: Activity | None = None
) -> Outcomes:
    """Add up the records of shards, and note them, one at a time."""
    found = Outcomes()
    for each in done:
        record = find_record(output, each.record.key)
        found.add(each, record)
        if activity is not None and record is not None:
            note_records(activity, [record], in_this_run=not each.was_done)
    return found


def _whole_inputs(
    work: Work, kept: Mapping[int, ShardOutcome]
) -> dict[int, ShardOutcome]:
    """Keep inputs all of whose shards are; if one turns out bad, it goes as a whole."""
    again = {p.inputs for n, p in enumerate(work.pieces) if n not in kept}
    return {n: each for n, each in kept.items() if work.pieces[n].inputs not in again}


def _drop_rest(
    results: Sequence[Result[ShardOutcome]], failed: Sequence[Err], output: Path
) -> None:
    """Take out the other shards of bad inputs: no later run can complete them."""
    bad = {e.name for e in failed if isinstance(e.exception, BadInputError)}
    for each in results:
        if isinstance(each, Ok) and each.name in bad:
            drop_record(output, each.value.record.key)


def _skip(
    failed: Sequence[Err], output: Path, options: RunOptions
) -> list[SkippedInput]:
    """Record bad inputs, or stop because of them. Faults of ours always stop."""
    for each in failed:
        if each.traceback and not isinstance(each.exception, UserError | OSError):
            raise RuntimeError(f"{each.name}: {each.message}\n{each.traceback}")
    reasons: dict[str, str] = {}
    for each in failed:
        # Of several shards of an input the first one tells.
        reasons.setdefault(each.name, reason_of(each))
    skippable = all(isinstance(each.exception, BadInputError) for each in failed)
    if failed and not (options.skip_bad_inputs and skippable):
        raise UserError("\n".join(reasons.values()))
    leave_out(output, reasons)
    return [SkippedInput(location(name), reason) for name, reason in reasons.items()]
