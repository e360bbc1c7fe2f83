"""The telescope events of one type in a shard of DL0, unpacked as they are needed."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import U1, AnyArray, Mask
from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.stored_pixels import HIGH_GAIN, LOW_GAIN
from cta_columnar.schemas import dl0, r0
from cta_columnar.schemas.columns import bind, merge
from cta_columnar.sources.simtel.memory import Pool
from cta_columnar.stages.stored_waveforms import WaveformUnpacker, has_both_channels
from cta_columnar.store import Store, StoreError
from cta_columnar.waveform_packing import PackingError

_SCHEMA = merge(r0.TELESCOPE_EVENTS, r0.STORED_PIXELS)
_PLAIN = tuple(
    name for name in dl0.WAVEFORMS.names if name in r0.TELESCOPE_EVENTS.names
)
_BATCH_BYTES = 16 << 20
_ROWS_READ = 64


class Dl0Rows:
    """Reads rows in their order.

    Parameters
    ----------
    store : Store
        One shard of a DL0 dataset.
    camera : TelescopeType
        The type of telescope.
    n_telescopes : int
        How many of it there are: an array event may have that many rows.
    pool : Pool
        Where to take memory from.

    Raises
    ------
    StoreError
        If the table does not say how it is packed, or not what the camera can be.
    """

    def __init__(
        self, store: Store, camera: TelescopeType, n_telescopes: int, pool: Pool
    ) -> None:
        self._where = f"{store.root}: waveforms of {camera.name}"
        self._readout = camera.readout
        self._pool = pool
        self._unpacker = WaveformUnpacker()
        field = store.schema("waveforms", camera.name).field("packed_waveform")
        self._dtype, self._n_samples = self._packed_as(field.metadata)
        row_bytes = self._n_samples * self._readout.n_pixels * self._dtype.itemsize
        self.n_max = max(1, _BATCH_BYTES // row_bytes)
        self._capacity = self.n_max + n_telescopes
        self._n_coefficients = 0
        self._schemas: dict[int, pa.Schema] = {}
        names = dl0.WAVEFORMS.names
        self._slices = store.slices("waveforms", names, camera.name, _ROWS_READ)
        self._left = pa.RecordBatch.from_pylist([], dl0.WAVEFORMS)

    def _packed_as(self, metadata: dict[bytes, bytes]) -> tuple[np.dtype[Any], int]:
        dtype = metadata.get(dl0.DTYPE, b"").decode()
        samples = metadata.get(dl0.SAMPLES, b"").decode()
        known = {"uint16", "uint32"}, {"1", str(self._readout.n_samples)}
        if dtype not in known[0] or samples not in known[1]:
            raise StoreError(f"{self._where}: {samples!r} samples of {dtype!r}")
        return np.dtype(dtype), int(samples)

    def coefficients(self, store: Store, tel_type: str) -> Coefficients:
        """Return what ``calibration_index`` points into.

        Raises
        ------
        StoreError
            If the table is not numbered from 0.
        """
        table = store.read("coefficients", tel_type=tel_type, verify=True)
        columns = {
            name: to_numpy(table[name].combine_chunks()) for name in table.column_names
        }
        self._n_coefficients = table.num_rows
        index = columns["calibration_index"]
        if not np.array_equal(index, np.arange(table.num_rows)):
            raise StoreError(
                f"{store.root}: coefficients of {tel_type} are out of order"
            )
        names = ("pedestal", "dc_to_pe", "time_shift", "outlier_mask")
        return Coefficients(**{name: columns[name] for name in names})

    def skip(self, n_rows: int) -> None:
        """Leave out the next rows."""
        for _ in self._pieces(n_rows, np.zeros(n_rows, np.bool_)):
            pass

    def take(self, n_rows: int, wanted: Mask, tel_index: AnyArray) -> pa.RecordBatch:
        """Read the next rows; return those that are wanted, with their waveforms.

        Parameters
        ----------
        n_rows : int
            How many to read; an error if there are not so many.
        wanted : bool[n_rows]
            Those to return; at least one.
        tel_index : int32[r]
            Row of the telescope in the array, of the wanted ones.
        """
        pieces = [
            piece if of_piece.all() else piece.filter(pa.array(of_piece))
            for piece, of_piece in self._pieces(n_rows, wanted)
        ]
        plain = pa.Table.from_batches([piece.select(_PLAIN) for piece in pieces])
        columns: dict[str, Any] = {
            name: plain[name].combine_chunks() for name in plain.column_names
        }
        status = self._status(pieces)
        self._check(columns, status)
        packed = [each for piece in pieces for each in _views(piece["packed_waveform"])]
        images = [
            each for piece in pieces for each in _views(piece["packed_true_image"])
        ]
        n_channels = 2 if has_both_channels(status) else 1
        shape = n_channels, self._readout.n_pixels, self._n_samples
        memory = self._pool.take((self._capacity, *shape), self._dtype.type)
        waveform = memory.rows(len(status))
        truth = np.empty(status.shape, np.int32)
        try:
            self._unpacker.unpack(packed, status, waveform)
            self._unpacker.unpack_images(images, truth)
        except PackingError as error:
            raise StoreError(f"{self._where}: damaged: {error}") from error
        columns |= {
            "tel_index": tel_index,
            "true_image": truth,
            "r0_waveform": waveform,
            "stored_pixels": status,
        }
        return to_batch(columns, self._schema(shape))

    def _pieces(
        self, n_rows: int, wanted: Mask
    ) -> Iterator[tuple[pa.RecordBatch, Mask]]:
        done = 0
        while done < n_rows:
            if not self._left.num_rows:
                piece = next(self._slices, None)
                if piece is None:
                    raise StoreError(f"{self._where}: {n_rows - done} rows are missing")
                self._left = piece
            piece = self._left.slice(0, n_rows - done)
            self._left = self._left.slice(piece.num_rows)
            yield piece, wanted[done : done + piece.num_rows]
            done += piece.num_rows

    def _status(self, pieces: list[pa.RecordBatch]) -> U1:
        n_pixels = self._readout.n_pixels
        parts = []
        for piece in pieces:
            column = piece["pixel_status"]
            views = _views(column)
            if any(len(each) != n_pixels for each in views):
                raise StoreError(f"{self._where}: the camera has {n_pixels} pixels")
            parts.append(np.frombuffer(b"".join(views), np.uint8))
        return np.concatenate(parts).reshape(-1, n_pixels)

    def _check(self, columns: dict[str, Any], status: U1) -> None:
        """Refuse what kernels would take for places in their arrays."""
        index = to_numpy(columns["calibration_index"])
        if index.size and not 0 <= index.min() <= index.max() < self._n_coefficients:
            raise StoreError(f"{self._where}: calibration_index beyond coefficients")
        has_high, has_low = status & HIGH_GAIN != 0, status & LOW_GAIN != 0
        one_each, both = (has_high ^ has_low).all(), (has_high & has_low).all()
        if not (one_each or both) or (self._readout.n_channels == 1 and has_low.any()):
            raise StoreError(f"{self._where}: gain channels that cannot be")

    def _schema(self, shape: tuple[int, int, int]) -> pa.Schema:
        """Columns with their sizes, of which only the number of channels changes."""
        if shape[0] not in self._schemas:
            position = _SCHEMA.get_field_index("r0_waveform")
            field = _SCHEMA.field(position).with_type(pa.from_numpy_dtype(self._dtype))
            sizes = dict(zip(("channel", "pixel", "sample"), shape, strict=True))
            self._schemas[shape[0]] = bind(_SCHEMA.set(position, field), sizes)
        return self._schemas[shape[0]]


def _views(column: pa.BinaryArray) -> list[memoryview]:
    """Bytes of each value, without a copy."""
    if not len(column):
        return []
    _, offsets, data = column.buffers()
    first, last = column.offset, column.offset + len(column) + 1
    bounds = np.frombuffer(offsets, np.int32)[first:last].tolist()
    view = memoryview(data) if data is not None else memoryview(b"")
    return [view[a:b] for a, b in pairwise(bounds)]
