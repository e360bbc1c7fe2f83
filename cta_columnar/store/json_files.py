"""Files of JSON, as all of a dataset but its tables; the same text for the same."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cta_columnar.bounded import MAX_JSON_BYTES, parse_json, read_bounded
from cta_columnar.json_text import indented
from cta_columnar.store.errors import StoreError, reading


def to_json(plain: object) -> bytes:
    """Encode as text that people can read, always the same for the same content."""
    return (json.dumps(plain, indent=1, sort_keys=True) + "\n").encode()


def in_pieces(
    plain: Mapping[str, object], name: str, items: Iterable[object]
) -> Iterator[bytes]:
    """Yield what `to_json` returns of ``plain`` with a list in it, item by item.

    Parameters
    ----------
    plain : mapping
        Everything else.
    name : str
        Key of the list.
    items : iterable
        The list, of which there is one item at a time in memory.
    """
    before = "{\n"
    for key in sorted({*plain, name}):
        yield f"{before} {json.dumps(key)}: ".encode()
        if key == name:
            yield from _list(items)
        else:
            yield indented(plain[key], 1).encode()
        before = ",\n"
    yield b"\n}\n"


def _list(items: Iterable[object]) -> Iterator[bytes]:
    before = b"["
    for each in items:
        yield before + b"\n  " + indented(each, 2).encode()
        before = b","
    yield b"[]" if before == b"[" else b"\n ]"


def from_json(path: Path) -> Any:  # noqa: ANN401
    """Read a file of `to_json`.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ReadError
        If the system cannot read it.
    StoreError
        If it is not JSON, no file, or larger than any that is written here.
    """
    with reading(path):
        content = read_bounded(path, MAX_JSON_BYTES)
    try:
        return parse_json(content)
    except ValueError as error:
        raise StoreError(f"{path} is not JSON: {error}") from error
