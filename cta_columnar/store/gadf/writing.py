"""One FITS file of tables, whole or not at all."""

import gzip
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from cta_columnar.array_types import AnyArray
from cta_columnar.gadf import Hdu, hdu_problems
from cta_columnar.schemas import gadf
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import remove_if_empty, remove_tree, write_durably
from cta_columnar.store.inside import refuse_linked_scratch
from cta_columnar.store.layout import SCRATCH
from cta_columnar.store.processes import process_name

# As fast as it gets without becoming larger: most of a file are floats.
_LEVEL = 6
# What a line of a header has for a value and a comment, less its marks and quotes.
_ROOM = 80 - 20


class PlainTable(fits.BinTableHDU):  # type: ignore[misc]
    """A table that is made of columns: `from_columns`.

    It could be made of tables of `astropy.table` as well, whose loading, with units and
    all, takes longer than the writing.
    """

    def __init__(self, data: Any = None, header: Any = None, **options: Any) -> None:  # noqa: ANN401
        # That of the parent only looks for such tables.
        super(fits.BinTableHDU, self).__init__(data, header, **options)


def write_gadf(
    path: str | Path, hdus: Iterable[Hdu], beside: Iterable[fits.BinTableHDU] = ()
) -> str:
    """Write tables into a file, in their order; compressed if it is called ``.gz``.

    Parameters
    ----------
    path : path
        An existing file is replaced, at once.
    hdus : iterable of Hdu
        Each with the keywords CHECKSUM and DATASUM in the file.
    beside : iterable of astropy.io.fits.BinTableHDU
        Tables that the format does not know, behind them.

    Returns
    -------
    sha256 : str
        Digest of the file. The same tables always have the same.

    Raises
    ------
    StoreError
        If a table does not keep the format; nothing is written then.
    WriteError
        If the file cannot be written.
    """
    path, tables = Path(path), list(hdus)
    problems = [problem for hdu in tables for problem in hdu_problems(hdu)]
    if problems:
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        raise StoreError(
            f"{path}: not written, as it would not be GADF: "
            + "; ".join(problems[:5])
            + more
        )
    content = to_bytes(tables, beside)
    if path.suffix == ".gz":
        # Neither the time nor the name of the file, which gzip would put in.
        content = gzip.compress(content, _LEVEL, mtime=0)
    _write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def _write_whole(path: Path, content: bytes) -> None:
    scratch = path.parent / SCRATCH / process_name()
    # Before it is removed below: what lies behind a link is of others.
    refuse_linked_scratch(scratch)
    try:
        write_durably(path, content, scratch)
    finally:
        remove_tree(scratch)
        remove_if_empty(scratch.parent)


def to_bytes(hdus: Iterable[Hdu], beside: Iterable[fits.BinTableHDU] = ()) -> bytes:
    """Content of a FITS file of tables, without a date of now anywhere."""
    tables = fits.HDUList([fits.PrimaryHDU(), *map(to_fits, hdus), *beside])
    for table in tables:
        # Told nothing, astropy writes the date of now there.
        table.add_checksum(when="of what was written")
    buffer = io.BytesIO()
    tables.writeto(buffer)
    return buffer.getvalue()


def to_fits(hdu: Hdu) -> fits.BinTableHDU:
    """Turn a table into one of astropy."""
    columns = [
        _column(name, values, hdu.units.get(name))
        for name, values in hdu.columns.items()
    ]
    table = PlainTable.from_columns(columns, name=hdu.name)
    comments = _comments(hdu)
    for name, value in hdu.header.items():
        comment = comments.get(name, "")
        fits_in = len(str(value)) + len(comment) <= _ROOM
        table.header[name] = (value, comment if fits_in else "")
    return table


def _column(name: str, values: AnyArray, unit: str | None) -> fits.Column:
    if values.dtype.kind in "US":
        width = max(int(np.char.str_len(values).max(initial=0)), 1)
        return fits.Column(name, f"{width}A", unit=unit, array=values)
    size = int(np.prod(values.shape[1:], dtype=int))
    if values.dtype.kind == "b" and values.ndim > 1:
        return fits.Column(name, f"{size}X", unit=unit, array=values)
    code = {"b1": "L", "u1": "B", "i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D"}
    letter = code[values.dtype.str[1:]]
    if values.ndim == 1:
        return fits.Column(name, letter, unit=unit, array=values)
    # FITS names the axis first that runs fastest.
    axes = ",".join(map(str, reversed(values.shape[1:])))
    dim = f"({axes})" if values.ndim > 2 else None
    return fits.Column(name, f"{size}{letter}", unit=unit, dim=dim, array=values)


def _comments(hdu: Hdu) -> dict[str, str]:
    known = [*gadf.CLASSES[hdu.kind].keywords]
    for schema in gadf.POINTING_BY_MODE.values():
        known += schema
    comments = {}
    for field in known:
        unit = field.metadata[b"unit"].decode()
        prefix = f"[{unit}] " if unit else ""
        comments[field.name] = prefix + field.metadata[b"description"].decode()
    return comments
