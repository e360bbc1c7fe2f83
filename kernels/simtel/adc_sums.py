"""ADC sums (block 2012) of many telescope events.

Shapes: ``e`` telescope events, ``c`` channels (0 high, 1 low gain), ``p`` pixels.
Kernels stop at the first bad block.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I8, U1, U4
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import i2, i4, u1, u2
from cta_columnar.kernels.simtel.adc_flags import (
    ADC_VERSION,
    data_reduction,
    zero_suppression,
)
from cta_columnar.kernels.simtel.block_table import END, ID, START, VERSION
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import traces

# Sums are 32-bit numbers.
_LIMIT = 1 << 32


@njit
def _sums_by_bits(data: U1, pos: int, end: int, out: U4) -> int:
    """Decode zero suppression mode 1: bits tell which of 16 pixels have values.

    Returns a code.
    """
    n_channels, n_pixels = out.shape
    values = np.empty((1, 16), np.uint32)
    for first in range(0, n_pixels, 16):
        if pos + 2 > end:
            return codes.TOO_SHORT
        bits = u2(data, pos)
        pos += 2
        if bits >> min(16, n_pixels - first):
            return codes.BAD_PIXEL
        count = 0
        for j in range(16):
            count += bits >> j & 1
        # The low gain comes first.
        for c in range(n_channels - 1, -1, -1):
            pos = traces(data, pos, end, values[:, :count], 0, 1, _LIMIT)
            if pos < 0:
                return codes.BAD_VARINT
            k = 0
            for j in range(16):
                if bits >> j & 1:
                    out[c, first + j] = values[0, k]
                    k += 1
    return ending(pos, end)


# Marks on the pixel numbers of zero suppression mode 2.
_NO_LOW_GAIN = 0x2000
_ONE_BYTE = 0x4000
_PIXEL = 0x1FFF


@njit
def _sums_by_list(data: U1, pos: int, end: int, out: U4) -> int:
    """Decode zero suppression mode 2: a list of pixels, each with marks.

    Returns a code.
    """
    n_channels, n_pixels = out.shape
    if pos + 2 > end:
        return codes.TOO_SHORT
    count = i2(data, pos)
    listed = pos + 2
    pos = listed + 2 * count
    if count < 0 or pos > end:
        return codes.BAD_COUNT
    n_low = n_high = n_byte = 0
    for k in range(count):
        word = u2(data, listed + 2 * k)
        if word & _PIXEL >= n_pixels:
            return codes.BAD_PIXEL
        n_byte += word & _ONE_BYTE != 0
        n_high += word & _ONE_BYTE == 0
        n_low += n_channels > 1 and word & (_ONE_BYTE | _NO_LOW_GAIN) == 0
    low = np.empty((1, n_low), np.uint32)
    high = np.empty((1, n_high), np.uint32)
    if n_channels > 1:
        pos = traces(data, pos, end, low, 0, 1, _LIMIT)
    if pos >= 0:
        pos = traces(data, pos, end, high, 0, 1, _LIMIT)
    if pos < 0:
        return codes.BAD_VARINT
    if pos + n_byte > end:
        return codes.TOO_SHORT
    n_low = n_high = 0
    for k in range(count):
        word = u2(data, listed + 2 * k)
        p = word & _PIXEL
        if word & _ONE_BYTE:
            out[0, p] = u1(data, pos)
            pos += 1
            continue
        out[0, p] = high[0, n_high]
        n_high += 1
        if n_channels > 1 and word & _NO_LOW_GAIN == 0:
            out[1, p] = low[0, n_low]
            n_low += 1
    return ending(pos, end)


@njit
def _check(data: U1, block: I8, shape: tuple[int, int]) -> int:
    """Code for the header and the first words of a block."""
    pos, flags = block[START], block[ID]
    if block[VERSION] != ADC_VERSION:
        return codes.BAD_VERSION
    if data_reduction(flags) != 0 or zero_suppression(flags) > 2:
        return codes.UNSUPPORTED_MODE
    if block[END] - pos < 6:
        return codes.TOO_SHORT
    is_same = i4(data, pos) == shape[1] and i2(data, pos + 4) == shape[0]
    return codes.OK if is_same else codes.WRONG_SHAPE


@njit
def _sums_one(data: U1, block: I8, out: U4) -> int:
    """Decode one block into ``out[c, p]``; returns a code."""
    code = _check(data, block, out.shape)
    if code != codes.OK:
        return code
    pos, end = block[START] + 6, block[END]
    mode = zero_suppression(block[ID])
    if mode == 0:
        after = traces(data, pos, end, out, 0, out.shape[0], _LIMIT)
        return ending(after, end)
    out[:] = 0
    if mode == 1:
        return _sums_by_bits(data, pos, end, out)
    return _sums_by_list(data, pos, end, out)


@njit
def adc_sums(
    data: U1,
    blocks: I8,
    rows: I8,
    out: U4,
) -> tuple[int, int]:
    """Decode the ADC sums of telescope events of one camera.

    Parameters
    ----------
    data, blocks, rows
        As in `adc_samples.adc_samples`; rows of ADC sum blocks.
    out : uint32[e, c, p]
        The sums; 0 in pixels that were suppressed.

    Returns
    -------
    done, code : int
        As in `adc_samples.adc_samples`.
    """
    for e in range(rows.size):
        code = _sums_one(data, blocks[rows[e]], out[e])
        if code != codes.OK:
            return e, code
    return rows.size, codes.OK
