"""Opening and reading one Parquet file, with errors that name it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.bounded import RefusedFileError, require_regular
from cta_columnar.remote import arrow_source, is_remote
from cta_columnar.store.errors import StoreError
from cta_columnar.store.parquet_bounds import (
    check_footer,
    check_footer_size,
    check_rows,
    texts_of,
    unfolded,
)
from cta_columnar.store.parquet_selection import deciding_columns, selected

# Bytes of a file that is read before other threads have begun.
_SMALL = 1_000_000
SMALL_FILE_ROWS = 10_000
"""Files of fewer rows take as long to open as to read."""

_DAMAGE = (OSError, ArithmeticError, LookupError, ValueError, pa.ArrowException)
_OF_POLARS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)

# Files that are worth the planning of polars.
_SEVERAL = 4


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file into errors that name it."""
    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(f"cannot read {path}: it is missing") from error
    except StoreError:
        raise
    except RefusedFileError as error:
        raise StoreError(str(error)) from error
    except _DAMAGE as error:
        raise StoreError(f"cannot read {path}: {error}") from error


def _size_of(path: Path) -> int:
    """Size of a file that may be opened."""
    size = require_regular(path)
    # To ask a server for it would take another request for each file.
    if not is_remote(path):
        check_footer_size(path)
    return size


def open_file(path: Path) -> pq.ParquetFile:
    """Open a file; its pages are checked when they are read.

    Raises
    ------
    StoreError
        If it is missing or damaged.
    """
    with named(path):
        _size_of(path)
        return pq.ParquetFile(
            arrow_source(path),
            page_checksum_verification=True,
            pre_buffer=is_remote(path),
        )


def read_file(
    path: Path,
    columns: Sequence[str] | None = None,
    where: Any = None,  # noqa: ANN401 - a pyarrow expression
    *,
    verify: bool = False,
    n_rows: int | None = None,
) -> pa.Table:
    """Read a file: some columns, the rows for which ``where`` holds.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns : sequence of str, optional
        Only these, in this order.
    where : pyarrow.compute.Expression, optional
        Only rows for which it holds.
    verify : bool
        Check the checksums of pages.
    n_rows : int, optional
        Rows that the file has, where somebody has written that down.

    Raises
    ------
    StoreError
        If it is missing or damaged, has other than so many rows, or would take more
        memory than files of its size may; with ``verify`` also if a page has changed.
    """
    names = None if columns is None else list(columns)
    with named(path):
        size = _size_of(path)
        # A third of the time of `read_table`, which makes a dataset of the file.
        with pq.ParquetFile(
            arrow_source(path),
            # Few long requests, where each takes its time.
            pre_buffer=is_remote(path),
            page_checksum_verification=verify,
        ) as file:
            schema = file.schema_arrow
            asked = names
            if names is not None and where is not None:
                asked = [*names, *deciding_columns(schema, where)]
            check_footer(path, size, file, asked, n_rows)
            # Of columns that have fewer Arrow reads those.
            said = file.metadata.num_rows
            texts = texts_of(schema, asked)
            if where is None and not texts:
                threads = is_remote(path) or size > _SMALL
                table = file.read(names, use_threads=threads)
                check_rows(path, table.num_rows, said)
                # Where a name is missing, this fails; reading has not.
                return table if names is None else table.select(names)
        # Once more: what of it is to be read with each text once, is said now.
        with pq.ParquetFile(
            arrow_source(path),
            pre_buffer=is_remote(path),
            page_checksum_verification=verify,
            read_dictionary=texts,
        ) as file:
            wanted = schema.names if names is None else names
            if where is None:
                table = file.read(wanted).select(wanted)
                found = table.num_rows
            else:
                table, found = selected(file, wanted, where)
        check_rows(path, found, said)
        return unfolded(path, size, table, schema)


def read_small_files(
    paths: Sequence[Path], wanted: pa.Schema, n_rows: int | None = None
) -> pa.Table | None:
    """Read several small files of numbers below each other, of so many rows together.

    Polars takes a third of the time that it takes to open them one by one.

    Returns
    -------
    table : pyarrow.Table or None
        Of this schema. None if files are few, columns are no numbers or lists
        of them, or if
        anything is amiss: whoever reads file by file can say of which.
    """
    plain = all(_is_of_numbers(field.type) for field in wanted)
    if is_remote(paths[0]) or len(paths) < _SEVERAL or not plain or not wanted.names:
        return None
    try:
        if any(pa.types.is_list(each) for each in wanted.types):
            _check_footers(paths, wanted.names)
        # One more than there should be: whatever they say, no others are decoded.
        most = None if n_rows is None else n_rows + 1
        frame = pl.scan_parquet(
            list(paths), n_rows=most, glob=False, hive_partitioning=False
        )
        table = frame.select(wanted.names).collect(engine="streaming").to_arrow()
    except (StoreError, OSError, *_OF_POLARS):
        return None
    if n_rows not in (None, table.num_rows):
        return None
    # Lists of polars have larger offsets.
    is_so = map(_are_alike, table.schema.types, wanted.types)
    return table.cast(wanted) if all(is_so) else None


def _check_footers(paths: Sequence[Path], names: Sequence[str]) -> None:
    """Refuse files whose lists are longer than they may be; no number of rows tells."""
    for path in paths:
        with named(path):
            size = _size_of(path)
            with pq.ParquetFile(path) as file:
                check_footer(path, size, file, names)


def _is_of_numbers(dtype: pa.DataType) -> bool:
    if pa.types.is_list(dtype):
        return bool(pa.types.is_primitive(dtype.value_type))
    return bool(pa.types.is_primitive(dtype))


def _are_alike(found: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_large_list(found) and pa.types.is_list(wanted):
        return bool(found.value_type == wanted.value_type)
    return bool(found == wanted)


def read_slices(
    path: Path, columns: Sequence[str], n_rows: int, n_all: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Read a file ``n_rows`` at a time, with little more than that in memory.

    Raises
    ------
    StoreError
        If it is missing or damaged, a page has changed, or it has other than ``n_all``
        rows, where that is known.
    """
    file = open_file(path)
    found = 0
    with named(path):
        check_footer(path, path.stat().st_size, file, columns, n_all)
        for batch in file.iter_batches(
            n_rows, columns=list(columns), use_threads=False
        ):
            found += batch.num_rows
            yield batch
        check_rows(path, found, file.metadata.num_rows)
