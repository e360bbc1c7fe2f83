"""Reading events of a range from a Parquet file: only the row groups that hold some."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.array_types import Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.store.blocks import Block
from cta_columnar.store.parquet_bounds import check_footer, check_rows
from cta_columnar.store.parquet_files import named, open_file


def read_events(
    path: Path, columns: Sequence[str], block: Block, n_rows: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Read the rows of a block, a row group at a time.

    The keys of all row groups are read, and of those that hold events of the block the
    other columns: what a footer says of the keys in a row group has no checksum.

    Parameters
    ----------
    path : pathlib.Path
        A file with keys of events.
    columns : sequence of str
        Only these, in this order.
    block : Block
        Which events.
    n_rows : int, optional
        Rows that the file has, where somebody has written that down.

    Raises
    ------
    StoreError
        If it is missing or damaged, a page has changed, or it has other than so many
        rows.
    """
    file = open_file(path)
    wanted = list(dict.fromkeys((*EVENT_NAMES, *columns)))
    with named(path):
        check_footer(path, path.stat().st_size, file, wanted, n_rows)
        for number in range(file.num_row_groups):
            if not _holds_any(path, file, number, block):
                continue
            for batch in _batches(file, number, wanted):
                kept = batch.filter(pa.array(_held(batch, block)))
                if kept.num_rows:
                    yield kept.select(list(columns))


def _holds_any(path: Path, file: pq.ParquetFile, number: int, block: Block) -> bool:
    """Whether an event of a row group is in a block; all of its keys are looked at."""
    keys = list(_batches(file, number, list(EVENT_NAMES)))
    found = sum(batch.num_rows for batch in keys)
    check_rows(path, found, file.metadata.row_group(number).num_rows)
    return any(_held(batch, block).any() for batch in keys)


def _held(batch: pa.RecordBatch, block: Block) -> Mask:
    return block.holds(*(to_numpy(batch[name]) for name in EVENT_NAMES))


def _batches(
    file: pq.ParquetFile, number: int, names: list[str]
) -> Iterator[pa.RecordBatch]:
    """Read some columns of a row group."""
    yield from file.iter_batches(row_groups=[number], columns=names, use_threads=False)
