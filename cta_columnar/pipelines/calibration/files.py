"""Tables of camera coefficients that users bring, as columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.pipelines.text_tables import read_text_table
from cta_columnar.schemas.monitoring import CAMERA_CALIBRATION
from cta_columnar.store import StoreError, read_parquet

PER_PIXEL = (
    "pedestal_offset",
    "factor",
    "time_shift",
    "outlier_mask",
    "pedestal_std",
)
_KNOWN = tuple(CAMERA_CALIBRATION.names)

_EPOCH_JD = 2440587.5
_HALF_DAY_NS = 43_200_000_000_000


def read_file(path: Path) -> dict[str, Any]:
    """Read the columns of a Parquet or ECSV file that are about coefficients.

    Returns
    -------
    dict of str to sequence
        ``tel_id``; where they are there ``obs_id``, ``time``, int64 ns of TAI since
        1970, and ``is_valid``; of each other column a list with an array per row.

    Raises
    ------
    UserError
        If the file is neither, or a column is of no use or not known: a misspelt one
        would be coefficients that are silently not applied.
    """
    readers = {".parquet": _parquet, ".ecsv": _ecsv}
    if path.suffix not in readers:
        raise UserError("wants a dataset, or a file named *.parquet or *.ecsv")
    try:
        columns = readers[path.suffix](path)
    except StoreError as error:
        raise UserError(f"cannot be read: {error}") from error
    except UserError:
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(f"cannot be read: {error}") from error
    if "tel_id" not in columns:
        raise UserError("has no column tel_id")
    if not set(PER_PIXEL) & columns.keys():
        raise UserError(f"has none of the columns {', '.join(PER_PIXEL)}")
    return columns


def _parquet(path: Path) -> dict[str, Any]:
    table = read_parquet(path)
    columns: dict[str, Any] = {}
    for name in _checked(table.column_names):
        column = table[name]
        if column.null_count:
            raise UserError(f"{name} has {column.null_count} nulls")
        if name == "time":
            columns[name] = _timestamps(column)
        elif name in PER_PIXEL:
            columns[name] = [_array(name, cell) for cell in column.to_pylist()]
        else:
            columns[name] = column.to_numpy()
    return columns


def _checked(names: Sequence[str]) -> Sequence[str]:
    """Return the names of columns; refuse those that are not known."""
    for name in names:
        if name not in _KNOWN:
            raise UserError(f"has a column {name!r}; {did_you_mean(name, _KNOWN)}")
    return names


def _timestamps(column: pa.ChunkedArray) -> AnyArray:
    if not pa.types.is_timestamp(column.type) or column.type.tz is not None:
        raise UserError(f"time must be timestamps without zone, TAI; is {column.type}")
    return np.asarray(column.cast(pa.timestamp("ns")).to_numpy()).astype(np.int64)


def _ecsv(path: Path) -> dict[str, Any]:
    table = read_text_table(path, "ascii.ecsv")
    columns: dict[str, Any] = {}
    for name in _checked(table.colnames):
        column = table[name]
        if name == "time":
            columns[name] = _tai_ns(column)
        elif name in PER_PIXEL:
            values = _in_unit(name, column)
            columns[name] = [_array(name, cell) for cell in values]
        else:
            columns[name] = np.asarray(column)
    return columns


def _tai_ns(column: Any) -> AnyArray:  # noqa: ANN401
    """Nanoseconds of TAI, without losing those that a float64 cannot hold."""
    from astropy.time import Time  # noqa: PLC0415

    if not isinstance(column, Time):
        raise UserError("time must be a column of astropy's Time")
    half_days = np.rint((column.tai.jd1 - _EPOCH_JD) * 2).astype(np.int64)
    rest = np.rint(column.tai.jd2 * (2 * _HALF_DAY_NS)).astype(np.int64)
    return np.asarray(half_days * _HALF_DAY_NS + rest)


def _in_unit(name: str, column: Any) -> AnyArray:  # noqa: ANN401
    """Values in the unit of the data model, if the column says its own."""
    wanted = CAMERA_CALIBRATION.field(name).metadata[b"unit"].decode()
    if wanted == "ns" and column.unit is not None:
        return np.asarray(column.quantity.to_value("ns"))
    return np.asarray(column)


def _array(name: str, cell: Any) -> AnyArray:  # noqa: ANN401
    """One cell as an array of the type of its column."""
    dtype = np.bool_ if name == "outlier_mask" else np.float32
    try:
        return np.array(cell, dtype)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}: a cell is no array of numbers: {error}") from error
