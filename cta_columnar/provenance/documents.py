"""Documents of provenance: several are joined, and written entry by entry.

A document has sections (``entity``, ``activity``, ``used``), each of them entries by
their names. One of a large dataset is never in memory as a whole for its own sake.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from cta_columnar.json_text import indented

RUNNING, COMPLETED, FAILED, INTERRUPTED = (
    "running",
    "completed",
    "failed",
    "interrupted",
)

# Name and content, in order of names.
Entries = Iterable[tuple[str, Any]]

_name = itemgetter(0)


def in_order(document: Mapping[str, Any]) -> dict[str, Entries]:
    """Return a document as `pieces` takes it, by sections, names in order.

    Raises
    ------
    AttributeError, TypeError
        If it is not built as those that are written here.
    """
    return {
        section: _sorted(content) for section, content in document.items() if content
    }


def _sorted(content: Mapping[str, Any]) -> Entries:
    names = sorted(content.keys())
    return ((name, content[name]) for name in names)


def joined(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Return one document, PROV-JSON, that says what all of them say; see `pieces`."""
    return b"".join(pieces([in_order(each) for each in documents]))


def pieces(documents: Iterable[Mapping[str, Entries]]) -> Iterator[bytes]:
    """Yield one document, PROV-JSON, that says what all of them say.

    Of two that tell of the same the later one is believed; but what was once over does
    not go on. The text is that of `json.dumps` with sorted keys and an indent of 1.

    Parameters
    ----------
    documents : iterable of mapping
        Entries of each section in order of their names. They are used up.
    """
    documents = list(documents)
    lead = "{\n"
    for section in sorted({name for each in documents for name in each}):
        entries = merge(
            *(each[section] for each in documents if section in each), key=_name
        )
        before = f"{lead} {json.dumps(section)}: {{\n"
        for name, same in groupby(entries, key=_name):
            text = indented(_believed(same), 2)
            yield f"{before}  {json.dumps(name)}: {text}".encode()
            before, lead = ",\n", "\n },\n"
    yield b"{}\n" if lead == "{\n" else b"\n }\n}\n"


def _believed(entries: Entries) -> Any:  # noqa: ANN401 - whatever stands there
    """Return what holds of several entries of one name, the last one mostly."""
    several = iter(entries)
    _, content = next(several)
    for _, later in several:
        if not _goes_on(later):
            content = later
    return content


def _goes_on(content: object) -> bool:
    return isinstance(content, dict) and content.get("ctacol:status") == RUNNING
