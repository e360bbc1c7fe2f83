"""Tables of figures of merit for others: ECSV, and tables of FITS files."""

import json
import re
from pathlib import Path

import pyarrow as pa
from astropy.io import fits

from cta_columnar.arrays import to_numpy
from cta_columnar.digests import sha256_of
from cta_columnar.store.files import write_draft
from cta_columnar.store.gadf.writing import PlainTable

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

_FACTOR = re.compile(r"([A-Za-z]+)(-?\d*)")


def save_ecsv(path: Path, table: pa.Table) -> str:
    """Write a table as ECSV, with units and descriptions; return its SHA-256.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    columns = [to_numpy(table[field.name].combine_chunks()) for field in table.schema]
    rows = zip(*(values.tolist() for values in columns), strict=True)
    described = [
        {
            "name": field.name,
            **({"unit": unit} if (unit := _unit(field)) else {}),
            "datatype": values.dtype.name,
            "description": (field.metadata or {}).get(b"description", b"").decode(),
        }
        for field, values in zip(table.schema, columns, strict=True)
    ]
    metadata = [{name: value} for name, value in _metadata(table).items()]
    # What is JSON is YAML as well.
    header = [
        *("%ECSV 1.0", "---", "datatype:"),
        *(f"- {json.dumps(each)}" for each in described),
        "meta: !!omap",
        *(f"- {json.dumps(each)}" for each in metadata),
        "schema: astropy-2.0",
    ]
    lines = [
        *(f"# {line}" for line in header),
        " ".join(table.column_names),
        *(" ".join(map(str, row)) for row in rows),
    ]
    text = "\n".join(lines) + "\n"
    return sha256_of(write_draft(path.name, text.encode(), path.parent))


def benchmark_hdu(name: str, table: pa.Table) -> fits.BinTableHDU:
    """Return a table as one of a FITS file, with the name that it has in ctapipe."""
    columns = []
    for field in table.schema:
        values = to_numpy(table[field.name].combine_chunks())
        code = {"b": "L", "i": "K", "f": "D"}[values.dtype.kind]
        unit = _unit(field) or None
        columns.append(fits.Column(field.name, code, unit=unit, array=values))
    hdu = PlainTable.from_columns(columns, name=EXTENSIONS[name])
    for key, value in _metadata(table).items():
        hdu.header[key[:8].upper()] = value
    return hdu


def _unit(field: pa.Field) -> str:
    """Return a unit as FITS writes it: ``1/(TeV m2 s)`` is ``TeV-1 s-1 m-2``.

    Raises
    ------
    ValueError
        If it is written in another manner than those of the data model.
    """
    text = (field.metadata or {}).get(b"unit", b"").decode()
    above, _, below = text.partition("/")
    powers = [
        (sign * int(power or 1), name)
        for sign, part in ((1, above.removeprefix("1")), (-1, below.strip("()")))
        for name, power in _factors(part, text)
    ]
    in_order = sorted(powers, key=lambda each: (-each[0], each[1]))
    return " ".join(name if n == 1 else f"{name}{n}" for n, name in in_order)


def _factors(part: str, whole: str) -> list[tuple[str, str]]:
    """Return the units of a product, with their powers as text."""
    found = [_FACTOR.fullmatch(word) for word in part.split()]
    if not all(found):
        raise ValueError(f"{whole!r} is no unit as the data model writes them")
    return [(each[1], each[2]) for each in found if each]


def _metadata(table: pa.Table) -> dict[str, str]:
    given = table.schema.metadata or {}
    return {key.decode(): value.decode() for key, value in given.items()}
