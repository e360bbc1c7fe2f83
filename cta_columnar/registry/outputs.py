"""The columns that go into an algorithm, and those that come out of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray
from cta_columnar.schemas.columns import axes_of


class OutputError(ValueError):
    """What a function returned is not what its schema says."""


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """What a column of an algorithm must look like.

    Attributes
    ----------
    name : str
        Its name.
    type : pyarrow.DataType
        Type of an element.
    dtype : numpy.dtype or None
        The same for NumPy; None for texts, lists and the like.
    ndim : int
        Number of axes, rows included.
    """

    name: str
    type: pa.DataType
    dtype: np.dtype[Any] | None
    ndim: int

    @classmethod
    def of(cls, field: pa.Field) -> "OutputColumn":
        """Read a field of a schema, whose axes may be bound to sizes or not."""
        dtype, ndim = field.type, 1 + len(axes_of(field))
        if pa.types.is_fixed_size_list(dtype):
            ndim = 1
            while pa.types.is_fixed_size_list(dtype):
                dtype, ndim = dtype.value_type, ndim + 1
        is_plain = pa.types.is_primitive(dtype) and not pa.types.is_date(dtype)
        numpy_type = np.dtype(dtype.to_pandas_dtype()) if is_plain else None
        return cls(field.name, dtype, numpy_type, ndim)

    def fitted(self, values: Any, n_rows: int | None) -> Any:  # noqa: ANN401
        """Return the values in the type of the column.

        Parameters
        ----------
        values : array of any kind, or sequence
            What the function returned.
        n_rows : int or None
            Rows that there must be; None: any number.

        Raises
        ------
        OutputError
            If there are more or fewer, other axes, or a value does not fit the type.
        """
        read = self._in_arrow if self.dtype is None else self._cast
        try:
            column = read(values)
        except (TypeError, ValueError) as error:
            raise OutputError(f"column {self.name!r}: {error}") from error
        if n_rows is not None and len(column) != n_rows:
            raise OutputError(
                f"column {self.name!r} has {len(column)} rows, expected {n_rows}"
            )
        return column

    def _cast(self, values: Any) -> AnyArray:  # noqa: ANN401
        array: AnyArray = np.asarray(values)
        if array.ndim != self.ndim:
            raise ValueError(
                f"has the shape {array.shape}, but should have {self.ndim} axes, the "
                "first of them for rows"
            )
        if array.dtype == self.dtype:
            return array
        if array.dtype.kind not in "buif" or self.dtype is None:
            raise TypeError(f"wants {self.type}, got {array.dtype}")
        with np.errstate(invalid="ignore", over="ignore"):
            cast = array.astype(self.dtype)
        if self.dtype.kind == "f":
            # Digits may be lost, but no number may become infinite.
            lost = np.isfinite(cast) != np.isfinite(array)
        else:
            lost = cast != array
        if lost.any():
            raise ValueError(f"{array[lost][0]} is no {self.type}")
        return cast

    def _in_arrow(self, values: Any) -> Any:  # noqa: ANN401
        column = values
        if not isinstance(values, pa.Array):
            column = pa.array(values, type=self.type)
        if column.type != self.type:
            raise TypeError(f"wants {self.type}, got {column.type}")
        if pa.types.is_nested(self.type):
            return column
        return column.to_numpy(zero_copy_only=False)


def outputs_of(schema: pa.Schema) -> tuple[OutputColumn, ...]:
    """Return what the columns of a schema must look like."""
    return tuple(OutputColumn.of(field) for field in schema)


def fit(
    outputs: Any,  # noqa: ANN401
    wanted: Iterable[OutputColumn],
    n_rows: Mapping[str, int],
) -> dict[str, Any]:
    """Make what a function returned fit its schema.

    Parameters
    ----------
    outputs : object
        What it returned: should be a mapping of names to arrays.
    wanted : iterable of OutputColumn
        The columns of the schema.
    n_rows : mapping of str to int
        Rows of each column; any number where it is not named.

    Raises
    ------
    OutputError
        If it does not fit.
    """
    if not isinstance(outputs, Mapping):
        raise OutputError(
            f"returned {type(outputs).__name__}, but must return a dict of columns"
        )
    columns = {each.name: each for each in wanted}
    if outputs.keys() != columns.keys():
        raise OutputError(
            f"returned the columns {sorted(map(str, outputs))}, "
            f"but its schema has {sorted(columns)}"
        )
    return {
        name: columns[name].fitted(values, n_rows.get(name))
        for name, values in outputs.items()
    }


def read_only(value: Any) -> Any:  # noqa: ANN401
    """View an array so that nobody can write into it; other things stay as they are.

    A column is seen by all later steps and goes to the disk.
    """
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value = value.view()
        value.flags.writeable = False
    return value
