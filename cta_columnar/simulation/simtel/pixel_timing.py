"""Times and sums of pulses that a readout finds (2016)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel.block_types import PIXEL_TIMING
from cta_columnar.simulation.simtel.packing import (
    floats,
    pack,
    shorts,
    signed_varints,
)
from cta_columnar.simulation.simtel.versions import check_version

_SINGLE, _RANGES = 1, 2


@dataclass(frozen=True, eq=False, kw_only=True)
class PixelTiming:
    """Content of block 2016; names as in eventio.

    Attributes
    ----------
    pixel_list : int[n] or int[n, 2]
        Pixels with pulses, ascending; or first and last one of ranges.
    time : float[p, t]
        Times of each kind, samples; those of pixels in the list are stored, in steps
        of ``granularity``.
    time_type, time_level : int[t], float[t]
        Kinds of times, and fractions of the pulse.
    pulse_sum_loc, pulse_sum_glob : int[c, p]
        Sums about the pulse of the pixel, and about that of the camera.
    before_peak, after_peak : int
        Samples in them; there are none if one of these is negative.
    threshold : int
        Negative: sums about the global peak only for listed pixels.
    peak_global : float
        Sample of the pulse of the camera.
    """

    pixel_list: NDArray[np.int32] | NDArray[np.int64]
    time: NDArray[np.float32] | NDArray[np.float64]
    pulse_sum_loc: NDArray[np.int64] | NDArray[np.int32]
    pulse_sum_glob: NDArray[np.int64] | NDArray[np.int32]
    time_type: ArrayLike
    time_level: ArrayLike
    granularity: float
    threshold: int = 0
    peak_global: float = 0.0
    before_peak: int = 3
    after_peak: int = 3


def pixel_timing(content: PixelTiming, version: int = 1) -> bytes:
    """Payload of a block 2016; its id is the telescope.

    Version 2 has room for more than 32767 pixels.
    """
    check_version(PIXEL_TIMING, version)
    c = content
    numbers = shorts if version == 1 else signed_varints
    n_gains, n_pixels = np.shape(c.pulse_sum_loc)
    listed = np.asarray(c.pixel_list)
    kind = _SINGLE if listed.ndim == 1 else _RANGES
    return b"".join(
        (
            numbers([n_pixels]),
            pack("4h", n_gains, c.before_peak, c.after_peak, kind),
            numbers([len(listed)]),
            numbers(listed),
            pack("2h", c.threshold, np.size(c.time_type)),
            shorts(c.time_type),
            floats(c.time_level),
            pack("2f", c.granularity, c.peak_global),
            _pulses(c),
        )
    )


def _pulses(c: PixelTiming) -> bytes:
    """Write times of listed pixels, each with its sums, then the sums of all."""
    pixels = np.asarray(c.pixel_list)
    if pixels.ndim > 1:
        spans = [np.arange(first, last + 1) for first, last in pixels]
        pixels = np.concatenate(spans) if spans else np.empty(0, np.int64)
    steps = np.rint(np.asarray(c.time)[pixels] / c.granularity)
    has_sums = c.before_peak >= 0 and c.after_peak >= 0
    is_split = c.threshold < 0
    sums = [c.pulse_sum_loc] * has_sums + [c.pulse_sum_glob] * (has_sums and is_split)
    pieces = []
    for k, pixel in enumerate(pixels.tolist()):
        pieces.append(shorts(steps[k]))
        pieces += [signed_varints(each[:, pixel]) for each in sums]
    if has_sums and pixels.size and not is_split:
        pieces.append(signed_varints(c.pulse_sum_glob))
    return b"".join(pieces)
