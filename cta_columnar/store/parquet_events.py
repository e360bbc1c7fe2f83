"""Reading events of a range from a Parquet file: only the row groups that hold some."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.array_types import I8
from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.store.blocks import Block, Key
from cta_columnar.store.errors import StoreError
from cta_columnar.store.parquet_bounds import check_footer, check_rows
from cta_columnar.store.parquet_files import named, open_file

# Smallest and largest value of both keys, as a footer states them.
_Stated = tuple[Key, Key]


def read_events(
    path: Path, columns: Sequence[str], block: Block, n_rows: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Read the rows of a block, a row group at a time.

    Statistics decide which row groups are read, and no checksum protects them. So what
    is read must agree with them: since all blocks together read every row group, no
    row can be lost by statistics that are wrong without one of them telling it.

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
        or other events than its footer says.
    """
    file = open_file(path)
    wanted = list(dict.fromkeys((*EVENT_NAMES, *columns)))
    with named(path):
        check_footer(path, path.stat().st_size, file, wanted, n_rows)
        for number in range(file.num_row_groups):
            stated = _stated(file, number)
            if stated is not None and not block.may_hold(*stated):
                continue
            found = 0
            for batch in file.iter_batches(
                row_groups=[number], columns=wanted, use_threads=False
            ):
                found += batch.num_rows
                obs_id, event_id = (to_numpy(batch[name]) for name in EVENT_NAMES)
                if stated is not None:
                    _check_stated(path, number, stated, obs_id, event_id)
                kept = batch.filter(pa.array(block.holds(obs_id, event_id)))
                if kept.num_rows:
                    yield kept.select(list(columns))
            check_rows(path, found, file.metadata.row_group(number).num_rows)


def _stated(file: pq.ParquetFile, number: int) -> _Stated | None:
    """Return what a footer says of the keys in a row group; None: nothing of use."""
    group = file.metadata.row_group(number)
    places = {leaf.path: place for place, leaf in enumerate(file.schema)}
    every = [group.column(places[name]).statistics for name in EVENT_NAMES]
    if any(each is None or not each.has_min_max for each in every):
        return None
    least, most = tuple(each.min for each in every), tuple(each.max for each in every)
    return (least, most) if least <= most else None


def _check_stated(
    path: Path, number: int, stated: _Stated, obs_id: I8, event_id: I8
) -> None:
    """Compare the keys of a row group with its statistics.

    Raises
    ------
    StoreError
        If an event is outside of them.
    """
    least, most = stated
    is_inside = Block(begin=least).holds(obs_id, event_id)
    is_inside &= Block(end=(most[0], most[1] + 1)).holds(obs_id, event_id)
    if not is_inside.all():
        raise StoreError(
            f"{path} is damaged: row group {number} has other events than its footer "
            "says. Copy it once more, or make it again"
        )
