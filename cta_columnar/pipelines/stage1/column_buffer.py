"""Rows of a table, collected over batches until there are enough for Arrow."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_batch

# A hundred columns of few rows cost as much to turn into Arrow as those of many.
ROWS_AT_ONCE = 1024


class ColumnBuffer:
    """Joins the columns of small batches.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the table; columns that are not in it are left alone.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._pieces: dict[str, list[Any]] = {name: [] for name in schema.names}
        self._n_rows = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added since rows were taken, not even none."""
        return not any(self._pieces.values())

    @property
    def is_full(self) -> bool:
        """Whether it is time to `take` the rows."""
        return self._n_rows >= ROWS_AT_ONCE

    def add(self, columns: Mapping[str, Any], n_rows: int) -> None:
        """Add rows.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray or pyarrow.Array
            At least the columns of the schema; kept until they are taken, not copied.
        n_rows : int
            Length of each.
        """
        for name, pieces in self._pieces.items():
            pieces.append(columns[name])
        self._n_rows += n_rows

    def take(self) -> pa.RecordBatch:
        """Hand all rows over, and forget them; not of an empty buffer."""
        joined = {name: _joined(pieces) for name, pieces in self._pieces.items()}
        for pieces in self._pieces.values():
            pieces.clear()
        self._n_rows = 0
        return to_batch(joined, self.schema)


def _joined(pieces: list[Any]) -> Any:  # noqa: ANN401
    is_arrow = all(isinstance(each, pa.Array) for each in pieces)
    return pa.concat_arrays(pieces) if is_arrow else np.concatenate(pieces)
