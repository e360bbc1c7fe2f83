"""The bridge between Arrow columns and kernel arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray


def to_numpy(column: pa.Array) -> AnyArray:
    """View a column; fixed-size lists become further axes: shape ``(rows, n, ...)``.

    Only booleans are copied (Arrow packs them in bits). The view is read-only.

    Raises
    ------
    ValueError
        If the column has nulls: tables have none, so something is wrong upstream.
    """
    if column.null_count:
        raise ValueError(f"{column.null_count} nulls in a column of type {column.type}")
    shape = [len(column)]
    while pa.types.is_fixed_size_list(column.type):
        shape.append(column.type.list_size)
        # flatten(), not .values: .values ignores the offset of a sliced batch.
        column = column.flatten()
    array = column.to_numpy(zero_copy_only=not pa.types.is_boolean(column.type))
    return np.asarray(array).reshape(shape)


def to_arrow(array: AnyArray, dtype: pa.DataType) -> pa.Array:
    """Inverse of `to_numpy`: further axes become fixed-size lists, without a copy."""
    levels = []
    while pa.types.is_fixed_size_list(dtype):
        levels.append(dtype)
        dtype = dtype.value_type
    column = pa.array(np.ascontiguousarray(array).reshape(-1), type=dtype)
    for level in reversed(levels):
        column = pa.FixedSizeListArray.from_arrays(column, type=level)
    return column


def to_batch(columns: Mapping[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    """Columns in the order and types of ``schema``.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray or pyarrow.Array
        Exactly the columns of the schema.

    Raises
    ------
    KeyError
        If a column is missing or superfluous.
    """
    if columns.keys() != set(schema.names):
        missing = sorted(set(schema.names) - columns.keys())
        extra = sorted(columns.keys() - set(schema.names))
        raise KeyError(f"missing columns: {missing}; superfluous columns: {extra}")
    arrays = [
        value if isinstance(value, pa.Array) else to_arrow(value, field.type)
        for field, value in ((field, columns[field.name]) for field in schema)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
