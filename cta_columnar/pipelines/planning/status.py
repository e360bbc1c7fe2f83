"""How far a dataset is, from its plan, records and journals; nothing is touched."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.planning.plan_file import NAME, folder_of, read_plan
from cta_columnar.pipelines.planning.settled import committed, unfinished
from cta_columnar.pipelines.planning.troubles import (
    Trouble,
    ended_early,
    failed_since,
    failures_of,
    lost_since,
    retries_of,
)
from cta_columnar.pipelines.running.shards import PieceKey
from cta_columnar.remote import location
from cta_columnar.store import (
    JournalOfRun,
    Record,
    Store,
    open_store,
    read_journals,
)


@dataclass(frozen=True, slots=True)
class Status:
    """How far a dataset is.

    Attributes
    ----------
    dataset : str
        Its folder.
    stage : str
        What makes it.
    state : str
        ``finished``; ``complete``: all is done but for the manifest; ``running``,
        ``failed``, ``interrupted``, or ``planned``: the rest waits for somebody to
        begin.
    n_shards, n_done, n_failed, n_left_out : int
        Shards in all, committed ones, those whose last attempt failed, and those of
        inputs that are left out. The rest is still to do, or is being done.
    n_failed_attempts : int
        How often work on a shard failed, of those that are done by now, too.
    n_bytes, n_bytes_done : int
        Bytes of their inputs, in all and of those that are committed or left out.
    n_elements : int
        Elements of the plan; 0 if there is none.
    unfinished : str
        Elements that have something to do: ``0-3,7``.
    n_workers : int
        Processes that have something to do now, of all runs that go on.
    bytes_per_second : float
        Of one of them; 0 if nothing is known yet.
    seconds_left : float, optional
        With as many workers as now, or one if none is at work; None if nobody knows.
    failures : tuple of Trouble
        Shards that failed.
    retries : tuple of Trouble
        Shards that were tried again, since a process or a worker died that had them.
    ended : tuple of Trouble
        Runs and elements that ended early, by an error, by a signal or without a word.
    left_out : tuple of Trouble
        Inputs that are left out.
    """

    dataset: str
    stage: str
    state: str
    n_shards: int
    n_done: int
    n_failed: int
    n_left_out: int
    n_failed_attempts: int
    n_bytes: int
    n_bytes_done: int
    n_elements: int
    unfinished: str
    n_workers: int
    bytes_per_second: float
    seconds_left: float | None
    failures: tuple[Trouble, ...]
    retries: tuple[Trouble, ...]
    ended: tuple[Trouble, ...]
    left_out: tuple[Trouble, ...]

    def to_plain(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return asdict(self)


def status(dataset: str | Path) -> Status:
    """Look how far a dataset is: planned, running, interrupted or finished.

    Raises
    ------
    UserError
        If there is none, or it is damaged.
    """
    return status_of(dataset, open_store(dataset), read_journals(dataset))


def status_of(
    dataset: str | Path, store: Store, journals: Sequence[JournalOfRun]
) -> Status:
    """Do the same with what was read already."""
    root = location(dataset)
    plan = read_plan(root) if (folder_of(root) / NAME).exists() else None
    pieces, done = _wanted(store, journals, plan)
    if not store.is_finished:
        done -= failed_since(journals, done)
    skipped = {each.path: each.reason for each in store.contents.skipped}
    # Of an input that is left out no shard counts, committed or not.
    counted = [p for p in pieces if skipped.keys().isdisjoint(p.inputs)]
    left = [p for p in counted if p.key not in done]
    failures = failures_of(journals, left)
    ended = [] if _is_over(store, left) else ended_early(root, journals, plan, left)
    if plan is None and not store.is_finished:
        ended += lost_since(journals, left)
    retries = tuple(retries_of(journals))
    n_failed = sum(s["outcome"] == "failed" for j in journals for s in j.shards)
    at_work = sum(journal.workers for journal in journals if journal.is_running)
    n_workers = min(at_work, len(left))
    rate = _rate(journals, pieces)
    n_bytes, n_bytes_left = (sum(p.size for p in each) for each in (pieces, left))
    is_known = rate > 0 or not left
    return Status(
        dataset=str(dataset),
        stage=_stage(store, journals, plan),
        state=_state(store, journals, left, [*failures.values(), *ended]),
        n_shards=len(pieces),
        n_done=len(counted) - len(left),
        n_failed=len(failures),
        n_left_out=len(pieces) - len(counted),
        n_failed_attempts=n_failed + len(retries),
        n_bytes=n_bytes,
        n_bytes_done=n_bytes - n_bytes_left,
        n_elements=len(plan.elements) if plan is not None else 0,
        unfinished=unfinished(plan, left) if plan is not None else "",
        n_workers=n_workers,
        bytes_per_second=rate,
        seconds_left=n_bytes_left / (rate or 1) / max(n_workers, 1)
        if is_known
        else None,
        failures=tuple(failures.values()),
        retries=retries,
        ended=tuple(ended),
        left_out=tuple(Trouble(path, reason) for path, reason in skipped.items()),
    )


def _wanted(
    store: Store, journals: Sequence[JournalOfRun], plan: Plan | None
) -> tuple[Sequence[PlannedPiece], set[PieceKey]]:
    """Return the shards that there are to be, and which of them are there.

    Without a plan those of the last run, or else those that are there. A plan of fewer
    inputs goes on with a dataset that keeps the shards of others.
    """
    records = store.contents.committed
    if plan is not None:
        found = committed(plan, store.contents)
        planned = {path for piece in plan.pieces for path in piece.inputs}
        known = {record.key for record in found.values()}
        kept = [
            _piece_of(each)
            for each in records
            if each.key not in known
            and planned.isdisjoint(i.path for i in each.shard.inputs)
        ]
        return [*plan.pieces, *kept], {*found, *(piece.key for piece in kept)}
    there = [_piece_of(each) for each in records]
    told = journals[-1].run.get("shards", ()) if journals else ()
    wanted = [PlannedPiece(tuple(e["inputs"]), e["seq"], e["size"]) for e in told]
    return wanted or there, {piece.key for piece in there}


def _piece_of(record: Record) -> PlannedPiece:
    inputs = record.shard.inputs
    paths = tuple(each.path for each in inputs)
    return PlannedPiece(paths, record.shard.seq, sum(each.size for each in inputs))


def _rate(journals: Iterable[JournalOfRun], pieces: Iterable[PlannedPiece]) -> float:
    """Bytes of input that a worker does in a second, as far as it is known."""
    sizes = {piece.key: piece.size for piece in pieces}
    n_bytes, seconds = 0, 0.0
    for journal in journals:
        for line in journal.shards:
            if line["outcome"] == "made":
                n_bytes += sizes.get((tuple(line["inputs"]), line["seq"]), 0)
                seconds += line["seconds"]
    return n_bytes / seconds if seconds else 0.0


def _stage(store: Store, journals: Sequence[JournalOfRun], plan: Plan | None) -> str:
    if plan is not None:
        return plan.identity.stage
    if store.identity is not None:
        return store.identity.stage
    return str(journals[-1].run["stage"]) if journals else "unknown"


def _is_over(store: Store, left: Collection[PlannedPiece]) -> bool:
    return store.is_finished and not left


def _state(
    store: Store,
    journals: Sequence[JournalOfRun],
    left: Collection[PlannedPiece],
    troubles: Collection[Trouble],
) -> str:
    if any(journal.is_running for journal in journals):
        return "running"
    if not left:
        # Whoever did the last shard was stopped before it wrote the manifest.
        return "finished" if store.is_finished else "complete"
    if any(each.is_failure for each in troubles):
        return "failed"
    # A plan whose elements all ended well waits for others to begin.
    return "interrupted" if troubles else "planned"
