"""Simulated showers (block 2020), events (2021) and photo-electron sums (2026)."""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, U1
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import f4, i2, i4, u4
from cta_columnar.kernels.simtel.block_table import END, START, VERSION
from cta_columnar.kernels.simtel.block_types import EXTRA_PARAMETERS
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import unsigned

MAX_VERSION = 2

# What `showers` gives, in this order: TeV, rad, rad, g/cm2, m, g/cm2.
SHOWER = (
    "primary_id",
    "energy",
    "azimuth",
    "altitude",
    "depth_start",
    "h_first_int",
    "x_max",
)
PRIMARY_ID, ENERGY, AZIMUTH, ALTITUDE, DEPTH_START, H_FIRST_INT, X_MAX = range(7)


@njit
def _profiles_end(data: U1, pos: int, end: int) -> int:
    """Position behind the longitudinal profiles; beyond ``end`` if they do not fit."""
    if pos + 2 > end:
        return end + 1
    count = i2(data, pos)
    pos += 2
    for _ in range(count):
        if pos + 16 > end:
            return end + 1
        n_steps = i4(data, pos + 4)
        if n_steps < 0:
            return end + 1
        pos += 16 + 4 * n_steps
    return pos if count >= 0 else end + 1


@njit
def _extra_end(data: U1, pos: int, end: int) -> int:
    """Position behind the block of extra parameters; -1 if there is no such block."""
    if pos + 12 > end or u4(data, pos) & 0xFFFF != EXTRA_PARAMETERS:
        return -1
    is_extended = u4(data, pos) & 0x20000 != 0
    stop = pos + 12 + (u4(data, pos + 8) & 0x3FFFFFFF)
    if is_extended or stop > end:
        return -1
    n_ints, pos = unsigned(data, pos + 16, stop)
    if pos < 0:
        return -1
    n_floats, pos = unsigned(data, pos, stop)
    if pos < 0 or n_ints + n_floats > (stop - pos) // 4:
        return -1
    return stop


@njit
def _shower_one(data: U1, block: I8, out: F8) -> int:
    """Decode one block into ``out`` (order `SHOWER`); returns a code."""
    pos, end, version = block[START], block[END], block[VERSION]
    if version > MAX_VERSION:
        return codes.BAD_VERSION
    if pos + (40 if version >= 1 else 24) > end:
        return codes.TOO_SHORT
    out[PRIMARY_ID] = i4(data, pos)
    out[ENERGY] = f4(data, pos + 4)
    out[AZIMUTH] = f4(data, pos + 8)
    out[ALTITUDE] = f4(data, pos + 12)
    pos += 16
    out[DEPTH_START] = np.nan
    if version >= 1:
        out[DEPTH_START] = f4(data, pos)
        pos += 4
    out[H_FIRST_INT] = f4(data, pos)
    out[X_MAX] = f4(data, pos + 4)
    pos = _profiles_end(data, pos + (20 if version >= 1 else 8), end)
    if version >= 2 and pos <= end:
        pos = _extra_end(data, pos, end)
    return ending(pos, end)


@njit
def showers(
    data: U1,
    blocks: I8,
    rows: I8,
    out: F8,
) -> tuple[int, int]:
    """Decode simulated showers.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    rows : int64[n]
        Rows of the shower blocks.
    out : float64[n, 7]
        Truth, in the order of `SHOWER`; the starting depth is NaN before version 1.

    Returns
    -------
    done, code : int
        Blocks decoded, and what is wrong with the next one.
    """
    for n in range(rows.size):
        code = _shower_one(data, blocks[rows[n]], out[n])
        if code != codes.OK:
            return n, code
    return rows.size, codes.OK


@njit
def mc_events(
    data: U1,
    blocks: I8,
    rows: I8,
    shower_id: I8,
    core: F8,
) -> tuple[int, int]:
    """Decode simulated events: uses of a shower.

    Parameters
    ----------
    data, blocks, rows
        As in `showers`.
    shower_id : int64[n]
        Number of the shower.
    core : float64[n, 2]
        Where its core is: to the north and to the west, m.

    Returns
    -------
    done, code : int
        As in `showers`.
    """
    for n in range(rows.size):
        block = blocks[rows[n]]
        pos, end = block[START], block[END]
        if block[VERSION] > MAX_VERSION:
            return n, codes.BAD_VERSION
        # Version 2 has the weight of the core position, too.
        after = pos + (16 if block[VERSION] >= 2 else 12)
        code = ending(after, end)
        if code != codes.OK:
            return n, code
        shower_id[n] = i4(data, pos)
        core[n, 0] = f4(data, pos + 4)
        core[n, 1] = f4(data, pos + 8)
    return rows.size, codes.OK


@njit
def photo_electron_sums(
    data: U1,
    blocks: I8,
    rows: I8,
    out: I4,
) -> tuple[int, int]:
    """Decode sums of photo-electrons.

    Parameters
    ----------
    data, blocks, rows
        As in `showers`; a row of -1 stands for a missing block.
    out : int32[n, t]
        Photo-electrons in each telescope of the run header; -1 if unknown.

    Returns
    -------
    done, code : int
        As in `showers`.
    """
    n_tel = out.shape[1]
    for n in range(rows.size):
        if rows[n] < 0:
            out[n] = -1
            continue
        block = blocks[rows[n]]
        pos, end, version = block[START], block[END], block[VERSION]
        if version > MAX_VERSION:
            return n, codes.BAD_VERSION
        # Version 1 added four sums of photons, version 2 another one.
        n_columns = 2 + 4 * (version >= 1) + (version >= 2)
        if pos + 8 > end or i4(data, pos + 4) != n_tel:
            return n, codes.BAD_COUNT
        code = ending(pos + 8 + 4 * n_columns * n_tel, end)
        if code != codes.OK:
            return n, code
        for t in range(n_tel):
            out[n, t] = i4(data, pos + 8 + 4 * t)
            # Sums per pixel would follow; no program has ever written them.
            if i4(data, pos + 8 + 4 * (n_tel + t)) != 0:
                return n, codes.UNSUPPORTED_MODE
    return rows.size, codes.OK
