"""A shard of a DL0 dataset as a source of events, like a raw file."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I8, Mask
from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.config.source import SourceConfig
from cta_columnar.errors import UserError
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.reduce.event_index import EventIndex, column
from cta_columnar.pipelines.reduce.rows import Dl0Rows
from cta_columnar.schemas import simulation
from cta_columnar.schemas.dl1 import TRIGGER
from cta_columnar.schemas.event_types import CALIBRATION_TYPES, EventType
from cta_columnar.sources.base import Counts, EventBatch
from cta_columnar.sources.simtel.memory import Pool
from cta_columnar.store import Store


class Dl0Source:
    """Events of one shard; see `sources.base.EventSource`.

    Parameters
    ----------
    store : Store
        One shard of a DL0 dataset.
    options : SourceConfig
        What to read of it. The numbers of observations are those of the dataset.

    Raises
    ------
    UserError
        If an option asks for what the dataset does not have.
    StoreError
        If the dataset is damaged.
    """

    def __init__(self, store: Store, options: SourceConfig) -> None:
        if options.obs_id is not None or options.obs_id_offset:
            raise UserError(
                f"{store.root}: obs_id and obs_id_offset are options of the run that "
                "made it from raw files"
            )
        self.path = store.root
        self.counts = Counts()
        self._store = store
        self._options = options
        self._n_done = 0
        self._index = EventIndex(store)

    @cached_property
    def subarray(self) -> SubarrayDescription:
        """The telescopes that are read."""
        whole = self._store.subarray()
        choice = self._options.focal_length_choice
        types = tuple(
            replace(each, focal_length=each.optics.focal_length(choice))
            for each in whole.types
        )
        chosen = replace(whole, types=types)
        allowed = self._options.allowed_tels
        if allowed is None:
            return chosen
        try:
            return chosen.select(set(allowed))
        except KeyError as error:
            raise UserError(f"{self.path}: {error.args[0]}") from error

    @property
    def runs(self) -> pa.Table:
        """``schemas.simulation.RUNS``."""
        return self._store.read("simulation/runs", verify=True)

    @property
    def thrown(self) -> pa.Table:
        """``schemas.simulation.THROWN``."""
        return self._store.read("simulation/thrown", verify=True)

    @property
    def atmosphere(self) -> pa.Table:
        """``schemas.simulation.ATMOSPHERE``."""
        return self._store.read("simulation/atmosphere", verify=True)

    @property
    def warnings(self) -> list[str]:
        """None: what there was to be said, the run that made it has said."""
        return []

    @property
    def size(self) -> int:
        """Bytes of the shard."""
        return self._store.size

    @property
    def bytes_read(self) -> int:
        """Bytes of the shard so far: there is nothing else to be decompressed."""
        return self.position

    @property
    def position(self) -> int:
        """Bytes of the shard so far, by array events."""
        return self.size * self._n_done // max(len(self._index), 1)

    def batches(self) -> Iterator[EventBatch]:
        """Read the shard.

        Raises
        ------
        StoreError
            Where it is damaged.
        """
        pool = Pool()
        readers = {}
        coefficients = {}
        for camera in self.subarray.types:
            if camera.name in self._index.tel_ids:
                n_telescopes = self.subarray.tel_ids_of(camera.name).size
                rows = Dl0Rows(self._store, camera, n_telescopes, pool)
                coefficients[camera.name] = rows.coefficients(self._store, camera.name)
                readers[camera.name] = rows
        tel_ids = self.subarray.tel_ids
        wanted = {name: self._index.are_wanted(name, tel_ids) for name in readers}
        n_tels = self._index.n_wanted(wanted)
        is_kept = self._is_kept(n_tels)
        showers = self._store.read("showers", verify=True).combine_chunks()
        of_showers = self._index.starts_of_showers(showers)
        # No further than somebody wants.
        n_events = int(np.flatnonzero(is_kept)[-1]) + 1 if is_kept.any() else 0
        n_max = {name: rows.n_max for name, rows in readers.items()}
        for first, last in self._index.ranges(n_events, n_max):
            self._n_done = last
            kept = is_kept[first:last]
            telescopes = self._telescopes(readers, wanted, is_kept, first, last)
            if not kept.any():
                continue
            yield self._batch(
                self._triggers(first, last, kept, n_tels),
                _kept(showers, of_showers, first, last, kept),
                telescopes,
                coefficients,
            )

    def _is_kept(self, n_tels: I8) -> Mask:
        """bool[n]: which array events are handed out."""
        options, counts = self._options, self.counts
        is_kept: Mask = n_tels > 0
        counts.array_events_read = len(is_kept)
        counts.drop("array event without wanted telescopes", int((~is_kept).sum()))
        if options.skip_calibration_events:
            is_calibration = np.isin(self._index.event_type, list(CALIBRATION_TYPES))
            counts.drop("calibration event", int((is_calibration & is_kept).sum()))
            is_kept &= ~is_calibration
        if options.max_events is not None:
            is_kept &= np.cumsum(is_kept) <= options.max_events
        return is_kept

    def _telescopes(
        self,
        readers: dict[str, Dl0Rows],
        wanted: dict[str, Mask],
        is_kept: Mask,
        first: int,
        last: int,
    ) -> dict[str, pa.RecordBatch]:
        """Read the rows of some array events, by telescope type."""
        found = {}
        for name, rows in readers.items():
            starts, tel_ids = self._index.starts[name], self._index.tel_ids[name]
            here = slice(int(starts[first]), int(starts[last]))
            n_per_event = np.diff(starts[first : last + 1])
            chosen = wanted[name][here] & np.repeat(is_kept[first:last], n_per_event)
            n_rows = here.stop - here.start
            if not chosen.any():
                rows.skip(n_rows)
                continue
            index = self.subarray.indices_of(tel_ids[here][chosen])
            found[name] = rows.take(n_rows, chosen, index)
        return found

    def _triggers(
        self, first: int, last: int, kept: Mask, n_tels: I8
    ) -> pa.RecordBatch:
        rows = self._index.trigger.slice(first, last - first).filter(pa.array(kept))
        columns = {name: column(rows, name) for name in TRIGGER.names}
        columns["n_tels_with_data"] = n_tels[first:last][kept].astype(np.int32)
        if self._options.allowed_tels is not None:
            field = TRIGGER.field("tels_with_trigger")
            columns[field.name] = _only(columns[field.name], self.subarray, field.type)
        return to_batch(columns, TRIGGER)

    def _batch(
        self,
        trigger: pa.RecordBatch,
        showers: pa.RecordBatch,
        telescopes: dict[str, pa.RecordBatch],
        coefficients: dict[str, Coefficients],
    ) -> EventBatch:
        self.counts.array_events += trigger.num_rows
        self.counts.telescope_events += sum(t.num_rows for t in telescopes.values())
        return EventBatch(
            event_type=EventType(int(to_numpy(trigger["event_type"])[0])),
            trigger=trigger,
            showers=showers,
            telescopes=telescopes,
            coefficients={name: coefficients[name] for name in telescopes},
        )

    def close(self) -> None:
        """Nothing stays open."""


def _only(
    triggered: pa.ListArray, subarray: SubarrayDescription, dtype: pa.DataType
) -> pa.ListArray:
    """Leave telescopes out of lists of them that are not in the array."""
    is_there = np.isin(to_numpy(triggered.flatten()), subarray.tel_ids)
    ends = np.cumsum(to_numpy(triggered.value_lengths()))
    before = np.concatenate([[0], np.cumsum(is_there)])
    offsets = before[np.concatenate([[0], ends])].astype(np.int32)
    values = triggered.flatten().filter(pa.array(is_there))
    return pa.ListArray.from_arrays(offsets, values, type=dtype)


def _kept(
    showers: pa.Table, starts: I8, first: int, last: int, kept: Mask
) -> pa.RecordBatch:
    """Showers of the array events that are kept."""
    n_per_event = np.diff(starts[first : last + 1])
    rows = showers.slice(int(starts[first]), int(n_per_event.sum()))
    chosen = rows.filter(pa.array(np.repeat(kept, n_per_event)))
    table = chosen.cast(simulation.SHOWERS).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], simulation.SHOWERS)
