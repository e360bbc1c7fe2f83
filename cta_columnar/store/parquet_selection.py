"""Rows of a Parquet file for which something holds, found by their values.

What a footer says of the smallest and largest values of a group of rows has no
checksum: who skips groups by it may lose rows in silence. So the columns that decide
are read of every group, and the others only where a row is wanted.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import dataset

_WANTED = "wanted"


def selected(
    file: pq.ParquetFile,
    names: Sequence[str],
    where: Any,  # noqa: ANN401 - a pyarrow expression
) -> tuple[pa.Table, int]:
    """Read some columns of the rows for which an expression holds.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
        Opened.
    names : sequence of str
        The columns.
    where : pyarrow.compute.Expression
        Of any of its columns.

    Returns
    -------
    table : pyarrow.Table
        Those rows, in their order.
    n_rows : int
        How many there are in all, wanted or not.

    Raises
    ------
    KeyError, pyarrow.ArrowException, OSError
        If a column is missing, or the file is damaged.
    """
    schema = file.schema_arrow
    deciding = deciding_columns(schema, where) or schema.names[:1]
    counts: list[int] = []
    groups = list(_groups(file, list(names), deciding, where, counts))
    if not groups:
        groups = [pa.schema([schema.field(name) for name in names]).empty_table()]
    return pa.concat_tables(groups), sum(counts)


def deciding_columns(schema: pa.Schema, where: Any) -> list[str]:  # noqa: ANN401
    """Return the columns that an expression is of, and perhaps more.

    Arrow does not tell them, but writes all of their names; so may values.
    """
    text = str(where)
    return [name for name in schema.names if name in text]


def _groups(
    file: pq.ParquetFile,
    names: list[str],
    deciding: list[str],
    where: Any,  # noqa: ANN401
    counts: list[int],
) -> Iterator[pa.Table]:
    for number in range(file.num_row_groups):
        keys = file.read_row_group(number, deciding)
        counts.append(keys.num_rows)
        mask = dataset.dataset(keys).to_table(columns={_WANTED: where})[_WANTED]
        # Where it cannot be told it does not hold.
        mask = mask.fill_null(False)
        if any(chunk.true_count for chunk in mask.chunks):
            yield file.read_row_group(number, names).select(names).filter(mask)
