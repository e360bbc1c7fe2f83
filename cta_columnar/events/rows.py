"""Rows of record batches as objects, whose attributes are the columns."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from textwrap import indent, shorten
from typing import Any

import pyarrow as pa

from cta_columnar.errors import did_you_mean
from cta_columnar.events.values import description_of, text_of, unit_of, value_of
from cta_columnar.schemas.keys import TEL_EVENT_NAMES

Fields = Mapping[str, str]
"""Columns by the names of the attributes that show them."""

_INDENT = "    "


@cache
def fields_of(
    columns: tuple[str, ...], patterns: tuple[str, ...], prefix: str
) -> Fields:
    """Choose columns.

    Parameters
    ----------
    columns : tuple of str
        All columns; keys and quarter nanoseconds are left out.
    patterns : tuple of str
        Which ones, with wildcards.
    prefix : str
        What is dropped from the start of their names.
    """
    return {
        name.removeprefix(prefix): name
        for name in columns
        if name not in TEL_EVENT_NAMES
        and not name.endswith("_qns")
        and any(fnmatchcase(name, pattern) for pattern in patterns)
    }


class Row:
    """One row of a record batch."""

    def __init__(self, batch: pa.RecordBatch, row: int, fields: Fields) -> None:
        self._batch, self._row, self._fields = batch, row, fields

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        # Names with an underscore are asked for by copy and pickle, not by people.
        if name.startswith("_") or name not in self._fields:
            hint = "" if name.startswith("_") else did_you_mean(name, self._fields)
            raise AttributeError(f"there is no {name!r} in this event; {hint}")
        return value_of(self._batch, self._fields[name], self._row)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields]

    def __len__(self) -> int:
        return len(self._fields)

    def as_dict(self) -> dict[str, Any]:
        """Return all fields by name."""
        return {name: getattr(self, name) for name in self._fields}

    def __repr__(self) -> str:
        lines = []
        for name, column in self._fields.items():
            field = self._batch.schema.field(column)
            text = text_of(getattr(self, name), unit_of(field))
            # Times are shown in UTC, whatever the column is in.
            meaning = description_of(field).removesuffix(", TAI")
            meaning = shorten(meaning, 60, placeholder=" ...")
            lines.append(f"{name:<19} {text:<27} {meaning}".rstrip())
        return "\n".join(lines)


class Telescopes(Mapping[int, Row]):
    """The rows of the telescopes with data, by ``tel_id``."""

    def __init__(self, rows: Mapping[int, Row]) -> None:
        self._rows = rows

    def __getitem__(self, tel_id: int) -> Row:
        if tel_id not in self._rows:
            known = ", ".join(map(str, self._rows)) or "none"
            raise KeyError(f"telescope {tel_id} has no data here; these have: {known}")
        return self._rows[tel_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def as_dict(self) -> dict[int, dict[str, Any]]:
        """Return all fields of each telescope."""
        return {tel_id: row.as_dict() for tel_id, row in self.items()}

    def __repr__(self) -> str:
        rows = ((f"tel[{tel_id}]", repr(row)) for tel_id, row in self.items())
        return "\n".join(f"{name}\n{indent(text, _INDENT)}" for name, text in rows)


class Section(Row):
    """A part of an event: its own fields, and those of its telescopes in ``tel``."""

    def __init__(
        self, batch: pa.RecordBatch, row: int, fields: Fields, tel: Telescopes
    ) -> None:
        super().__init__(batch, row, fields)
        self.tel = tel

    def __len__(self) -> int:
        return super().__len__() + sum(map(len, self.tel.values()))

    def as_dict(self) -> dict[str, Any]:
        """Return all fields by name, and below ``tel`` those of each telescope."""
        tel = self.tel.as_dict()
        return super().as_dict() | ({"tel": tel} if tel else {})

    def __repr__(self) -> str:
        return "\n".join(filter(None, (super().__repr__(), repr(self.tel))))
