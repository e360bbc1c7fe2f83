"""The telescope events of one type that go into a batch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I4, I8, U1, AnyArray
from cta_columnar.arrays import to_batch
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.adc_samples import adc_samples
from cta_columnar.kernels.simtel.adc_sums import adc_sums
from cta_columnar.kernels.simtel.photo_electrons import true_images
from cta_columnar.schemas.columns import bind
from cta_columnar.schemas.r0 import TELESCOPE_EVENTS
from cta_columnar.sources.simtel.event_table import TelEvents
from cta_columnar.sources.simtel.memory import Image, Pool

IMAGES = ("true_image", "r0_waveform")


@dataclass(frozen=True)
class Limits:
    """When a batch is full.

    Attributes
    ----------
    n_bytes, n_rows : int
        Raw images and rows of one telescope type.
    low_gain_above : int
        See `adc_samples`.
    """

    n_bytes: int
    n_rows: int
    low_gain_above: int


class Group:
    """Images of telescopes that are read out alike.

    Parameters
    ----------
    tel_type : TelescopeType
        Their type.
    n_telescopes : int
        How many there are: a batch may hold that many rows more than its limit.
    limits : Limits
        When the batch is full.
    pool : Pool
        Where to take memory from.
    """

    def __init__(
        self, tel_type: TelescopeType, n_telescopes: int, limits: Limits, pool: Pool
    ) -> None:
        self._type = tel_type
        self._n_telescopes = n_telescopes
        self._limits = limits
        self._pool = pool
        # Cameras without samples give one sum per pixel; the first image tells.
        self._has_sums: bool | None = None
        self._image: Image | None = None
        self._true: I4 | None = None
        self._columns: list[dict[str, AnyArray]] = []
        self.n = 0

    def _shape(self) -> tuple[int, int, int]:
        readout = self._type.readout
        n_samples = 1 if self._has_sums else readout.n_samples
        return readout.n_channels, readout.n_pixels, n_samples

    def _see(self, rows: TelEvents) -> None:
        """Learn from the first rows of all whether there are samples."""
        if self._has_sums is None and rows.event.size:
            self._has_sums = bool(rows.samples[0] < 0)

    @property
    def _n_max(self) -> int:
        """Rows at which a batch is full."""
        itemsize = 4 if self._has_sums else 2
        n_bytes = itemsize * int(np.prod(self._shape()))
        return max(1, min(self._limits.n_rows, -(-self._limits.n_bytes // n_bytes)))

    @property
    def is_full(self) -> bool:
        """Whether the batch should be closed."""
        return self.n >= self._n_max

    def room(self, rows: TelEvents) -> int:
        """How many of these rows fit until the batch is full."""
        self._see(rows)
        return self._n_max - self.n

    def _memory(self) -> tuple[Image, I4]:
        if self._image is None or self._true is None:
            capacity = self._n_max + self._n_telescopes
            dtype = np.uint32 if self._has_sums else np.uint16
            self._image = self._pool.take((capacity, *self._shape()), dtype)
            self._true = np.empty((capacity, self._type.readout.n_pixels), np.int32)
        return self._image, self._true

    def decode(self, data: U1, blocks: I8, rows: TelEvents) -> tuple[int, int, int]:
        """Decode images behind those that are there.

        Returns
        -------
        done, code, block : int
            Images decoded, the code for the next one, and its row in the block table.
        """
        if not rows.event.size:
            return 0, codes.OK, -1
        self._see(rows)
        image, true = self._memory()
        place = slice(self.n, self.n + rows.event.size)
        wanted = rows.sums if self._has_sums else rows.samples
        is_other = wanted < 0
        n_usable = int(is_other.argmax()) if is_other.any() else wanted.size
        done, code = self._decode_adc(data, blocks, wanted[:n_usable], image, place)
        if code == codes.OK and n_usable < wanted.size:
            other = rows.samples if self._has_sums else rows.sums
            code, wanted = codes.WRONG_SHAPE, other
        n_true, code_true = true_images(data, blocks, rows.true_image, true[place])
        if n_true < done or (code == codes.OK and code_true != codes.OK):
            return n_true, code_true, int(rows.true_image[n_true])
        return done, code, int(wanted[done]) if code != codes.OK else -1

    def _decode_adc(
        self,
        data: U1,
        blocks: I8,
        wanted: I8,
        image: Image,
        place: slice,
    ) -> tuple[int, int]:
        out = image.waveform[place]
        if self._has_sums:
            return adc_sums(data, blocks, wanted, out.reshape(out.shape[:3]))
        n_decoded = np.zeros(wanted.size, np.int8)
        above = self._limits.low_gain_above
        done, code = adc_samples(data, blocks, wanted, out, n_decoded, above)
        image.clear_low_gain(self.n, n_decoded[:done])
        image.is_dirty[place][done:] = True
        return done, code

    def append(self, columns: dict[str, AnyArray]) -> None:
        """Take over the first of the decoded images, with their other columns."""
        n = columns["tel_id"].size
        if n:
            self._columns.append(columns)
            self.n += n

    def close(self) -> pa.RecordBatch:
        """Return all rows; the group is empty again."""
        image, true = self._memory()
        columns: dict[str, Any] = {
            field.name: np.concatenate([part[field.name] for part in self._columns])
            for field in TELESCOPE_EVENTS
            if field.name not in IMAGES
        }
        columns["true_image"] = true[: self.n]
        columns["r0_waveform"] = image.rows(self.n)
        self._image, self._true, self._columns, self.n = None, None, [], 0
        return to_batch(columns, self._schema)

    @cached_property
    def _schema(self) -> pa.Schema:
        """Columns with the sizes of the camera; asked for once there are rows."""
        n_channels, n_pixels, n_samples = self._shape()
        return bind(
            _SUMS if self._has_sums else TELESCOPE_EVENTS,
            {"channel": n_channels, "pixel": n_pixels, "sample": n_samples},
        )


_WAVEFORM = TELESCOPE_EVENTS.get_field_index("r0_waveform")
# Sums of many samples do not fit 16 bits.
_SUMS = TELESCOPE_EVENTS.set(
    _WAVEFORM, TELESCOPE_EVENTS.field(_WAVEFORM).with_type(pa.uint32())
)
