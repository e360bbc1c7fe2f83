"""ADC sums (2012) and samples (2013) of a telescope."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.simtel.framing import Part
from cta_columnar.simulation.simtel.packing import (
    differences,
    octets,
    pack,
    signed,
    unsigned,
    unsigned_shorts,
)

# Modes of zero suppression in sums.
ALL, BY_BITS, BY_LIST = 0, 1, 2
_GROUP = 16
_NO_LOW_GAIN, _ONE_BYTE = 0x2000, 0x4000

Sums = NDArray[np.uint32]
Mask = NDArray[np.bool_]


def adc_id(tel_id: int, zero_suppression: int = ALL, data_reduction: int = 0) -> int:
    """Id of a block 2012 or 2013.

    Readers take samples that were suppressed for zeros, so the mode should stay `ALL`.
    """
    return (tel_id & 0xFFFF) << 12 | data_reduction << 5 | zero_suppression


def adc_samples(
    samples: NDArray[np.uint16], ranges: Sequence[tuple[int, int]] | None = None
) -> tuple[Part, ...]:
    """Payload of a block 2013, in pieces.

    Parameters
    ----------
    samples : uint16[c, p, s]
        Samples; channel 0 is the high gain.
    ranges : sequence of pair of int, optional
        First and last + 1 of the pixels that are kept, ascending; the id must say so.
    """
    n_gains, n_pixels, n_samples = samples.shape
    head = pack("i2h", n_pixels, n_gains, n_samples)
    if ranges is None:
        return head, differences(samples)
    head += signed(len(ranges))
    for first, stop in ranges:
        # A single pixel is a negative number.
        head += signed(-first - 1) if stop == first + 1 else signed(first, stop - 1)
    kept = np.zeros(n_pixels, np.bool_)
    for first, stop in ranges:
        kept[first:stop] = True
    return head, differences(samples[:, kept])


def adc_sums(sums: Sums) -> tuple[Part, ...]:
    """Payload of a block 2012, in pieces.

    Parameters
    ----------
    sums : uint32[c, p]
        Sums; channel 0 is the high gain.
    """
    n_gains, n_pixels = sums.shape
    return pack("ih", n_pixels, n_gains), differences(sums)


def adc_sums_by_bits(sums: Sums, is_kept: Mask) -> tuple[Part, ...]:
    """Payload of a block 2012 in mode `BY_BITS`: which of 16 pixels, then their sums.

    Parameters
    ----------
    sums : uint32[c, p]
        Sums.
    is_kept : bool[p]
        Pixels to keep.
    """
    n_gains, n_pixels = sums.shape
    pieces: list[Part] = [pack("ih", n_pixels, n_gains)]
    for first in range(0, n_pixels, _GROUP):
        kept = first + np.flatnonzero(is_kept[first : first + _GROUP])
        pieces.append(pack("H", int((1 << (kept - first)).sum())))
        # The low gain comes first.
        pieces += [differences(sums[c][kept]) for c in reversed(range(n_gains))]
    return tuple(pieces)


def adc_sums_by_list(
    sums: Sums, is_kept: Mask, has_low: Mask, is_byte: Mask
) -> tuple[Part, ...]:
    """Payload of a block 2012 in mode `BY_LIST`: pixels with marks, then their sums.

    Parameters
    ----------
    sums : uint32[c, p]
        Sums; pixels are below 8192.
    is_kept : bool[p]
        Pixels to keep.
    has_low : bool[p]
        Of these, those whose low gain is kept as well.
    is_byte : bool[p]
        Those of which only the high gain is kept, in one byte.
    """
    n_gains, n_pixels = sums.shape
    pixels = np.flatnonzero(is_kept)
    in_byte = is_byte[pixels]
    marks = _ONE_BYTE * in_byte | _NO_LOW_GAIN * ~(has_low[pixels] & ~in_byte)
    wide = pixels[~in_byte]
    return (
        pack("ihh", n_pixels, n_gains, pixels.size),
        unsigned_shorts(pixels | marks),
        differences(sums[1][wide[has_low[wide]]]) if n_gains > 1 else b"",
        differences(sums[0][wide]),
        octets(sums[0][pixels[in_byte]]),
    )


def digital_traces(tel_id: int, time_scale: float, traces: NDArray[Any]) -> bytes:
    """Payload of a block 2029: further traces of any meaning, ``uint16[n, s]``."""
    head = pack("if", tel_id, time_scale) + unsigned(*traces.shape)
    return b"".join((head, differences(traces)))


def analog_traces(tel_id: int, time_scale: float, traces: NDArray[Any]) -> bytes:
    """Payload of a block 2030: the same, ``float32[n, s]``."""
    head = pack("if", tel_id, time_scale) + unsigned(*traces.shape)
    return head + traces.astype("<f4").tobytes()
