"""What went wrong with the shards of a dataset, as journals and exit statuses say."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cta_columnar.bounded import read_bounded
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.planning.plan_file import LOGS, NAME, STATUSES, folder_of
from cta_columnar.pipelines.running.shards import PieceKey
from cta_columnar.provenance import COMPLETED, FAILED
from cta_columnar.store import JournalOfRun

# Of a shell: 128 and the number of the signal.
_BY_SIGNAL = 128
# Of an exit status, with the end of its line, and more.
_MAX_BYTES = 64


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something is not done.

    Attributes
    ----------
    what : str
        The inputs of a shard, or the process.
    reason : str
        What went wrong.
    element : int, optional
        Element of the plan that met it.
    is_failure : bool
        Whether it goes wrong again; false if it was stopped or killed.
    """

    what: str
    reason: str
    element: int | None = None
    is_failure: bool = True


def failures_of(
    journals: Iterable[JournalOfRun], left: Iterable[PlannedPiece]
) -> dict[PieceKey, Trouble]:
    """Return why shards that are left failed when they were last tried."""
    wanted = {piece.key for piece in left}
    last: dict[PieceKey, tuple[float, Trouble]] = {}
    for journal in journals:
        for line in journal.shards:
            key = tuple(line["inputs"]), line.get("seq", 0)
            if line["outcome"] != "failed" or key not in wanted:
                continue
            if key not in last or last[key][0] <= line["time"]:
                names = ", ".join(line["inputs"])
                found = Trouble(names, line["reason"], journal.run.get("element"))
                last[key] = line["time"], found
    return {key: trouble for key, (_, trouble) in last.items()}


def failed_since(
    journals: Sequence[JournalOfRun], done: Collection[PieceKey]
) -> set[PieceKey]:
    """Return which shards failed in a run that began when they were there already.

    Their input has changed, and what is there came of its earlier content.
    """
    last: dict[PieceKey, float] = {}
    failed: dict[PieceKey, float] = {}
    for journal in journals:
        for line in journal.shards:
            key = tuple(line["inputs"]), line.get("seq", 0)
            if line["outcome"] == "failed":
                failed[key] = max(failed.get(key, 0.0), journal.run["time"])
            else:
                last[key] = max(last.get(key, 0.0), line["time"])
    return {
        key for key in failed.keys() & set(done) if failed[key] >= last.get(key, 0.0)
    }


def retries_of(journals: Iterable[JournalOfRun]) -> Iterator[Trouble]:
    """Find shards that were tried again within a run, and why."""
    for journal in journals:
        for line in journal.retries:
            names, element = ", ".join(line["inputs"]), journal.run.get("element")
            yield Trouble(names, line["reason"], element, is_failure=False)


def lost_since(
    journals: Sequence[JournalOfRun], left: Sequence[PlannedPiece]
) -> Iterator[Trouble]:
    """Tell of shards that a run without a plan did, or found done, and ended well."""
    if left and journals and (journals[-1].end or {}).get("status") == COMPLETED:
        what = f"{len(left)} of the shards of the last run"
        reason = "it did them and ended well; their records, or the manifest, are gone"
        yield Trouble(what, reason, is_failure=False)


def ended_early(
    root: Path,
    journals: Sequence[JournalOfRun],
    plan: Plan | None,
    left: Collection[PlannedPiece],
) -> list[Trouble]:
    """Find runs, or elements with something to do, whose last attempt ended early.

    Shards that failed are told by themselves: see `failures_of`.
    """
    last = {journal.run.get("element"): journal for journal in journals}
    statuses = dict(_statuses(root, plan))
    elements = _with_something_to_do(plan, left)
    found = []
    for element in sorted({*last, *statuses}, key=lambda e: (e is not None, e or 0)):
        if element is not None and element not in elements:
            continue
        status = statuses.get(element)
        trouble = _of_journal(last[element], status) if element in last else None
        is_told = element in last and (last[element].end or {}).get("status") == FAILED
        if trouble is None and not is_told and status is not None and status.number:
            trouble = _of_status(status, last.get(element))
        if trouble is not None:
            found.append(trouble)
    return found


@dataclass(frozen=True, slots=True)
class _Status:
    """How the script of an element ended, when, and where it wrote more."""

    element: int
    number: int
    time: float
    log: Path


def _statuses(root: Path, plan: Plan | None) -> Iterator[tuple[int | None, _Status]]:
    """Read how scripts ended, of this plan and not of an earlier one."""
    if plan is None:
        return
    folder = folder_of(root)
    planned = (folder / NAME).stat().st_mtime
    for path in sorted((folder / STATUSES).glob("*")):
        with suppress(OSError, ValueError, UserError):
            element, number = int(path.name), int(read_bounded(path, _MAX_BYTES))
            log = folder / LOGS / f"{element}.log"
            found = _Status(element, number, path.stat().st_mtime, log)
            if found.time >= planned:
                yield element, found


def _with_something_to_do(
    plan: Plan | None, left: Collection[PlannedPiece]
) -> Collection[int]:
    """Return the elements that count: all of them, if it is the manifest that lacks."""
    if plan is None:
        return ()
    keys = {piece.key for piece in left}
    return [
        number
        for number, places in enumerate(plan.elements)
        if not keys or any(plan.pieces[place].key in keys for place in places)
    ]


def _of_journal(journal: JournalOfRun, status: _Status | None) -> Trouble | None:
    """Say how a run ended, unless it goes on, or ended well or by failing shards."""
    if journal.is_running:
        return None
    what = f"process {journal.run['pid']} on {journal.run['host']}"
    element = journal.run.get("element")
    if journal.end is None:
        later = status is not None and status.time >= journal.run["time"]
        number = f" with status {status.number}" if status and later else ""
        reason = f"ended{number} without a word: killed, or out of memory or time"
        return Trouble(what, reason, element, is_failure=False)
    if journal.end["status"] == COMPLETED:
        return None
    message = str(journal.end.get("message", "")) or str(journal.end["status"])
    if any(line["reason"] in message for line in _failed(journal)):
        return None
    is_failure = journal.end["status"] == FAILED
    return Trouble(what, message, element, is_failure)


def _failed(journal: JournalOfRun) -> Iterator[Mapping[str, str]]:
    return (line for line in journal.shards if line["outcome"] == "failed")


def _of_status(status: _Status, journal: JournalOfRun | None) -> Trouble | None:
    """Say how an element ended that wrote nothing down, or nothing since."""
    if journal is not None and (journal.is_running or status.time < journal.last_time):
        return None
    reason = f"ended with status {status.number} before it began a shard"
    is_failure = status.number < _BY_SIGNAL
    what = f"its log is {status.log}"
    return Trouble(what, reason, status.element, is_failure)
