"""The provenance of a dataset, beside it: one document for all runs that made it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cta_columnar.provenance import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    Activity,
    joined,
)
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
    root = Path(root)
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

    Several may do this at once: what one of them has removed, it has joined before, and
    the others read the joined document last.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    root = Path(root)
    paths = sorted((root / JOURNAL).glob(f"*{_APART}"))
    documents = []
    for path in paths:
        with suppress(FileNotFoundError):
            documents.append(from_json(path))
    if paths:
        earlier = _read(root / PROVENANCE)
        _put(root, root / PROVENANCE, joined([earlier, *documents]))
    for path in paths:
        remove(path)


def join_provenance(root: Path, sources: Iterable[Path]) -> None:
    """Add what other datasets say of themselves to the provenance of this one.

    Raises
    ------
    StoreError
        If one of them is damaged, or this one cannot be written.
    """
    documents = [_read(each / PROVENANCE) for each in (*sources, root)]
    _put(root, root / PROVENANCE, joined(documents))


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
    path = Path(root) / PROVENANCE
    document = from_json(path) if path.exists() else {}
    runs = {
        name: run["prov:startTime"]
        for name, run in document.get("activity", {}).items()
        if run.get("ctacol:stage") == stage
    }
    if not runs:
        return None
    last = max(runs, key=lambda name: str(runs[name])).partition(":")[2]
    entity = document["entity"][f"ctacol:configuration-{last}"]
    configuration: dict[str, Any] = json.loads(entity["prov:value"])
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
    path = Path(path)
    beside = path.with_name(f"{path.name}.{PROVENANCE}")
    for document in (path / PROVENANCE, beside):
        if document.is_file():
            return _history(from_json(document))
    return None


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
                json.loads(text),
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
    path = Path(root) / PROVENANCE
    document = from_json(path) if path.exists() else {}
    return {
        str(each["ctacol:digest"])
        for each in document.get("entity", {}).values()
        if each.get("ctacol:role") == "input"
    }


def _write(root: Path, path: Path, activity: Activity) -> None:
    _put(root, path, activity.to_json(_read(path)))


def _read(path: Path) -> dict[str, Any]:
    try:
        return from_json(path) if path.exists() else {}
    except StoreError as error:
        raise StoreError(f"{error}; restore it, or use --overwrite") from error


def _put(root: Path, path: Path, content: bytes) -> None:
    scratch = root / SCRATCH / f"provenance-{process_name()}"
    write_durably(path, content, scratch)
    remove_tree(scratch)
    # The last thing that a run writes.
    remove_if_empty(scratch.parent)
