"""Files of responses that others have published, not all of them as GADF wants."""

import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from cta_columnar.gadf import Hdu
from cta_columnar.store.errors import StoreError
from cta_columnar.store.gadf.fits_bounds import check_tables, counted
from cta_columnar.store.gadf.reading import kind_of, no_whole_file, opened, read_table

PSF_3GAUSS = "PSF_3GAUSS"


def read_published(path: str | Path) -> list[Hdu]:
    """Read the responses of a file, a psf of three normal distributions too.

    Parameters
    ----------
    path : path
        FITS, compressed or not.

    Returns
    -------
    hdus : list of Hdu
        Tables of ``schemas.gadf.CLASSES``, and of the kind ``psf_3gauss``.

    Raises
    ------
    StoreError
        If it is no FITS file, or has no response in it.
    """
    # Units take longer to load than responses to write, which wants none of them.
    from astropy.units import UnitsWarning  # noqa: PLC0415

    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyUserWarning)
            # Units are written in many ways; those of GADF are known without them.
            warnings.simplefilter("ignore", UnitsWarning)
            with opened(path) as tables:
                found = [each for each in counted(tables) if _is_response(each)]
                check_tables(found)
                hdus = [_response(each) for each in found]
    except Exception as error:
        raise no_whole_file(path, error) from error
    if not hdus:
        raise StoreError(f"{path} has no table of a response in it")
    return hdus


def _is_response(table: fits.BinTableHDU) -> bool:
    if _is_psf_3gauss(table):
        return True
    is_response = str(table.header.get("HDUCLAS1", "")).strip() == "RESPONSE"
    return is_response and bool(kind_of(table.header))


def _is_psf_3gauss(table: fits.BinTableHDU) -> bool:
    return str(table.header.get("HDUCLAS4", "")).strip().upper() == PSF_3GAUSS


def _response(table: fits.BinTableHDU) -> Hdu:
    """Read a table of a response; this psf is no class of ours."""
    if not _is_psf_3gauss(table):
        return read_table(kind_of(table.header), table)
    columns = {
        name: np.asarray(table.data[name], np.float64) for name in table.columns.names
    }
    return Hdu(PSF_3GAUSS.lower(), table.name, columns, {}, {})
