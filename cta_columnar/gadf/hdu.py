"""One table of a DL3 file, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import AnyArray
from cta_columnar.schemas import gadf

HeaderValue = str | int | float | bool


@dataclass(frozen=True, eq=False)
class Hdu:
    """A table with its header.

    Attributes
    ----------
    kind : str
        One of ``schemas.gadf.CLASSES``.
    name : str
        EXTNAME, its name in the file.
    columns : mapping of str to array
        Rows along the first axis; those of a response have one row.
    units : mapping of str to str
        Units of columns as FITS writes them. Columns without one are left out.
    header : mapping of str to str, int, float or bool
        All keywords but those that follow from the columns.
    """

    kind: str
    name: str
    columns: Mapping[str, AnyArray]
    units: Mapping[str, str]
    header: Mapping[str, HeaderValue]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> AnyArray:
        """Values of a column."""
        return self.columns[name]


def make_hdu(
    kind: str,
    columns: Mapping[str, AnyArray],
    header: Mapping[str, HeaderValue],
    *,
    hduclas3: str = "",
    units: Mapping[str, str] | None = None,
) -> Hdu:
    """Make a table of a kind, with the keywords and units that the format gives it.

    Parameters
    ----------
    kind : str
        One of ``schemas.gadf.CLASSES``.
    columns : mapping of str to array
        Written in this order.
    header : mapping
        Further keywords.
    hduclas3 : str
        ``POINT-LIKE`` or ``FULL-ENCLOSURE`` where both may be; empty for the first.
    units : mapping of str to str, optional
        Of columns that the format does not know.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    known = gadf.CLASSES[kind]
    classes = {f"HDUCLAS{i}": each[0] for i, each in enumerate(known.classes, 1)}
    if hduclas3:
        classes["HDUCLAS3"] = hduclas3
    common: dict[str, HeaderValue] = {
        "HDUCLASS": gadf.HDUCLASS,
        "HDUDOC": gadf.DOCUMENT,
        "HDUVERS": gadf.VERSION,
        **classes,
    }
    if known.axes:
        axes = ",".join(f"{axis}_LO:{axis}_HI" for axis in known.axes)
        common[f"CREF{list(columns).index(known.values) + 1}"] = f"({axes})"
    of_format = {
        field.name: field.metadata[b"unit"].decode()
        for field in (*known.columns, *known.optional)
        if field.name in columns
    }
    all_units = {n: unit for n, unit in {**of_format, **(units or {})}.items() if unit}
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return Hdu(kind, known.extension, arrays, all_units, {**common, **header})
