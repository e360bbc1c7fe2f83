"""Whether gammapy's own class reads each table of a folder, as what it is and whole.

Part of `gammapy_reader.py`. What gammapy says a response must be called, and must have
for keywords, is in its package: `IRF_DL3_HDU_SPECIFICATION`, of GADF 0.2.
"""

from pathlib import Path

import numpy as np
from astropy.io import fits
from gammapy.data import GTI, EventList, HDUIndexTable, ObservationTable, PointingInfo
from gammapy.irf import IRF_REGISTRY
from gammapy.irf.io import IRF_DL3_HDU_SPECIFICATION

# HDUCLAS1 and 2, and how many rows its class finds.
TABLES = {
    ("EVENTS", ""): (EventList, lambda read: len(read.table)),
    ("GTI", ""): (GTI, lambda read: len(read.table)),
    ("POINTING", ""): (PointingInfo, lambda read: len(read.radec)),
    ("INDEX", "OBS"): (ObservationTable, len),
    ("INDEX", "HDU"): (HDUIndexTable, len),
}
# What these differ in from one response to the next, and from 0.2 to 0.3.
OPEN = ("HDUVERS", "HDUCLAS3", "FOVALIGN")


def tables(folder):
    """Say of each table what it is, and what is wrong with it."""
    return [
        {"file": path.name, "table": hdu.name, **seen(path, number, hdu)}
        for path in sorted(Path(folder).rglob("*.fits.gz"))
        for number, hdu in enumerate(fits.open(path, memmap=False))
        if hdu.header.get("HDUCLASS") == "GADF"
    ]


def seen(path, number, hdu):
    """Read a table, and compare it with what lies in the file."""
    kind = hdu.header["HDUCLAS1"], hdu.header.get("HDUCLAS2", "")
    if kind in TABLES:
        how, count = TABLES[kind]
        n_rows = count(how.read(path, hdu=hdu.name))
        wrong = [] if n_rows == len(hdu.data) else [f"{n_rows} of {len(hdu.data)} rows"]
        return {"kind": "_".join(kind).strip("_").lower(), "wrong": wrong}
    name = hdu.header["HDUCLAS4"].lower()
    return {"kind": name, "wrong": list(response_problems(name, path, number, hdu))}


def response_problems(name, path, number, hdu):
    wanted = IRF_DL3_HDU_SPECIFICATION[name]
    for key, value in wanted["mandatory_keywords"].items():
        if key not in OPEN and hdu.header.get(key) != value:
            yield f"{key} is {hdu.header.get(key)!r}, gammapy writes {value!r}"
    # There may be two backgrounds of one name, in rings and in cells.
    read = IRF_REGISTRY.get_cls(name).read(path, hdu=number)
    column = wanted["column_name"]
    if not np.array_equal(read.data, hdu.data[column][0].T):
        yield f"{column} is read as something else"
    if read.unit != hdu.columns[column].unit and hdu.columns[column].unit:
        yield f"the unit of {column} is read as {read.unit}"
    edges = [n.removesuffix("_LO") for n in hdu.columns.names if n.endswith("_LO")]
    for axis, short in zip(read.axes, edges, strict=True):
        low, high = hdu.data[f"{short}_LO"][0], hdu.data[f"{short}_HI"][0]
        if not np.allclose(axis.edges.value, [*low, high[-1]], rtol=1e-6):
            yield f"edges of {short} are read as {axis.edges}"
        unit = hdu.columns[f"{short}_LO"].unit
        if unit and axis.unit != unit:
            yield f"the unit of {short} is read as {axis.unit}"
