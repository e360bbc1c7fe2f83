"""Tables of a FITS file as plain data, whoever wrote it."""

import io
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from cta_columnar.array_types import AnyArray
from cta_columnar.bounded import MAX_FITS_BYTES, read_bounded, unpacked
from cta_columnar.errors import UserError
from cta_columnar.gadf import Hdu, HeaderValue
from cta_columnar.schemas import gadf
from cta_columnar.store.errors import StoreError
from cta_columnar.store.gadf.fits_bounds import check_counts, check_tables, counted

# What the columns say already, and what is about the bytes of the file.
_OF_COLUMNS = ("TTYPE", "TFORM", "TUNIT", "TDIM", "TNULL", "TDISP", "TZERO", "TSCAL")
_OF_FILE = {
    *("XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS"),
    *("EXTNAME", "CHECKSUM", "DATASUM", "COMMENT", "HISTORY", ""),
}


def read_gadf(path: str | Path) -> list[Hdu]:
    """Read all tables of a file that GADF knows, in their order.

    Parameters
    ----------
    path : path
        FITS, compressed or not.

    Returns
    -------
    hdus : list of Hdu
        Tables that say they are of no class of GADF are left out.

    Raises
    ------
    StoreError
        If it is no FITS file, is cut, or a checksum is not that of the content.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            # Whatever astropy complains of here: the file is not what was written.
            warnings.simplefilter("error", AstropyUserWarning)
            # Given a path, astropy leaves a file open in which it finds an error.
            with opened(path, checksum=True) as tables:
                found = [(kind_of(each.header), each) for each in counted(tables)]
                known = [(kind, table) for kind, table in found if kind]
                check_tables(table for _, table in known)
                return [read_table(kind, table) for kind, table in known]
    except Exception as error:
        raise no_whole_file(path, error) from error


def opened(path: Path, *, checksum: bool = False) -> fits.HDUList:
    """Open a file: in memory, no more than is allowed, and no image unpacked.

    Raises
    ------
    Exception
        Of any kind: astropy trusts what it reads. See `no_whole_file`.
    """
    content = unpacked(path, read_bounded(path, MAX_FITS_BYTES), MAX_FITS_BYTES)
    check_counts(content)
    return fits.open(
        io.BytesIO(content),
        checksum=checksum,
        disable_image_compression=True,
        # Otherwise astropy makes an object of each text before it is one of ours.
        character_as_bytes=True,
    )


def no_whole_file(path: Path, error: Exception) -> StoreError:
    """Say of a file what went wrong with it."""
    if isinstance(error, UserError):
        return StoreError(str(error))
    reason = str(error).strip() or type(error).__name__
    return StoreError(f"{path}: no whole FITS file: {reason}")


def kind_of(header: fits.Header) -> str:
    """Which of ``schemas.gadf.CLASSES`` a table says it is; empty if none."""
    said = [str(header.get(f"HDUCLAS{i}", "")) for i in range(1, 5)]
    for name, known in gadf.CLASSES.items():
        # The third one says how a response was made, not which it is.
        compared = [i for i in range(len(known.classes)) if i != 2]
        if all(said[i] in known.classes[i] for i in compared):
            return name
    return ""


def read_table(kind: str, table: fits.BinTableHDU) -> Hdu:
    """Take a table out of an open file."""
    columns = {
        column.name: _native(table.data[column.name]) for column in table.columns
    }
    if axes := gadf.CLASSES[kind].axes:
        columns = _in_bins(columns, axes, gadf.CLASSES[kind].values)
    units = {column.name: column.unit for column in table.columns if column.unit}
    header: dict[str, HeaderValue] = {
        name: value
        for name, value in table.header.items()
        if name not in _OF_FILE and not name.startswith(_OF_COLUMNS)
    }
    return Hdu(kind, table.name, columns, units, header)


def _in_bins(
    columns: dict[str, AnyArray], axes: tuple[str, ...], values: str
) -> dict[str, AnyArray]:
    """Give arrays the axes that FITS leaves out where they have one bin."""
    whole = dict(columns)
    ends = [f"{axis}_{end}" for axis in axes for end in ("LO", "HI")]
    for name in ends:
        if name in whole and whole[name].ndim == 1:
            whole[name] = whole[name][:, np.newaxis]
    if values in whole and all(name in whole for name in ends):
        bins = [whole[f"{axis}_LO"].shape[1] for axis in reversed(axes)]
        if whole[values][:1].size == np.prod(bins):
            whole[values] = whole[values].reshape(-1, *bins)
    return whole


def _native(values: AnyArray) -> AnyArray:
    """Copy into the byte order of this machine, text as text."""
    if values.dtype.kind == "S":
        return np.asarray(values).astype(np.str_)
    return np.array(values, values.dtype.newbyteorder("="))
