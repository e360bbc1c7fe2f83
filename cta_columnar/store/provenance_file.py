"""The provenance of a dataset, beside it: one document for all runs that made it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cta_columnar.errors import UserError
from cta_columnar.provenance import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    Activity,
    in_order,
    pieces,
)
from cta_columnar.remote import location
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import remove_if_empty, remove_tree, write_durably
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import JOURNAL, PROVENANCE, SCRATCH
from cta_columnar.store.processes import process_name
from cta_columnar.store.records import Record

APART = ".prov.json"


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
    path = root / JOURNAL / f"{process_name()}{APART}" if apart else root / PROVENANCE
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
        sources = tuple(
            activity.used(each.path, each.digest, each.size, in_this_run=in_this_run)
            for each in record.shard.inputs
        )
        for part in record.parts:
            activity.produced(
                part.path, part.sha256, part.rows, sources, in_this_run=in_this_run
            )


def join_provenance(root: Path, sources: Iterable[Path]) -> None:
    """Add what other datasets say of themselves to the provenance of this one.

    Raises
    ------
    StoreError
        If one of them is damaged, or this one cannot be written.
    """
    documents = [read_document(each / PROVENANCE) for each in (*sources, root)]
    with as_written(root / PROVENANCE):
        content = pieces([in_order(each) for each in documents])
    put_document(root, root / PROVENANCE, content)


@contextmanager
def as_written(path: Path) -> Iterator[None]:
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


def _write(root: Path, path: Path, activity: Activity) -> None:
    earlier = read_document(path)
    with as_written(path):
        content = activity.to_pieces(earlier)
    put_document(root, path, content)


def read_document(path: Path) -> dict[str, Any]:
    """Read a document; one without anything if there is none.

    Raises
    ------
    StoreError
        If it is damaged.
    """
    try:
        found: dict[str, Any] = from_json(path)
    except FileNotFoundError:
        return {}
    except StoreError as error:
        raise StoreError(f"{error}; restore it, or use --overwrite") from error
    return found


def put_document(root: Path, path: Path, content: Iterable[bytes]) -> None:
    """Write a document, piece by piece.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    scratch = root / SCRATCH / f"provenance-{process_name()}"
    write_durably(path, content, scratch)
    remove_tree(scratch)
    # The last thing that a run writes.
    remove_if_empty(scratch.parent)
