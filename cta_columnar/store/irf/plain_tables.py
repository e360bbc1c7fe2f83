"""Tables of figures of merit for others: ECSV, and tables of FITS files."""

import io
from pathlib import Path

import pyarrow as pa
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

from cta_columnar.arrays import to_numpy
from cta_columnar.digests import sha256_of
from cta_columnar.store.files import write_draft

# Names of tables of FITS files, where ctapipe has one.
EXTENSIONS = {
    "sensitivity": "SENSITIVITY",
    "angular_resolution": "ANGULAR RESOLUTION",
    "energy_resolution": "ENERGY BIAS RESOLUTION",
    "background_rate": "BACKGROUND RATE",
    "roc": "ROC",
    "roc_area": "ROC AREA",
    "cuts": "CUTS",
}


def save_ecsv(path: Path, table: pa.Table) -> str:
    """Write a table as ECSV, with units and descriptions; return its SHA-256.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    columns = Table(meta=_metadata(table))
    for field in table.schema:
        values = to_numpy(table[field.name].combine_chunks())
        column = Table.Column(values, name=field.name, unit=_unit(field) or None)
        column.description = (field.metadata or {}).get(b"description", b"").decode()
        columns.add_column(column)
    text = io.StringIO()
    columns.write(text, format="ascii.ecsv")
    return sha256_of(write_draft(path.name, text.getvalue().encode(), path.parent))


def benchmark_hdu(name: str, table: pa.Table) -> fits.BinTableHDU:
    """Return a table as one of a FITS file, with the name that it has in ctapipe."""
    columns = []
    for field in table.schema:
        values = to_numpy(table[field.name].combine_chunks())
        code = {"b": "L", "i": "K", "f": "D"}[values.dtype.kind]
        unit = _unit(field) or None
        columns.append(fits.Column(field.name, code, unit=unit, array=values))
    hdu = fits.BinTableHDU.from_columns(columns, name=EXTENSIONS[name])
    for key, value in _metadata(table).items():
        hdu.header[key[:8].upper()] = value
    return hdu


def _unit(field: pa.Field) -> str:
    """Return a unit as FITS writes it."""
    text = (field.metadata or {}).get(b"unit", b"").decode()
    return u.Unit(text).to_string("fits") if text else ""


def _metadata(table: pa.Table) -> dict[str, str]:
    given = table.schema.metadata or {}
    return {key.decode(): value.decode() for key, value in given.items()}
