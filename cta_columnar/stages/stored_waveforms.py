"""R0 to DL0 and back: which waveforms are kept, packed, one row per telescope event."""

from dataclasses import dataclass, field

import numpy as np

from cta_columnar.array_types import I1, I8, U1, AnyArray, Mask
from cta_columnar.kernels.stored_pixels import (
    HIGH_GAIN,
    LOW_GAIN,
    STORED,
    count_stored,
    gather_stored,
    spread_stored,
)
from cta_columnar.waveform_packing import Packer, Unpacker


def status_of_selected(selected_gain_channel: I1, is_kept: Mask | None) -> U1:
    """Return uint8[e, p]: the status of pixels that are read from one channel each.

    Parameters
    ----------
    selected_gain_channel : int8[e, p]
        Channel of each pixel, also of those that are dropped.
    is_kept : bool[e, p], optional
        Pixels whose waveform is stored; None for all.
    """
    gain = np.left_shift(np.uint8(HIGH_GAIN), selected_gain_channel.view(np.uint8))
    stored = np.uint8(STORED)
    status: U1 = gain | (stored if is_kept is None else is_kept.astype("u1") * stored)
    return status


def status_of_all(n_events: int, n_channels: int, n_pixels: int) -> U1:
    """Return uint8[e, p]: the status of pixels of which all channels are stored."""
    gains = HIGH_GAIN | LOW_GAIN if n_channels > 1 else HIGH_GAIN
    return np.full((n_events, n_pixels), STORED | gains, np.uint8)


def selected_channel(status: U1) -> I1:
    """Return int8[e, p]: the channel each pixel is read from."""
    selected: I1 = (status & HIGH_GAIN == 0).astype(np.int8)
    return selected


def has_both_channels(status: U1) -> bool:
    """Whether any pixel has both channels, so that none is selected."""
    both = HIGH_GAIN | LOW_GAIN
    return bool((status & both == both).any())


@dataclass
class WaveformPacker:
    """Packs the waveforms of telescope events."""

    _packer: Packer = field(default_factory=Packer)

    def pack(self, r0_waveform: AnyArray, status: U1) -> list[bytes]:
        """Pack what ``status`` says is stored.

        Parameters
        ----------
        r0_waveform : uint16[e, c, p, s] or uint32[e, c, p, s]
            Raw counts.
        status : uint8[e, p]
            Which of them to store.
        """
        counts = _counts(status)
        n_samples = r0_waveform.shape[-1]
        shape = int(counts.max(initial=0)), n_samples
        stored = np.empty(shape, r0_waveform.dtype)
        packed = []
        for e, n in enumerate(counts.tolist()):
            gather_stored(r0_waveform[e], status[e], stored[:n])
            packed.append(self._packer.pack(stored[:n]))
        return packed

    def pack_images(self, image: AnyArray) -> list[bytes]:
        """Pack int32[e, p]: a row of pixels takes the place of a row of samples."""
        return [self._packer.pack(row[np.newaxis]) for row in image.view(np.uint32)]


@dataclass
class WaveformUnpacker:
    """Unpacks the waveforms of telescope events."""

    _unpacker: Unpacker = field(default_factory=Unpacker)

    def unpack(self, packed: list[memoryview], status: U1, out: AnyArray) -> None:
        """Unpack; what is not stored is left alone.

        Parameters
        ----------
        packed : list of memoryview
            Bytes of each event.
        status : uint8[e, p]
            What is stored in them.
        out : uint16[e, c, p, s] or uint32[e, c, p, s]
            On return, raw counts; with one channel, the selected one of each pixel.

        Raises
        ------
        PackingError
            If the bytes are not those of so many waveforms.
        """
        n_channels, n_pixels, n_samples = out.shape[1:]
        counts = _counts(status)
        stored = np.empty((int(counts.max(initial=0)), n_samples), out.dtype)
        for e, n in enumerate(counts.tolist()):
            if n_channels == 1 and n == n_pixels:
                # All pixels are there: they lie as they are to lie.
                self._unpacker.unpack(packed[e], out[e, 0])
                continue
            self._unpacker.unpack(packed[e], stored[:n])
            spread_stored(stored[:n], status[e], out[e])

    def unpack_images(self, packed: list[memoryview], out: AnyArray) -> None:
        """Unpack into int32[e, p].

        Raises
        ------
        PackingError
            If the bytes are not those of so many pixels.
        """
        for row, each in zip(out.view(np.uint32), packed, strict=True):
            self._unpacker.unpack(each, row[np.newaxis])


def _counts(status: U1) -> I8:
    counts = np.empty(len(status), np.int64)
    count_stored(status, counts)
    return counts
