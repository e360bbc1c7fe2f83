"""One cell of a record batch as a value that a person works with."""

from functools import cache
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow as pa
from astropy.time import Time

from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.event_types import EventType

_N_SHOWN = 10  # elements of an array that are printed one by one


def value_of(batch: pa.RecordBatch, column: str, row: int) -> Any:  # noqa: ANN401
    """Return one cell.

    Returns
    -------
    astropy.time.Time
        For a time, together with its column of quarter nanoseconds; in UTC.
    EventType
        For an event type.
    numpy.ndarray
        For lists and pixel arrays: a view, but for booleans.
    astropy.units.Quantity
        For a number with a physical unit.
    object
        For anything else.
    """
    field = batch.schema.field(column)
    cell = batch.column(column).slice(row, 1)
    if pa.types.is_timestamp(field.type):
        return _time(batch, column, row)
    if pa.types.is_fixed_size_list(field.type):
        return to_numpy(cell)[0]
    if pa.types.is_list(field.type):
        return to_numpy(cell.flatten())
    value = cell[0].as_py()
    if column == "event_type":
        return EventType(value)
    unit = _physical_unit(unit_of(field))
    return value if unit is None else value * unit


def unit_of(field: pa.Field) -> str:
    """Return the unit of a column, empty for none."""
    return _metadata(field, b"unit")


def description_of(field: pa.Field) -> str:
    """Return the meaning of a column."""
    return _metadata(field, b"description")


def _metadata(field: pa.Field, key: bytes) -> str:
    value: bytes = (field.metadata or {}).get(key, b"")
    return value.decode()


def text_of(value: object, unit: str) -> str:
    """Return a value in a few characters; of a large array, type and shape."""
    if isinstance(value, Time):
        return f"{value.iso} {value.scale.upper()}"
    if isinstance(value, EventType):
        return value.name
    if isinstance(value, np.ndarray) and not isinstance(value, u.Quantity):
        is_long = value.ndim > 1 or value.size > _N_SHOWN
        text = f"{value.dtype}{list(value.shape)}" if is_long else str(value.tolist())
        return f"{text} {unit}".rstrip()
    if isinstance(value, u.Quantity):
        return f"{value:.6g}"
    return f"{value} {unit}".rstrip()


def _time(batch: pa.RecordBatch, column: str, row: int) -> Time:
    nanoseconds = batch.column(column)[row].value
    finer = f"{column}_qns"
    has_finer = finer in batch.schema.names
    quarters = batch.column(finer)[row].as_py() if has_finer else 0
    seconds, rest = divmod(nanoseconds, 10**9)
    # Two numbers: one float64 of this size resolves no nanoseconds.
    return Time(seconds, (rest + 0.25 * quarters) * 1e-9, format="unix_tai").utc


@cache
def _physical_unit(text: str) -> u.UnitBase | None:
    """Return the unit; None for none and for counts such as p.e. or adc."""
    if not text:
        return None
    unit = u.Unit(text, parse_strict="silent")
    return None if isinstance(unit, u.UnrecognizedUnit) else unit
