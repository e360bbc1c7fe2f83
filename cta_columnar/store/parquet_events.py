"""Reading events of a range from a Parquet file: only the row groups that hold some."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.array_types import I8
from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.store.blocks import Block, Key
from cta_columnar.store.errors import StoreError
from cta_columnar.store.parquet_bounds import check_footer, check_rows
from cta_columnar.store.parquet_files import named, open_file

# Smallest and largest event of a row group; None: it has no rows.
_Range = tuple[Key, Key] | None


def read_events(
    path: Path, columns: Sequence[str], block: Block, n_rows: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Read the rows of a block, a row group at a time.

    Row groups are passed over by the keys of their rows, which are read once for all
    blocks: what a footer says of them has no checksum.

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
        If it is missing or damaged, a page has changed, it has other than so many rows,
        or keys of another type.
    """
    wanted = list(dict.fromkeys((*EVENT_NAMES, *columns)))
    with named(path):
        stat = path.stat()
        file = open_file(path)
        check_footer(path, stat.st_size, file, wanted, n_rows)
        _check_keys(path, file)
        ranges = _ranges(path, stat.st_size, stat.st_mtime)
        for number in range(file.num_row_groups):
            if not _may_hold(block, ranges[number]):
                continue
            for batch in _rows(path, file, number, wanted):
                kept = batch.filter(pa.array(block.holds(*_keys(batch))))
                if kept.num_rows:
                    yield kept.select(list(columns))


def _check_keys(path: Path, file: pq.ParquetFile) -> None:
    for name in EVENT_NAMES:
        dtype = file.schema_arrow.field(name).type
        if dtype != pa.int64():
            raise StoreError(f"{path}: {name} is {dtype}, no whole number of 64 bits")


# Of all parts of some shards; whoever reads one block of a shard reads the next.
@lru_cache(maxsize=256)
def _ranges(path: Path, size: int, time: float) -> tuple[_Range, ...]:
    """Return the range of events of each row group, of a file as it was at a time."""
    del size, time
    file = open_file(path)
    return tuple(_range(path, file, number) for number in range(file.num_row_groups))


def _range(path: Path, file: pq.ParquetFile, number: int) -> _Range:
    ends: list[Key] = []
    for batch in _rows(path, file, number, list(EVENT_NAMES)):
        if batch.num_rows:
            ends += _ends(*_keys(batch))
            ends = [min(ends), max(ends)]
    return (ends[0], ends[1]) if ends else None


def _ends(obs_id: I8, event_id: I8) -> tuple[Key, Key]:
    """Return the first and the last event, in the order of both keys."""
    order = np.lexsort((event_id, obs_id))[[0, -1]]
    least, most = zip(obs_id[order].tolist(), event_id[order].tolist(), strict=True)
    return least, most


def _may_hold(block: Block, found: _Range) -> bool:
    return found is not None and block.may_hold(*found)


def _keys(batch: pa.RecordBatch) -> tuple[I8, I8]:
    obs_id, event_id = (to_numpy(batch[name]) for name in EVENT_NAMES)
    return obs_id, event_id


def _rows(
    path: Path, file: pq.ParquetFile, number: int, names: list[str]
) -> Iterator[pa.RecordBatch]:
    """Read some columns of a row group, all of its rows.

    Raises
    ------
    StoreError
        Afterwards, if there were fewer: Arrow ends where a column does.
    """
    found = 0
    for batch in file.iter_batches(
        row_groups=[number], columns=names, use_threads=False
    ):
        found += batch.num_rows
        yield batch
    check_rows(path, found, file.metadata.row_group(number).num_rows)
