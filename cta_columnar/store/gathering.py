"""Provenance that several processes wrote apart, joined with that of the dataset."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from cta_columnar.provenance import in_order, pieces
from cta_columnar.remote import is_remote, location
from cta_columnar.store.files import remove
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import JOURNAL, PROVENANCE
from cta_columnar.store.provenance_file import (
    APART,
    as_written,
    put_document,
    read_document,
)

_JOINED = "joined-"
_TAKEN = "taken-"


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
        whole = list(found.values())
        kept = root / JOURNAL / f"{_JOINED}{_digest(whole)[:16]}{APART}"
        if kept not in found:
            put_document(root, kept, _together(whole))
        earlier = read_document(root / PROVENANCE)
        with as_written(root / PROVENANCE):
            is_news = _digest([earlier, *whole]) != _digest([earlier])
        if is_news:
            put_document(root, root / PROVENANCE, _together([earlier, *whole]))
        for path in found.keys() - {kept}:
            remove(path)
        # Others may have come meanwhile, and have been overwritten here.
        if _apart(root) == [kept]:
            return


def _together(documents: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    return pieces([in_order(each) for each in documents])


def _digest(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of what `_together` yields."""
    digest = sha256()
    for piece in _together(documents):
        digest.update(piece)
    return digest.hexdigest()


def _apart(root: Path) -> list[Path]:
    """Return the documents apart, joined ones first: later ones correct them."""
    paths = (root / JOURNAL).glob(f"*{APART}")
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
