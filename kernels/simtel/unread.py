"""Blocks of which nothing is read must at least be as long as their ids say.

Image parameters (2014) and stereo results (2015) tell by bits of their id what is in
them, so that a wrong bit there, or in their type, shows in their length.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I8, U1
from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import i2, int64
from cta_columnar.kernels.simtel.block_table import END, ID, START, TYPE, VERSION
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import signed, skip

# Image parameters: what is in them besides amplitude, ellipse and concentration.
_HAS_ERRORS, _HAS_MOMENTS, _HAS_HOT_PIXELS, _HAS_TIMES = 0x100, 0x200, 0x400, 0x800
_ELLIPSE_BYTES = 6 * 4 + 2 + 4
# Stereo results start with three short counts and a pattern of telescopes.
_COUNTS_BYTES = 10
# Floats for each bit of the id, from the lowest on.
_STEREO_FLOATS = np.array([2, 3, 2, 3, 2, 2, 1, 1, 1, 1], np.int64)


@njit
def _count(data: U1, pos: int, end: int, is_short: bool) -> tuple[int, int]:
    """One count and the position behind it, -1 if it does not fit."""
    if not is_short:
        return signed(data, pos, end)
    if pos < 0 or pos + 2 > end:
        return 0, -1
    return i2(data, pos), pos + 2


@njit
def _image_parameters_end(data: U1, block: I8) -> int:
    """Position behind the last value; -1 if the counts do not fit."""
    pos, end, flags = block[START], block[END], block[ID]
    is_short = block[VERSION] < 6
    _, pos = _count(data, pos, end, is_short)
    if pos < 0:
        return -1
    n_saturated, pos = _count(data, pos, end, is_short)
    if pos < 0:
        return -1
    pos += 4 * (n_saturated > 0) + _ELLIPSE_BYTES
    pos += 20 * (flags & _HAS_ERRORS != 0) + 16 * (flags & _HAS_MOMENTS != 0)
    if flags & _HAS_HOT_PIXELS:
        n_hot, pos = _count(data, pos, end, is_short)
        if pos < 0 or not 0 <= n_hot <= end - pos:
            return -1
        pos += 4 * n_hot
        if is_short:
            pos += 2 * n_hot
        else:
            pos = skip(data, pos, end, n_hot) if pos <= end else -1
        if pos < 0:
            return -1
    return int64(pos + 20 * (flags & _HAS_TIMES != 0))


@njit
def _stereo_end(block: I8) -> int:
    pos = block[START] + _COUNTS_BYTES
    for bit in range(_STEREO_FLOATS.size):
        pos += 4 * _STEREO_FLOATS[bit] * (block[ID] >> bit & 1)
    return int64(pos)


@njit
def check_unread(data: U1, blocks: I8) -> tuple[int, int]:
    """Check how long image parameters and stereo results are.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.

    Returns
    -------
    done, code : int
        Rows of ``blocks`` without error, and what is wrong with the next one.
    """
    for row in range(blocks.shape[0]):
        block = blocks[row]
        code = codes.OK
        if block[TYPE] == types.IMAGE_PARAMETERS:
            code = ending(_image_parameters_end(data, block), block[END])
        elif block[TYPE] == types.STEREO:
            code = ending(_stereo_end(block), block[END])
            if block[ID] >> _STEREO_FLOATS.size:
                code = codes.BAD_VALUE
        if code != codes.OK:
            return row, code
    return blocks.shape[0], codes.OK
