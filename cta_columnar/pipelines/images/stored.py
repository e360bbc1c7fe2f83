"""Images as they lie in a dataset, and as floats again.

How they are stored is a choice (`write.images`, `write.image_precision`), so whoever
reads them asks here::

    table = store.read("images", stored_columns(schema.names, ["image"]), tel_type=...)
    image = float_image(table, "image")                     # float32[e, p]
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, AnyArray
from cta_columnar.arrays import to_numpy
from cta_columnar.kernels.image_precision import from_int16, to_int16
from cta_columnar.schemas import dl1
from cta_columnar.schemas.columns import bind, merge

# Columns that may be stored with less precision.
ROUNDED = ("image", "peak_time")


def codes_of(name: str) -> str:
    """Name of the column of integers that stands for a column of floats."""
    return f"{name}_int16"


def step_of(name: str) -> str:
    """Name of the column of their unit."""
    return f"{name}_step"


def image_schema(
    n_pixels: int, *, is_rounded: bool, with_true: bool, pixels: str = ""
) -> pa.Schema:
    """Columns of the table ``images`` of one telescope type.

    Parameters
    ----------
    n_pixels : int
        Of the camera.
    is_rounded : bool
        Whether charges and times are stored as int16.
    with_true : bool
        Whether there are true images.
    pixels : str
        Which pixels are not 0, in words, if not all are stored.
    """
    fields = {field.name: field for field in merge(dl1.IMAGES, dl1.INT16_IMAGES)}
    names = [
        each
        for name in dl1.IMAGES.names
        for each in (_rounded_names(name) if is_rounded else [name])
    ]
    found = [fields[name] for name in names]
    if pixels:
        found = [_noted(field, pixels) for field in found]
    truth = list(dl1.TRUE_IMAGE) if with_true else []
    return bind(pa.schema([*found, *truth]), {"pixel": n_pixels})


def _rounded_names(name: str) -> list[str]:
    """Columns that stand for a column of floats; the name itself for any other."""
    return [codes_of(name), step_of(name)] if name in ROUNDED else [name]


def _noted(field: pa.Field, pixels: str) -> pa.Field:
    if field.name not in ROUNDED and field.name not in map(codes_of, ROUNDED):
        return field
    return field.with_metadata({**field.metadata, dl1.PIXELS: pixels})


def rounded(columns: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """Return charges and times as integers, each with its step."""
    found: dict[str, AnyArray] = {}
    for name in ROUNDED:
        codes, step = to_int16(columns[name])
        found |= {codes_of(name): codes, step_of(name): step}
    return found


def stored_columns(there: Container[str], wanted: Iterable[str]) -> list[str]:
    """Name the columns to read for some columns of images.

    Parameters
    ----------
    there : container of str
        Columns that the table has.
    wanted : iterable of str
        Of the chain; charges and times are floats there.
    """
    return [
        each
        for name in wanted
        for each in ([name] if name in there else _rounded_names(name))
    ]


def float_image(rows: pa.Table | pa.RecordBatch, name: str) -> F4:
    """Return ``image`` or ``peak_time`` of rows of the table ``images``, float32[e, p].

    Of float columns it is a view, read-only; of int16 it is off by half of the step of
    its row at most.
    """
    if name in rows.schema.names:
        return _array(rows, name)
    return from_int16(_array(rows, codes_of(name)), _array(rows, step_of(name)))


def float_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row of the table as plain values, with charges and times as floats."""
    found = dict(row)
    for name in ROUNDED:
        if codes_of(name) in row:
            found[name] = _decoded(found.pop(codes_of(name)), found.pop(step_of(name)))
    return found


def _decoded(codes: Any, step: float) -> Any:  # noqa: ANN401
    row = np.array([codes], np.int16), np.array([step], np.float32)
    return from_int16(*row)[0].tolist()


def _array(rows: pa.Table | pa.RecordBatch, name: str) -> AnyArray:
    column = rows[name]
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return to_numpy(whole)
