"""How far a dataset is, from its plan, records and journals; nothing is touched."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cta_columnar.pipelines.planning.plan_file import (
    NAME,
    STATUSES,
    Plan,
    PlannedPiece,
    folder_of,
    read_plan,
)
from cta_columnar.pipelines.planning.settled import committed, unfinished
from cta_columnar.pipelines.running.shards import PieceKey
from cta_columnar.provenance import COMPLETED
from cta_columnar.store import JournalOfRun, Store, open_store, read_journals


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why shards are not done.

    Attributes
    ----------
    what : str
        The inputs, or the process.
    reason : str
        What went wrong.
    element : int, optional
        Element of the plan that met it.
    """

    what: str
    reason: str
    element: int | None = None


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
        ``finished``, ``running``, ``failed``, ``interrupted``, or ``planned``: the rest
        waits for somebody to begin.
    n_shards, n_done, n_failed, n_left_out : int
        Shards in all, committed ones, those whose last attempt failed, and those of
        inputs that are left out. The rest is still to do, or is being done.
    n_bytes, n_bytes_done : int
        Bytes of their inputs, in all and of those that are committed or left out.
    n_elements : int
        Elements of the plan; 0 if there is none.
    unfinished : str
        Elements that have something to do: ``0-3,7``.
    n_workers : int
        Processes at work now.
    bytes_per_second : float
        Of one of them; 0 if nothing is known yet.
    seconds_left : float, optional
        With as many workers as now, or one if none is at work; None if nobody knows.
    failures : tuple of Trouble
        Shards that failed.
    killed : tuple of Trouble
        Processes that ended without a word.
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
    n_bytes: int
    n_bytes_done: int
    n_elements: int
    unfinished: str
    n_workers: int
    bytes_per_second: float
    seconds_left: float | None
    failures: tuple[Trouble, ...]
    killed: tuple[Trouble, ...]
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
    root = Path(dataset)
    store = open_store(root)
    journals = read_journals(root)
    plan = read_plan(root) if (folder_of(root) / NAME).exists() else None
    pieces, done = _wanted(store, journals, plan)
    skipped = {each.path: each.reason for each in store.contents.skipped}
    # Of an input that is left out no shard counts, committed or not.
    counted = [p for p in pieces if skipped.keys().isdisjoint(p.inputs)]
    left = [p for p in counted if p.key not in done]
    failures = _failures(journals, left)
    n_workers = sum(int(j.run.get("workers") or 1) for j in journals if j.is_running)
    rate = _rate(journals, pieces)
    n_bytes, n_bytes_left = (sum(p.size for p in each) for each in (pieces, left))
    is_known = rate > 0 or not left
    return Status(
        dataset=str(dataset),
        stage=_stage(store, journals, plan),
        state=_state(store, journals, left, failures),
        n_shards=len(pieces),
        n_done=len(counted) - len(left),
        n_failed=sum(piece.inputs in failures for piece in left),
        n_left_out=len(pieces) - len(counted),
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
        killed=tuple(_killed(root, journals)),
        left_out=tuple(Trouble(path, reason) for path, reason in skipped.items()),
    )


def _wanted(
    store: Store, journals: Sequence[JournalOfRun], plan: Plan | None
) -> tuple[Sequence[PlannedPiece], Collection[PieceKey]]:
    """Return the shards that there are to be, and which of them are there.

    Without a plan those of the last run, or else those that are there.
    """
    if plan is not None:
        return plan.pieces, committed(plan, store.contents).keys()
    records = store.contents.committed
    there = [
        PlannedPiece(
            tuple(each.path for each in record.shard.inputs),
            record.shard.seq,
            sum(each.size for each in record.shard.inputs),
        )
        for record in records
    ]
    told = journals[-1].run.get("shards", ()) if journals else ()
    wanted = [PlannedPiece(tuple(e["inputs"]), e["seq"], e["size"]) for e in told]
    return wanted or there, {piece.key for piece in there}


def _failures(
    journals: Iterable[JournalOfRun], left: Iterable[PlannedPiece]
) -> dict[tuple[str, ...], Trouble]:
    """Return why inputs of shards that are left failed when they were last tried."""
    wanted = {piece.inputs for piece in left}
    last: dict[tuple[str, ...], tuple[float, Trouble]] = {}
    for journal in journals:
        for line in journal.shards:
            inputs = tuple(line["inputs"])
            if line["outcome"] != "failed" or inputs not in wanted:
                continue
            if inputs not in last or last[inputs][0] < line["time"]:
                names = ", ".join(inputs)
                found = Trouble(names, line["reason"], journal.run.get("element"))
                last[inputs] = line["time"], found
    return {inputs: trouble for inputs, (_, trouble) in last.items()}


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


def _killed(root: Path, journals: Sequence[JournalOfRun]) -> Iterator[Trouble]:
    """Find elements, or runs, whose last attempt ended without a word."""
    last = {journal.run.get("element"): journal for journal in journals}
    for element, journal in last.items():
        if journal.end is not None or journal.is_running:
            continue
        host, pid = journal.run["host"], journal.run["pid"]
        path = folder_of(root) / STATUSES / str(element)
        # A name that is no number would be a path.
        is_known = isinstance(element, int) and path.is_file()
        status = f" with status {path.read_text().strip()}" if is_known else ""
        reason = f"ended{status} without a word: killed, or out of memory or time"
        yield Trouble(f"process {pid} on {host}", reason, element)


def _stage(store: Store, journals: Sequence[JournalOfRun], plan: Plan | None) -> str:
    if plan is not None:
        return plan.identity.stage
    if store.identity is not None:
        return store.identity.stage
    return str(journals[-1].run["stage"]) if journals else "unknown"


def _state(
    store: Store,
    journals: Sequence[JournalOfRun],
    left: Sequence[PlannedPiece],
    failures: Collection[object],
) -> str:
    if any(journal.is_running for journal in journals):
        return "running"
    if store.is_finished and not left:
        return "finished"
    if failures:
        return "failed"
    # A plan whose elements all ended well waits for others to begin.
    last = {journal.run.get("element"): journal for journal in journals}
    ends = [(journal.end or {}).get("status") for journal in last.values()]
    return "planned" if all(each == COMPLETED for each in ends) else "interrupted"
