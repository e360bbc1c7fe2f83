"""What a FITS file may ask for, by what its headers say, before tables are read."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from astropy.io import fits

MAX_DECODED_BYTES = 512 << 20
"""Of all columns of the tables of a file, as arrays."""

MAX_TABLES = 1000
"""HDUs of a file: our observations have 6 to 10, one by one they take milliseconds."""

# Cards of which astropy does as much as they say, however they are written; a header is
# made of whole cards. Nobody writes these two in other than the plain way.
_CARD = 80
_COUNT = re.compile(rb"(?:HIERARCH)?\s*(?:TFIELDS|NAXIS)\s*=", re.I)
_PLAIN = re.compile(rb"(?:TFIELDS |NAXIS   )= +\d{1,3} *(?:/.*)?", re.S)

_FORM = re.compile(r"(\d*)([LXBIJKAEDCM])")
# In memory, of a letter, a number of the widest kind, and of a bit as one of ours.
_LETTER_BYTES, _NUMBER_BYTES, _COMPLEX_BYTES = 4, 8, 16
_VALUE_BYTES = {"A": _LETTER_BYTES, "X": 1, "L": 1, "C": 8, "M": _COMPLEX_BYTES}


def check_counts(content: bytes) -> None:
    """Refuse headers that claim more columns or axes than FITS has.

    Raises
    ------
    ValueError
        Also if the number is written in a way of its own, with a sign for example.
    """
    for begin in range(0, len(content), _CARD):
        if _COUNT.match(content, begin, begin + _CARD):
            card = content[begin : begin + _CARD]
            if not _PLAIN.fullmatch(card):
                text = card.decode("ascii", "replace").strip()
                raise ValueError(f"{text}, where a number of 999 at most is allowed")


def counted(tables: Iterable[Any]) -> Iterator[Any]:
    """Take one table after the other.

    Raises
    ------
    ValueError
        If there are more than any file has.
    """
    for number, table in enumerate(tables, start=1):
        if number > MAX_TABLES:
            raise ValueError(f"it has more than {MAX_TABLES} tables")
        yield table


def check_tables(tables: Iterable[Any]) -> None:
    """Refuse tables that would take too much together, before one is read.

    Raises
    ------
    ValueError
        Also if one is not binary, or a column has another length in each row: all rows
        may name the same bytes. No table of GADF that is read here is like that.
    """
    n_bytes = sum(map(_decoded, tables))
    if n_bytes > MAX_DECODED_BYTES:
        raise ValueError(
            f"its tables would take {n_bytes} bytes in memory, {MAX_DECODED_BYTES} at "
            "most are allowed"
        )


def _decoded(table: Any) -> int:  # noqa: ANN401 - of any kind
    """Bytes of the columns of a table as arrays, by its header."""
    if not isinstance(table, fits.BinTableHDU):
        raise ValueError(f"{table.name} is no binary table")
    per_row = 0
    for column in table.columns:
        form = _FORM.fullmatch(str(column.format))
        if form is None:
            raise ValueError(
                f"column {column.name} has the form {column.format}; columns that are "
                "longer in some rows than in others are not read"
            )
        # Numbers that are scaled become those of 8 bytes.
        width = _VALUE_BYTES.get(form[2], _NUMBER_BYTES)
        per_row += int(form[1] or 1) * width
    return per_row * int(table.header["NAXIS2"])
