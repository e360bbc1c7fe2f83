"""The provenance of a dataset, beside it: one document for all runs that made it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from cta_columnar.bounded import parse_json
from cta_columnar.errors import UserError
from cta_columnar.provenance import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    Activity,
    joined,
)
from cta_columnar.remote import is_remote, location
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import (
    process_name,
    remove,
    remove_if_empty,
    remove_tree,
    write_durably,
)
from cta_columnar.store.layout import JOURNAL, PROVENANCE, SCRATCH
from cta_columnar.store.records import Record, from_json

_APART = ".prov.json"
_JOINED = "joined-"
_TAKEN = "taken-"


@contextmanager
def recorded(
    root: str | Path, activity: Activity, *, apart: bool = False
) -> Iterator[Activity]:
    """Write the provenance at the beginning and at the end, however it ends.

    A run that was killed stays ``running`` in the document. With ``apart`` it is a
    document of its own, since others write at the same time: `gather` joins them.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    root = location(root)
    path = root / JOURNAL / f"{process_name()}{_APART}" if apart else root / PROVENANCE
    _write(root, path, activity)
    try:
        yield activity
    except BaseException as error:
        is_failure = isinstance(error, Exception)
        activity.finish(FAILED if is_failure else INTERRUPTED, str(error))
        # The first error is the one to tell: the disk may be full.
        with suppress(StoreError):
            _write(root, path, activity)
        raise
    activity.finish(COMPLETED)
    _write(root, path, activity)


def gather(root: str | Path) -> None:
    """Join what processes wrote apart with the provenance of the dataset.

    Several may do this at once, and be killed at any time. Each document apart says all
    that it was joined from, and it alone is removed that another one, which is written
    already, holds. So nothing is lost if the provenance is overwritten by who knew of
    fewer: all is joined again by who comes next.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    root = location(root)
    while found := _read_apart(root):
        whole = joined(found.values())
        kept = root / JOURNAL / f"{_JOINED}{sha256(whole).hexdigest()[:16]}{_APART}"
        if kept not in found:
            _put(root, kept, whole)
        earlier = _read(root / PROVENANCE)
        with _as_written(root / PROVENANCE):
            content = joined([earlier, *found.values()])
            is_news = content != joined([earlier])
        if is_news:
            _put(root, root / PROVENANCE, content)
        for path in found.keys() - {kept}:
            remove(path)
        # Others may have come meanwhile, and have been overwritten here.
        if _apart(root) == [kept]:
            return


def _apart(root: Path) -> list[Path]:
    """Return the documents apart, joined ones first: later ones correct them."""
    paths = (root / JOURNAL).glob(f"*{_APART}")
    return sorted(paths, key=lambda each: (not each.name.startswith(_JOINED), each))


def _read_apart(root: Path) -> dict[Path, dict[str, Any]]:
    found = {}
    for path in map(_taken, _apart(root)):
        with suppress(FileNotFoundError):
            found[path] = from_json(path)
    return found


def _taken(path: Path) -> Path:
    """Give a document another name: its writer, who may go on, begins a new one.

    Otherwise what is removed could be a later one than that which was read.
    """
    if path.name.startswith((_JOINED, _TAKEN)) or is_remote(path):
        return path
    mine = path.with_name(f"{_TAKEN}{uuid4().hex[:8]}-{path.name}")
    with suppress(FileNotFoundError):
        path.rename(mine)
    return mine


def join_provenance(root: Path, sources: Iterable[Path]) -> None:
    """Add what other datasets say of themselves to the provenance of this one.

    Raises
    ------
    StoreError
        If one of them is damaged, or this one cannot be written.
    """
    documents = [_read(each / PROVENANCE) for each in (*sources, root)]
    with _as_written(root / PROVENANCE):
        content = joined(documents)
    _put(root, root / PROVENANCE, content)


def note_records(
    activity: Activity, records: Iterable[Record], *, in_this_run: bool = True
) -> None:
    """Note inputs and parts of shards, and which comes from which.

    Parameters
    ----------
    activity : Activity
        The run.
    records : iterable of Record
        Shards, each perhaps noted before.
    in_this_run : bool
        Whether this run made them, or found them done.
    """
    for record in records:
        sources = [
            activity.used(each.path, each.digest, each.size, in_this_run=in_this_run)
            for each in record.shard.inputs
        ]
        for part in record.parts:
            activity.produced(
                part.path, part.sha256, part.rows, sources, in_this_run=in_this_run
            )


def configuration_of(root: str | Path, stage: str) -> dict[str, Any] | None:
    """Return the configuration of the last run of a stage that worked on a dataset.

    None if nothing is known of one.
    """
    path = location(root) / PROVENANCE
    if not path.exists():
        return None
    with _as_written(path):
        return _configuration(from_json(path), stage)


def _configuration(document: Mapping[str, Any], stage: str) -> dict[str, Any] | None:
    runs = {
        name: run["prov:startTime"]
        for name, run in document.get("activity", {}).items()
        if run.get("ctacol:stage") == stage
    }
    if not runs:
        return None
    last = max(runs, key=lambda name: str(runs[name])).partition(":")[2]
    entity = document["entity"][f"ctacol:configuration-{last}"]
    configuration: dict[str, Any] = parse_json(entity["prov:value"])
    return configuration


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run that worked on a product.

    Attributes
    ----------
    stage, started, status : str
        What was run, when (UTC, ISO 8601), and how it ended.
    software : mapping of str to str
        Versions.
    configuration : mapping
        All keys.
    """

    stage: str
    started: str
    status: str
    software: Mapping[str, str]
    configuration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """What the provenance of a product says.

    Attributes
    ----------
    runs : tuple of PastRun
        In the order of time.
    inputs : tuple of str
        Paths of what they read, each once.
    """

    runs: tuple[PastRun, ...]
    inputs: tuple[str, ...]


