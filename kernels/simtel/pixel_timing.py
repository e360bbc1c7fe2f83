"""Pulse times that the simulated readout found (block 2016).

Shapes: ``e`` telescope events, ``p`` pixels, ``t`` kinds of times.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4, I8, U1, Mask
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import f4, i2
from cta_columnar.kernels.simtel.block_table import END, START, VERSION
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import signed, skip

# Kinds of pixel lists: one by one, or first and last of ranges.
_SINGLE = 1
_RANGES = 2


@njit
def _number(data: U1, pos: int, end: int, version: int) -> tuple[int, int]:
    """One number and the position behind it, -1 if it does not fit."""
    if version >= 2 or pos < 0:
        return signed(data, pos, end) if pos >= 0 else (0, -1)
    if pos + 2 > end:
        return 0, -1
    return i2(data, pos), pos + 2


@njit
def _pixels(
    data: U1,
    pos: int,
    block: I8,
    kind: int,
    is_listed: Mask,
) -> tuple[int, int]:
    """Mark the pixels of the list, which must ascend; position behind and a code."""
    end, version = block[END], block[VERSION]
    count, pos = _number(data, pos, end, version)
    if pos < 0 or not 0 <= count <= is_listed.size:
        return pos, codes.BAD_COUNT
    last = -1
    for _ in range(count):
        first, pos = _number(data, pos, end, version)
        stop = first
        if kind == _RANGES:
            stop, pos = _number(data, pos, end, version)
        if pos < 0:
            return pos, codes.TOO_SHORT
        if not last < first <= stop < is_listed.size:
            return pos, codes.BAD_PIXEL
        is_listed[first : stop + 1] = True
        last = stop
    return pos, codes.OK


@njit
def _values(
    data: U1,
    pos: int,
    end: int,
    n_sums: int,
    granularity: float,
    is_listed: Mask,
    out: F4,
) -> int:
    """Decode times of listed pixels, skip ``n_sums`` after those of each; position."""
    n_types = out.shape[1]
    for p in range(out.shape[0]):
        if not is_listed[p]:
            continue
        if pos + 2 * n_types > end:
            return -1
        for t in range(n_types):
            out[p, t] = granularity * i2(data, pos + 2 * t)
        pos = skip(data, pos + 2 * n_types, end, n_sums)
        if pos < 0:
            return -1
    return pos


@njit
def _timing_one(
    data: U1,
    block: I8,
    n_channels: int,
    out: F4,
) -> int:
    """Decode one block into ``out[p, t]``; returns a code."""
    end, version = block[END], block[VERSION]
    n_pixels, pos = _number(data, block[START], end, version)
    if pos < 0 or pos + 8 > end:
        return codes.TOO_SHORT
    if n_pixels != out.shape[0] or i2(data, pos) != n_channels:
        return codes.WRONG_SHAPE
    # Sums of samples are there if they have a width before and after the peak.
    has_sums = i2(data, pos + 2) >= 0 and i2(data, pos + 4) >= 0
    kind = i2(data, pos + 6)
    if kind not in (_SINGLE, _RANGES):
        return codes.UNSUPPORTED_MODE
    is_listed = np.zeros(n_pixels, np.bool_)
    pos, code = _pixels(data, pos + 8, block, kind, is_listed)
    if code != codes.OK:
        return code
    n_types = out.shape[1]
    values = pos + 4 + 6 * n_types + 8
    if values > end or i2(data, pos + 2) != n_types:
        return codes.TOO_SHORT if pos + 4 > end else codes.WRONG_SHAPE
    # A negative threshold: sums about the global peak only for listed pixels.
    is_split = i2(data, pos) < 0
    n_sums = n_channels * has_sums * (1 + is_split)
    granularity = float(f4(data, values - 8))
    out[:] = np.nan
    pos = _values(data, values, end, n_sums, granularity, is_listed, out)
    if pos >= 0 and has_sums and is_listed.any() and not is_split:
        pos = skip(data, pos, end, n_channels * n_pixels)
    return ending(pos, end)


@njit
def pixel_times(
    data: U1,
    blocks: I8,
    rows: I8,
    n_channels: int,
    out: F4,
) -> tuple[int, int]:
    """Decode pulse times of telescope events of one camera.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    rows : int64[e]
        Rows of the pixel timing blocks; -1 where there is none.
    n_channels : int
        Gain channels of the camera.
    out : float32[e, p, t]
        Times, in samples; NaN in pixels without a pulse and without a block.

    Returns
    -------
    done, code : int
        Blocks decoded, and what is wrong with the next one.
    """
    for e in range(rows.size):
        if rows[e] < 0:
            out[e] = np.nan
            continue
        code = codes.BAD_VERSION
        if 1 <= blocks[rows[e], VERSION] <= 2:
            code = _timing_one(data, blocks[rows[e]], n_channels, out[e])
        if code != codes.OK:
            return e, code
    return rows.size, codes.OK
