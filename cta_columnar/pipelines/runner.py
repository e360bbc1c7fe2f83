"""Run the shards of a stage and close the dataset: the same for every stage."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cta_columnar.config import Section
from cta_columnar.errors import UserError
from cta_columnar.executors import Err, Ok, Result, SchedulerLostError, Task
from cta_columnar.pipelines.common import (
    CutFlowRow,
    Progress,
    RunOptions,
    RunSummary,
    SkippedInput,
)
from cta_columnar.pipelines.workers import executor_for
from cta_columnar.provenance import Activity
from cta_columnar.sources.base import BadInputError
from cta_columnar.store import (
    Record,
    Shard,
    drop_record,
    finalize,
    no_empty_dataset,
    note_records,
    recorded,
    remove_abandoned,
    write_skipped,
)

_GO_ON = (
    "\n  what was finished stays; the same command with --resume goes on from there"
)
_PER_EVENT = ("events", "telescope_events", "raw_bytes")


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What the work on a shard gave.

    Attributes
    ----------
    shard : Shard
        The work.
    record : Record
        As committed; perhaps for another input of the same content.
    was_done : bool
        A valid record was found; nothing was computed.
    step_seconds : dict of str to float
        Processor time per step.
    raw_bytes : int
        Bytes of raw data that were decoded.
    """

    shard: Shard
    record: Record
    was_done: bool = False
    step_seconds: dict[str, float] = field(default_factory=dict)
    raw_bytes: int = 0


def run_shards(
    stage: str,
    tasks: Sequence[Task[ShardOutcome]],
    output: Path,
    config: Section,
    options: RunOptions,
    total_bytes: int = 0,
    beside: Sequence[tuple[str, str, int]] = (),
) -> RunSummary:
    """Run all shards, then compact their records into the manifest.

    Parameters
    ----------
    stage : str
        The verb.
    tasks : sequence of Task
        One per shard, named by its input. If one fails, others of its name, which did
        not, are nothing by themselves.
    output : pathlib.Path
        The dataset, prepared.
    config : Section
        The configuration, for the provenance.
    options : RunOptions
        How to run.
    total_bytes : int
        Size of all inputs, where tasks report how much of it they have read.
    beside : sequence of tuple
        Path, digest and bytes of what all shards read besides their inputs, for the
        provenance.

    Raises
    ------
    UserError
        If an input is bad and is not to be skipped. All other shards are committed
        first, so that ``--resume`` goes on from there.
    """
    started = time.perf_counter()
    tracker = _Tracker(len(tasks), total_bytes, options)
    activity = Activity(stage, config.model_dump(mode="json"))
    for path, digest, size in beside:
        activity.used(path, digest, size)
    with no_empty_dataset(output), recorded(output, activity):
        try:
            with executor_for(options, len(tasks)) as executor:
                results = executor.map(tasks, tracker.finished, tracker.progress)
        except SchedulerLostError as error:
            raise UserError(f"{error}{_GO_ON}") from error
        except BaseException:
            # A worker may have been stopped in the midst of its cleaning up.
            remove_abandoned(output)
            raise
        failed = [each for each in results if isinstance(each, Err)]
        _drop_rest(results, failed, output)
        bad = {each.name for each in failed}
        done = [r.value for r in results if isinstance(r, Ok) and r.name not in bad]
        for each in done:
            note_records(activity, [each.record], in_this_run=not each.was_done)
        skipped = _skip(failed, output, options)
        activity.warned(_warnings(done))
        contents = finalize(output, [each.shard for each in done])
    return RunSummary(
        stage,
        output,
        _summed(each.record.counts for each in done),
        _cut_flow(done),
        _summed(each.step_seconds for each in done),
        sum(each.raw_bytes for each in done),
        time.perf_counter() - started,
        skipped or [SkippedInput(Path(s.path), s.reason) for s in contents.skipped],
        n_shards_kept=sum(each.was_done for each in done),
        warnings=_warnings(done),
    )


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
        reasons.setdefault(each.name, _reason(each))
    skippable = all(isinstance(each.exception, BadInputError) for each in failed)
    if failed and not (options.skip_bad_inputs and skippable):
        raise UserError("\n".join(reasons.values()))
    for name, reason in reasons.items():
        write_skipped(output, name, reason)
    return [SkippedInput(Path(name), reason) for name, reason in reasons.items()]


def _reason(error: Err) -> str:
    """Say what went wrong, naming the input; a worker that died left only a message."""
    text = str(error.exception) if error.exception else error.message
    return text if error.name in text else f"{error.name}: {text}"


def _summed(mappings: Any) -> dict[str, Any]:  # noqa: ANN401
    total: Counter[str] = Counter()
    for each in mappings:
        total.update(each)
    return dict(total)


def _cut_flow(outcomes: Sequence[ShardOutcome]) -> list[CutFlowRow]:
    """Add up the cut flows of all shards, in order of first appearance."""
    counts: dict[tuple[str, str, str, int], Counter[str]] = {}
    for outcome in outcomes:
        for row in outcome.record.info.get("cut_flow", []):
            key = (row["stage"], row["tel_type"], row["cut"], row["position"])
            counts.setdefault(key, Counter()).update(
                passed=row["n_passed"], survivors=row["n_survivors"]
            )
    return [
        CutFlowRow(stage, tel_type, cut, position, each["passed"], each["survivors"])
        for (stage, tel_type, cut, position), each in counts.items()
    ]


def _warnings(outcomes: Sequence[ShardOutcome]) -> list[str]:
    """Return the warnings of all shards, each once."""
    found = [w for each in outcomes for w in each.record.info.get("warnings", [])]
    return list(dict.fromkeys(found))


class _Tracker:
    """Adds up what the workers report."""

    def __init__(self, total: int, total_bytes: int, options: RunOptions) -> None:
        self._total = total
        self._total_bytes = total_bytes
        self._tell = options.on_progress
        self._done = 0
        self._amounts: Counter[str] = Counter()

    def finished(self, result: Result[ShardOutcome]) -> None:
        # What failed is told at the end; it is not done.
        self._done += isinstance(result, Ok)
        self._send(result.name)

    def progress(self, name: str, amounts: Any) -> None:  # noqa: ANN401
        self._amounts.update(amounts)
        self._send(name)

    def _send(self, label: str) -> None:
        if self._tell is not None:
            amounts = {name: self._amounts[name] for name in _PER_EVENT}
            self._tell(
                Progress(
                    self._done,
                    self._total,
                    **amounts,
                    total_bytes=self._total_bytes,
                    label=label,
                    what="shards",
                )
            )
