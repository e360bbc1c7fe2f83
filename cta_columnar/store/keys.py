"""Keys of the rows of a shard: the ranges they span, and whether one occurs twice."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I8
from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.tables import TABLES
from cta_columnar.store.layout import Place
from cta_columnar.store.records import IdRange


def key_columns(table: str) -> tuple[str, ...]:
    """Columns that identify a row; empty for a table without a key."""
    known = TABLES.get(table)
    return known.key if known else ()


def first_duplicate(keys: list[I8]) -> int | None:
    """Return the index of a row whose key occurred before; None if all are unique.

    Parameters
    ----------
    keys : list of int64[r]
        One array per key column.
    """
    if not keys or keys[0].size < 2:
        return None
    order = np.lexsort(keys[::-1])
    equal = np.ones(order.size - 1, dtype=bool)
    for key in keys:
        in_order = key[order]
        equal &= in_order[1:] == in_order[:-1]
    return int(order[1:][equal][0]) if equal.any() else None


def describe(columns: Mapping[str, I8], row: int) -> str:
    """Word the key of a row: ``obs_id 1, event_id 7``."""
    return ", ".join(f"{name} {key[row]}" for name, key in columns.items())


class KeyTracker:
    """Keys of all rows of one place, while they are written."""

    def __init__(self, place: Place, schema: pa.Schema) -> None:
        self.place = place
        self.names = tuple(
            name
            for name in key_columns(place.table)
            if name in schema.names and pa.types.is_integer(schema.field(name).type)
        )
        self._batches: list[list[I8]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Remember the keys of a batch."""
        if self.names and batch.num_rows:
            columns = [to_numpy(batch.column(name)) for name in self.names]
            self._batches.append([column.astype(np.int64) for column in columns])

    def columns(self) -> dict[str, I8]:
        """int64[r]: the key columns of all rows so far."""
        if not self._batches:
            return {name: np.zeros(0, np.int64) for name in self.names}
        parts = zip(*self._batches, strict=True)
        return dict(zip(self.names, map(np.concatenate, parts), strict=True))

    def duplicate(self) -> str | None:
        """Describe a key that occurs twice; None if all are unique."""
        columns = self.columns()
        row = first_duplicate(list(columns.values()))
        return None if row is None else describe(columns, row)


def id_ranges(columns: Mapping[str, I8]) -> list[IdRange]:
    """Return the range of events per observation.

    Calibration events, which have negative ids, get ranges of their own, or each file
    would seem to overlap all others of its observation.
    """
    if not {"obs_id", "event_id"} <= columns.keys():
        return []
    ranges = []
    obs_id, event_id = columns["obs_id"], columns["event_id"]
    for obs in np.unique(obs_id).tolist():
        events = event_id[obs_id == obs]
        for group in (events[events < 0], events[events >= 0]):
            if group.size:
                ranges.append(IdRange(obs, int(group.min()), int(group.max())))
    return ranges


def merged(ranges: Iterable[IdRange]) -> tuple[IdRange, ...]:
    """Join the ranges of several tables."""
    bounds: dict[tuple[int, bool], IdRange] = {}
    for each in ranges:
        slot = (each.obs_id, each.first < 0)
        old = bounds.get(slot, each)
        first, last = min(old.first, each.first), max(old.last, each.last)
        bounds[slot] = IdRange(each.obs_id, first, last)
    return tuple(sorted(bounds.values()))


def runs(trackers: Iterable[KeyTracker]) -> tuple[int, ...]:
    """Return the observations that tables with one row per run describe."""
    found: set[int] = set()
    for tracker in trackers:
        if tracker.names == ("obs_id",):
            found.update(tracker.columns()["obs_id"].tolist())
    return tuple(sorted(found))