def history_of(path: str | Path) -> History | None:
    """Read what made a folder, or a simulated file that has its provenance beside it.

    None if nothing says it.

    Raises
    ------
    StoreError
        If the document is damaged.
    """
    path = location(path)
    beside = path.with_name(f"{path.name}.{PROVENANCE}")
    for document in (path / PROVENANCE, beside):
        if document.is_file():
            with _as_written(document):
                return _history(from_json(document))
    return None


@contextmanager
def _as_written(path: Path) -> Iterator[None]:
    """Say that a document is damaged where it is not built as ours are.

    Raises
    ------
    StoreError
        Which names the file.
    """
    try:
        yield
    except UserError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"
        raise StoreError(
            f"{path} is damaged: no provenance that ctacol wrote ({what})"
        ) from error


def _history(document: Mapping[str, Any]) -> History:
    agents = document.get("agent", {})
    acting = {
        str(each["prov:activity"]): agents[each["prov:agent"]]
        for each in document.get("wasAssociatedWith", {}).values()
        if "software" in str(each["prov:agent"])
    }
    runs = []
    for name, run in document.get("activity", {}).items():
        settings = f"ctacol:configuration-{name.partition(':')[2]}"
        text = document["entity"].get(settings, {}).get("prov:value", "{}")
        versions = {
            key.partition(":")[2]: str(value)
            for key, value in acting.get(name, {}).items()
            if key.startswith("ctacol:")
        }
        runs.append(
            PastRun(
                str(run.get("ctacol:stage", "")),
                str(run.get("prov:startTime", "")),
                str(run.get("ctacol:status", "")),
                versions,
                parse_json(text),
            )
        )
    inputs = [
        str(each["prov:label"])
        for each in document.get("entity", {}).values()
        if each.get("ctacol:role") == "input"
    ]
    ordered = sorted(runs, key=lambda run: run.started)
    return History(tuple(ordered), tuple(dict.fromkeys(inputs)))


def inputs_of(root: str | Path) -> set[str]:
    """Return the digests of all files that runs on a dataset have read."""
    path = location(root) / PROVENANCE
    if not path.exists():
        return set()
    with _as_written(path):
        return {
            str(each["ctacol:digest"])
            for each in from_json(path).get("entity", {}).values()
            if each.get("ctacol:role") == "input"
        }


def _write(root: Path, path: Path, activity: Activity) -> None:
    earlier = _read(path)
    with _as_written(path):
        content = activity.to_json(earlier)
    _put(root, path, content)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = from_json(path)
    except FileNotFoundError:
        return {}
    except StoreError as error:
        raise StoreError(f"{error}; restore it, or use --overwrite") from error
    return found


def _put(root: Path, path: Path, content: bytes) -> None:
    scratch = root / SCRATCH / f"provenance-{process_name()}"
    write_durably(path, content, scratch)
    remove_tree(scratch)
    # The last thing that a run writes.
    remove_if_empty(scratch.parent)
