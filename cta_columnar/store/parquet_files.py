"""Opening and reading one Parquet file, with errors that name it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.store.errors import StoreError

# Bytes of a file that is read before other threads have begun.
_SMALL = 1_000_000
SMALL_FILE_ROWS = 10_000
"""Files of fewer rows take as long to open as to read."""

# Files that are worth the planning of polars.
_SEVERAL = 4


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(f"cannot read {path}: it is missing") from error
    except (OSError, KeyError, pa.ArrowException) as error:
        raise StoreError(f"cannot read {path}: {error}") from error


def open_file(path: Path) -> pq.ParquetFile:
    """Open a file; its pages are checked when they are read.

    Raises
    ------
    StoreError
        If it is missing or damaged.
    """
    with _named(path):
        return pq.ParquetFile(path, page_checksum_verification=True)


def read_file(
    path: Path,
    columns: Sequence[str] | None = None,
    where: Any = None,  # noqa: ANN401 - a pyarrow expression
    *,
    verify: bool = False,
) -> pa.Table:
    """Read a file: some columns, the rows for which ``where`` holds.

    Raises
    ------
    StoreError
        If it is missing or damaged; with ``verify`` also if a page has changed.
    """
    names = None if columns is None else list(columns)
    with _named(path):
        if where is None:
            # A third of the time of `read_table`, which makes a dataset of the file.
            with pq.ParquetFile(
                path, pre_buffer=False, page_checksum_verification=verify
            ) as file:
                table = file.read(names, use_threads=path.stat().st_size > _SMALL)
            # Where a name is missing, this fails; reading has not.
            return table if names is None else table.select(names)
        return pq.read_table(
            path,
            columns=names,
            filters=where,
            partitioning=None,  # the telescope type is no column of the file
            page_checksum_verification=verify,
        )


def read_small_files(paths: Sequence[Path], wanted: pa.Schema) -> pa.Table | None:
    """Read several small files of numbers below each other.

    Polars takes a third of the time that it takes to open them one by one.

    Returns
    -------
    table : pyarrow.Table or None
        Of this schema. None if files are few, columns are no numbers or lists
        of them, or if
        anything is amiss: whoever reads file by file can say of which.
    """
    plain = all(_is_of_numbers(field.type) for field in wanted)
    if len(paths) < _SEVERAL or not plain or not wanted.names:
        return None
    try:
        frame = pl.scan_parquet(list(paths), glob=False, hive_partitioning=False)
        table = frame.select(wanted.names).collect(engine="streaming").to_arrow()
    except (OSError, pl.exceptions.PolarsError):
        return None
    # Lists of polars have larger offsets.
    is_so = map(_are_alike, table.schema.types, wanted.types)
    return table.cast(wanted) if all(is_so) else None


def _is_of_numbers(dtype: pa.DataType) -> bool:
    if pa.types.is_list(dtype):
        return bool(pa.types.is_primitive(dtype.value_type))
    return bool(pa.types.is_primitive(dtype))


def _are_alike(found: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_large_list(found) and pa.types.is_list(wanted):
        return bool(found.value_type == wanted.value_type)
    return bool(found == wanted)


def read_slices(
    path: Path, columns: Sequence[str], n_rows: int
) -> Iterator[pa.RecordBatch]:
    """Read a file ``n_rows`` at a time, with little more than that in memory.

    Raises
    ------
    StoreError
        If it is missing or damaged, or a page has changed.
    """
    file = open_file(path)
    with _named(path):
        yield from file.iter_batches(n_rows, columns=list(columns), use_threads=False)
