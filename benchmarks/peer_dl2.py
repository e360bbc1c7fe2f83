"""Run by the peer's Python: a DL2 file of ctapipe, from plain arrays.

python peer_dl2.py TABLES.npz SIMTEL DL2.h5

The arrays are named ``path/of/table/column`` or ``path/of/table/column:unit``. The
array of telescopes is that of the raw file, of which nothing else is read.
"""

import sys
from pathlib import Path

import numpy as np
import tables
from astropy.table import QTable
from astropy.units import Quantity
from ctapipe.io import EventSource, write_table


def read(path: Path) -> dict[str, QTable]:
    """Group the arrays by table."""
    found: dict[str, QTable] = {}
    with np.load(path) as columns:
        for key in columns.files:
            place, unit = key.partition(":")[::2]
            table, _, name = place.rpartition("/")
            values = columns[key]
            column = Quantity(values, unit) if unit else values
            found.setdefault(f"/{table}", QTable())[name] = column
    return found


def main() -> None:
    """Write all tables."""
    source, simtel, target = map(Path, sys.argv[1:])
    with EventSource(simtel, max_events=1) as raw:
        subarray = raw.subarray
    with tables.open_file(target, "w") as file:
        subarray.to_hdf(file)
        for path, table in read(source).items():
            write_table(table, file, path)


if __name__ == "__main__":
    main()
