"""How far a run is: added up for who watches, and written down."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cta_columnar.executors import Err, Executor, Ok, Result
from cta_columnar.pipelines.running.common import Progress, RunOptions
from cta_columnar.pipelines.running.shards import Piece, ShardOutcome
from cta_columnar.store import Journal

_PER_EVENT = ("events", "telescope_events", "raw_bytes")


class Tracker:
    """Adds up what the workers report, and writes it down."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        total_bytes: int,
        options: RunOptions,
        journal: Journal,
        executor: Executor,
    ) -> None:
        self._pieces = pieces
        self._executor = executor
        self._total_bytes = total_bytes
        self._tell = options.on_progress
        self._journal = journal
        self._done = 0
        self._amounts: Counter[str] = Counter()

    def finished(self, result: Result[ShardOutcome]) -> None:
        """Take note of a shard that is done, or not."""
        # What failed is told at the end; it is not done.
        self._done += isinstance(result, Ok)
        self._journal.add("shard", **self._which(result.number), **_told(result))
        self._write_progress()
        self._send(result.name)

    def progress(self, name: str, amounts: Any) -> None:  # noqa: ANN401
        """Take note of what was done on a shard since the last call."""
        self._amounts.update(amounts)
        self._write_progress()
        self._send(name)

    def retried(self, number: int, cause: str) -> None:
        """Take note of a shard that is tried again."""
        self._journal.add("retry", **self._which(number), reason=cause)

    def _which(self, number: int) -> dict[str, Any]:
        piece = self._pieces[number]
        return {"inputs": piece.inputs, "seq": piece.seq}

    def _write_progress(self) -> None:
        self._journal.progress(self._executor.workers, **self._amounts)

    def _send(self, label: str) -> None:
        if self._tell is not None:
            amounts = {name: self._amounts[name] for name in _PER_EVENT}
            self._tell(
                Progress(
                    self._done,
                    len(self._pieces),
                    **amounts,
                    total_bytes=self._total_bytes,
                    label=label,
                    what="shards",
                )
            )


def _told(result: Result[ShardOutcome]) -> dict[str, Any]:
    """Say what the journal keeps of a shard."""
    if isinstance(result, Err):
        return {"outcome": "failed", "reason": reason_of(result)}
    outcome = result.value
    return {
        "outcome": "kept" if outcome.was_done else "made",
        "key": outcome.record.key,
        "raw_bytes": outcome.raw_bytes,
        "written_bytes": outcome.record.size,
        "events": outcome.record.counts.get("events", 0),
        "steps": outcome.step_seconds,
        **outcome.usage,
    }


def reason_of(error: Err) -> str:
    """Say what went wrong, naming the input; a worker that died left only a message."""
    text = str(error.exception) if error.exception else error.message
    return text if error.name in text else f"{error.name}: {text}"
