"""ADC samples (block 2013) of many telescope events.

Shapes: ``e`` telescope events, ``c`` channels (0 high, 1 low gain), ``p`` pixels,
``s`` samples. Kernels stop at the first bad block.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I1, I8, U1, U2
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import i2, i4
from cta_columnar.kernels.simtel.adc_flags import (
    ADC_VERSION,
    data_reduction,
    is_list_known,
    zero_suppression,
)
from cta_columnar.kernels.simtel.block_table import END, ID, START, VERSION
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import signed, traces

# Samples are 16-bit numbers.
_LIMIT = 1 << 16


@njit
def _pixel_ranges(
    data: U1, pos: int, end: int, n_pixels: int, out: I8
) -> tuple[int, int]:
    """Ranges of pixels that have samples: ``out[k] = first, last + 1``, ascending.

    Returns their number, or minus a code, and the position behind.
    """
    count, pos = signed(data, pos, end)
    if pos < 0:
        return -codes.BAD_VARINT, pos
    if not 0 <= count <= out.shape[0]:
        return -codes.BAD_COUNT, pos
    last = 0
    for k in range(count):
        first, pos = signed(data, pos, end)
        if pos < 0:
            return -codes.BAD_VARINT, pos
        stop = -first
        if first < 0:
            # A single pixel.
            first = stop - 1
        else:
            stop, pos = signed(data, pos, end)
            if pos < 0:
                return -codes.BAD_VARINT, pos
            stop += 1
        if first < last or stop <= first or stop > n_pixels:
            return -codes.BAD_PIXEL, pos
        out[k, 0] = first
        out[k, 1] = stop
        last = stop
    return count, pos


@njit
def _exceeds(image: U2, threshold: int) -> bool:
    """Tell whether any sample is above the threshold."""
    for p in range(image.shape[0]):
        highest = np.uint16(0)
        for s in range(image.shape[1]):
            highest = max(highest, image[p, s])
        if highest > threshold:
            return True
    return False


@njit
def _check(data: U1, block: I8, shape: tuple[int, int, int]) -> int:
    """Code for the header and the first words of a block."""
    pos, flags = block[START], block[ID]
    n_channels, n_pixels, n_samples = shape
    if block[VERSION] != ADC_VERSION:
        return codes.BAD_VERSION
    if data_reduction(flags) != 0 or is_list_known(flags):
        return codes.UNSUPPORTED_MODE
    if block[END] - pos < 8:
        return codes.TOO_SHORT
    is_same = (
        i4(data, pos) == n_pixels
        and i2(data, pos + 4) == n_channels
        and i2(data, pos + 6) == n_samples
    )
    return codes.OK if is_same else codes.WRONG_SHAPE


@njit
def _samples_one(
    data: U1,
    block: I8,
    out: U2,
    low_gain_above: int,
    ranges: I8,
) -> tuple[int, int]:
    """Decode one block into ``out[c, p, s]``; returns a code and channels decoded."""
    n_channels, n_pixels, _ = out.shape
    pos, end = block[START], block[END]
    code = _check(data, block, out.shape)
    if code != codes.OK:
        return code, 0
    pos += 8
    n_ranges = 1
    ranges[0, 0] = 0
    ranges[0, 1] = n_pixels
    is_suppressed = zero_suppression(block[ID]) != 0
    if is_suppressed:
        n_ranges, pos = _pixel_ranges(data, pos, end, n_pixels, ranges)
        if n_ranges < 0:
            return -n_ranges, 0
    for c in range(n_channels):
        image = out[c]
        if is_suppressed:
            image[:] = 0
        for k in range(n_ranges):
            pos = traces(data, pos, end, image, ranges[k, 0], ranges[k, 1], _LIMIT)
            if pos < 0:
                return codes.BAD_VARINT, 0
        is_last = c + 1 == n_channels
        if low_gain_above >= 0 and not is_last and not _exceeds(image, low_gain_above):
            return codes.OK, c + 1
    return ending(pos, end), n_channels


@njit
def adc_samples(
    data: U1,
    blocks: I8,
    rows: I8,
    out: U2,
    n_decoded: I1,
    low_gain_above: int,
) -> tuple[int, int]:
    """Decode the samples of telescope events of one camera.

    Parameters
    ----------
    data : uint8[:]
        Buffer.
    blocks : int64[n, 7]
        Its blocks, see `framing.walk`.
    rows : int64[e]
        Rows of the ADC sample blocks.
    out : uint16[e, c, p, s]
        The samples; 0 in pixels that were suppressed.
    n_decoded : int8[e]
        On return, channels that were decoded; the others are left alone.
    low_gain_above : int
        Decode the second channel only if any sample of the first one is above this;
        negative: always.

    Returns
    -------
    done, code : int
        Events decoded, and what is wrong with the next one.
    """
    ranges = np.empty((out.shape[2] + 1, 2), np.int64)
    for e in range(rows.size):
        code, n = _samples_one(data, blocks[rows[e]], out[e], low_gain_above, ranges)
        if code != codes.OK:
            return e, code
        n_decoded[e] = n
    return rows.size, codes.OK
