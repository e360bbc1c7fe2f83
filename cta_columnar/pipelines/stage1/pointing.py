"""Where telescopes point: the rows of the table ``pointing``."""

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I2, I8, AnyArray, Mask
from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.schemas import dl1
from cta_columnar.schemas.keys import TEL_EVENT_NAMES
from cta_columnar.sources.base import EventBatch

_ANGLES = ("pointing_alt", "pointing_az")


class PointingChanges:
    """Finds where a telescope turns up first in a run, or has moved."""

    def __init__(self) -> None:
        self._last: dict[tuple[int, int], F8] = {}

    def of(self, batch: EventBatch) -> pa.RecordBatch | None:
        """Return new rows, None if there are none.

        They are in order of array event and telescope: type by type, the order would
        depend on where batches close.
        """
        names = list(dict.fromkeys([*dl1.POINTING.names, *TEL_EVENT_NAMES]))
        types = [rows.select(names) for rows in batch.telescopes.values()]
        if not types:
            return None
        table = pa.Table.from_batches(types)
        keys = {name: _values(table, name) for name in TEL_EVENT_NAMES}
        angles = np.stack([_values(table, name) for name in _ANGLES], axis=1)
        order = np.lexsort([keys["tel_id"], event_positions(batch, keys["event_id"])])
        moved = self._moved(keys["obs_id"][order], keys["tel_id"][order], angles[order])
        if not moved.any():
            return None
        rows = table.take(pa.array(order[moved]))
        columns = {name: _values(rows, name) for name in dl1.POINTING.names}
        return to_batch(columns, dl1.POINTING)

    def _moved(
        self,
        obs_id: I8,
        tel_id: I2,
        angles: F8,
    ) -> Mask:
        """bool[r]: whether a row is the first of its telescope, or differs from it."""
        moved = np.zeros(len(tel_id), np.bool_)
        for key in sorted(set(zip(obs_id.tolist(), tel_id.tolist(), strict=True))):
            rows = np.flatnonzero((obs_id == key[0]) & (tel_id == key[1]))
            before = self._last.get(key, np.full(2, np.nan))
            change = np.diff(angles[rows], axis=0, prepend=before[np.newaxis])
            moved[rows] = (change != 0).any(axis=1)
            self._last[key] = angles[rows[-1]]
        return moved


def event_positions(batch: EventBatch, event_id: I8) -> I8:
    """int64[r]: which array event of the batch each telescope event belongs to.

    Parameters
    ----------
    batch : EventBatch
        Array events.
    event_id : int64[r]
        Ids of telescope events; all of them in the batch.
    """
    events = to_numpy(batch.trigger["event_id"])
    order = np.argsort(events, kind="stable")
    position: I8 = order[np.searchsorted(events, event_id, sorter=order)]
    return position


def _values(table: pa.Table, name: str) -> AnyArray:
    return to_numpy(table[name].combine_chunks())
