"""Tracking positions of telescopes (21xx), and ids that hold a telescope."""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I8, U1
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import f4
from cta_columnar.kernels.simtel.block_table import END, ID, START, VERSION
from cta_columnar.kernels.simtel.payload import ending

_HAS_RAW = 0x100
_HAS_CORRECTED = 0x200


@inline
def packed_telescope(block_id: int, others: int) -> int:
    """Telescope in bits 0-7 and 24-29 of an id; -1 if bits but those and ``others``."""
    if block_id & ~(0x3F0000FF | others):
        return -1
    return (block_id & 0xFF) | (block_id & 0x3F000000) >> 16


@inline
def tracking_telescope(block_id: int) -> int:
    """Telescope in the id of a tracking block; -1 if it is none."""
    return packed_telescope(block_id, _HAS_RAW | _HAS_CORRECTED)


# Columns that `tracking` gives.
RAW_AZIMUTH, RAW_ALTITUDE, AZIMUTH, ALTITUDE = range(4)


@njit
def tracking(
    data: U1,
    blocks: I8,
    rows: I8,
    out: F4,
) -> tuple[int, int]:
    """Decode tracking positions.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    rows : int64[e]
        Rows of the tracking blocks.
    out : float32[e, 4]
        Azimuth and altitude as read from the drive, then corrected ones, rad; NaN
        where not stored.

    Returns
    -------
    done, code : int
        Blocks decoded, and what is wrong with the next one.
    """
    for e in range(rows.size):
        block = blocks[rows[e]]
        pos = block[START]
        if block[VERSION] != 0:
            return e, codes.BAD_VERSION
        has_raw = block[ID] & _HAS_RAW != 0
        has_corrected = block[ID] & _HAS_CORRECTED != 0
        code = ending(pos + 8 * has_raw + 8 * has_corrected, block[END])
        if code != codes.OK:
            return e, code
        out[e] = np.nan
        if has_raw:
            out[e, RAW_AZIMUTH] = f4(data, pos)
            out[e, RAW_ALTITUDE] = f4(data, pos + 4)
            pos += 8
        if has_corrected:
            out[e, AZIMUTH] = f4(data, pos)
            out[e, ALTITUDE] = f4(data, pos + 4)
    return rows.size, codes.OK
