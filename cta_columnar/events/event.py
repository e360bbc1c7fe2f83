"""Array events, put together from the rows that belong to them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from textwrap import indent
from typing import Any, Protocol

import pyarrow as pa

from cta_columnar.arrays import to_numpy
from cta_columnar.errors import did_you_mean
from cta_columnar.events.rows import Row, Section, Telescopes, fields_of

Key = tuple[int, int]
Place = tuple[pa.RecordBatch, int]


class Batch(Protocol):
    """Array events with their telescope events, as a source gives them."""

    @property
    def trigger(self) -> pa.RecordBatch: ...  # noqa: D102
    @property
    def showers(self) -> pa.RecordBatch: ...  # noqa: D102
    @property
    def telescopes(self) -> Mapping[str, pa.RecordBatch]: ...  # noqa: D102


class BatchSource(Protocol):
    """Whatever has batches to give."""

    def batches(self) -> Iterator[Batch]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a section finds its fields.

    Attributes
    ----------
    table : str
        Batch with the event's own row; empty if there is none.
    prefix : str
        Dropped from its names.
    tel_columns : tuple of str
        Patterns of the columns of telescope events.
    tel_prefix : str
        Dropped from their names.
    """

    table: str = ""
    prefix: str = ""
    tel_columns: tuple[str, ...] = ()
    tel_prefix: str = ""


_SECTIONS = {
    "trigger": _Layout("trigger", "", ("event_type", "time", "n_trigger_pixels")),
    "simulation": _Layout("showers", "true_", ("true_*",)),
    "pointing": _Layout(tel_columns=("pointing_*",), tel_prefix="pointing_"),
    "r0": _Layout(tel_columns=("r0_*",), tel_prefix="r0_"),
}


class _Lookup:
    """Finds the rows of an event in a batch; built when first asked."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    @cached_property
    def telescopes(self) -> dict[Key, dict[int, Place]]:
        found: dict[Key, dict[int, Place]] = {}
        for group in self.batch.telescopes.values():
            tel_ids = to_numpy(group.column("tel_id")).tolist()
            for row, (key, tel_id) in enumerate(
                zip(_keys(group), tel_ids, strict=True)
            ):
                found.setdefault(key, {})[tel_id] = group, row
        return {key: dict(sorted(rows.items())) for key, rows in found.items()}

    @cached_property
    def showers(self) -> dict[Key, int]:
        return {key: row for row, key in enumerate(_keys(self.batch.showers))}


def _keys(batch: pa.RecordBatch) -> list[Key]:
    ids = (to_numpy(batch.column(name)).tolist() for name in ("obs_id", "event_id"))
    return list(zip(*ids, strict=True))


class Event:
    """One array event; its sections are ``trigger``, ``simulation``, ``r0`` ...

    Attributes
    ----------
    index : Row
        ``obs_id`` and ``event_id``.
    """

    __slots__ = ("_lookup", "_row")

    def __init__(self, lookup: _Lookup, row: int) -> None:
        self._lookup, self._row = lookup, row

    @property
    def index(self) -> Row:
        """The key of the event."""
        fields = {name: name for name in ("obs_id", "event_id")}
        return Row(self._lookup.batch.trigger, self._row, fields)

    @property
    def obs_id(self) -> int:
        """Observation block."""
        return int(self.index.obs_id)

    @property
    def event_id(self) -> int:
        """Array event, unique within the observation block."""
        return int(self.index.event_id)

    def __getattr__(self, name: str) -> Section:
        if name not in _SECTIONS:
            hint = did_you_mean(name, _SECTIONS)
            raise AttributeError(f"an event has no {name!r}; {hint}")
        layout = _SECTIONS[name]
        batch, row = self._own_row(layout.table)
        patterns = ("*",) if row is not None else ()
        fields = fields_of(tuple(batch.schema.names), patterns, layout.prefix)
        return Section(batch, row or 0, fields, self._telescopes(layout))

    def _own_row(self, table: str) -> tuple[pa.RecordBatch, int | None]:
        trigger, showers = self._lookup.batch.trigger, self._lookup.batch.showers
        if table == "showers":
            return showers, self._lookup.showers.get((self.obs_id, self.event_id))
        return trigger, self._row if table else None

    def _telescopes(self, layout: _Layout) -> Telescopes:
        places = self._lookup.telescopes.get((self.obs_id, self.event_id), {})
        rows = {
            tel_id: Row(
                batch,
                row,
                fields_of(
                    tuple(batch.schema.names), layout.tel_columns, layout.tel_prefix
                ),
            )
            for tel_id, (batch, row) in places.items()
        }
        return Telescopes(rows)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_SECTIONS]

    def as_dict(self) -> dict[str, Any]:
        """Return all fields: a dict per section, in it one per telescope."""
        sections = {name: getattr(self, name) for name in _SECTIONS}
        filled = {name: each.as_dict() for name, each in sections.items() if len(each)}
        return {"index": self.index.as_dict(), **filled}

    def __repr__(self) -> str:
        tels = ", ".join(map(str, self.trigger.tel)) or "none"
        text = f"Event obs_id={self.obs_id} event_id={self.event_id}, telescopes {tels}"
        for name in _SECTIONS:
            section = getattr(self, name)
            if len(section):
                text += f"\n{name}\n{indent(repr(section), '    ')}"
        return text


class EventStream:
    """The events of a source, one by one; all else is that of the source.

    A file is read once: for a second loop it is opened again.

    Attributes
    ----------
    source : BatchSource
        Where the events come from.
    """

    def __init__(self, source: BatchSource) -> None:
        self.source = source

    def __iter__(self) -> Iterator[Event]:
        return iter_events(self.source.batches())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("_") or name == "source":
            raise AttributeError(name)
        return getattr(self.source, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *dir(self.source)]

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *error: object) -> None:
        close = getattr(self.source, "close", None)
        if close is not None:
            close()

    def __repr__(self) -> str:
        place = getattr(self.source, "path", None) or type(self.source).__name__
        return f"<events of {place}: to be read once, `for event in ...`>"


def iter_events(batches: Iterable[Batch]) -> Iterator[Event]:
    """Array events of batches, in order."""
    for batch in batches:
        lookup = _Lookup(batch)
        for row in range(batch.trigger.num_rows):
            yield Event(lookup, row)
