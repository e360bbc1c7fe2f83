"""Where the array events of a shard of DL0 have their rows, and which are wanted."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I2, I8, AnyArray, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.event_rows import first_rows
from cta_columnar.store import Store, StoreError


class EventIndex:
    """Array events of a shard; n of them, in order.

    Parameters
    ----------
    store : Store
        One shard of a DL0 dataset.

    Attributes
    ----------
    trigger : pyarrow.Table
        A row for each of them.
    starts : dict of str to int64[n + 1]
        Where the rows of each begin among those of a telescope type.
    tel_ids : dict of str to int16[r]
        Telescopes of the rows of a telescope type.

    Raises
    ------
    StoreError
        If the dataset is damaged.
    """

    def __init__(self, store: Store) -> None:
        self._root = store.root
        self.trigger: pa.Table = store.read("trigger", verify=True).combine_chunks()
        self._keys = _arrays(self.trigger, EVENT_NAMES)
        self.starts: dict[str, I8] = {}
        self.tel_ids: dict[str, AnyArray] = {}
        for tel_type in store.tel_types("waveforms"):
            table = store.read(
                "waveforms", TEL_EVENT_NAMES, tel_type=tel_type, verify=True
            )
            rows = _arrays(table, TEL_EVENT_NAMES)
            what = f"telescope event of {tel_type}"
            self.starts[tel_type] = self._first_rows(rows, what)
            self.tel_ids[tel_type] = rows["tel_id"]

    def __len__(self) -> int:
        """Return n."""
        n_events: int = self.trigger.num_rows
        return n_events

    def starts_of_showers(self, showers: pa.Table) -> I8:
        """int64[n + 1]: where the showers of each array event begin."""
        return self._first_rows(_arrays(showers, EVENT_NAMES), "shower")

    def _first_rows(self, rows: dict[str, AnyArray], what: str) -> I8:
        try:
            return first_rows(self._keys, rows, what)
        except ValueError as error:
            raise StoreError(
                f"{self._root}: {error}; the dataset is damaged"
            ) from error

    @property
    def event_type(self) -> AnyArray:
        """Types of the array events, [n]."""
        return to_numpy(column(self.trigger, "event_type"))

    def are_wanted(self, tel_type: str, tel_ids: I2) -> Mask:
        """bool[r]: whether the telescope of a row is one of some."""
        wanted: Mask = np.isin(self.tel_ids[tel_type], tel_ids)
        return wanted

    def n_wanted(self, wanted: Mapping[str, Mask]) -> I8:
        """int64[n]: wanted telescope events of each array event."""
        n_tels = np.zeros(len(self), np.int64)
        for name, of_type in wanted.items():
            before = np.concatenate([[0], np.cumsum(of_type)])
            n_tels += np.diff(before[self.starts[name]])
        return n_tels

    def ranges(
        self, n_events: int, n_max: Mapping[str, int]
    ) -> Iterator[tuple[int, int]]:
        """Yield array events of one type, of which no telescope type has too many.

        Parameters
        ----------
        n_events : int
            How many array events, from the first.
        n_max : mapping of str to int
            Most rows of each telescope type; those of one array event stay together.
        """
        types = self.event_type[:n_events]
        changes = np.flatnonzero(np.diff(types)) + 1
        first = 0
        while first < n_events:
            beyond = changes[changes > first]
            last = int(beyond[0]) if beyond.size else n_events
            for name, most in n_max.items():
                starts = self.starts[name]
                end = np.searchsorted(starts, starts[first] + most, "right")
                last = min(last, int(end) - 1)
            last = max(last, first + 1)
            yield first, last
            first = last


def column(table: pa.Table, name: str) -> pa.Array:
    """Return a column in one piece."""
    return table[name].combine_chunks()


def _arrays(table: pa.Table, names: tuple[str, ...]) -> dict[str, AnyArray]:
    return {name: to_numpy(column(table, name)) for name in names}
