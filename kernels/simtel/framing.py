"""Find the blocks of a decompressed sim_telarray stream.

A top-level block is a sync marker and a header of three little-endian 32-bit words:
type (bits 0-15), a flag for users (16, never set), extension flag (17) and version
(20-31); id; length (0-29) and "only contains blocks" (30). With the extension flag a
fourth word has bits 30-41 of the length. Blocks inside others have no sync marker.
"""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import i4, u4

# Columns of the block table.
TYPE, VERSION, ID, BEGIN, START, END, PARENT = range(7)
N_COLUMNS = 7

SYNC = 0xD41F8A37
SYNC_BIG_ENDIAN = 0x378A1FD4

HISTORY = 70
TELESCOPE_DATA = 1204
PHOTONS = 1205
PHOTO_ELECTRONS = 1208
RUN_HEADER = 2000
CENTRAL_EVENT = 2009
ARRAY_EVENT = 2010
TEL_EVENT_HEADER = 2011
ADC_SUMS = 2012
ADC_SAMPLES = 2013
IMAGE_PARAMETERS = 2014
STEREO = 2015
PIXEL_TIMING = 2016
PIXEL_CALIBRATION = 2017
MC_SHOWER = 2020
MC_EVENT = 2021
PE_SUM = 2026
PIXEL_LIST = 2027
CALIBRATION_EVENT = 2028
PIXEL_TRIGGER_TIMES = 2032
CALIBRATION_PE = 2034

TRACKING_BASE = 2100
TEL_EVENT_BASE = 2200

# No real block comes near: an array event of 100 telescopes has about 30 MB.
MAX_LENGTH = 256 << 20
_MAX_DEPTH = 4
# Readers of single blocks know better what they understand: for those of which nothing
# is read, too.
_MAX_VERSION = 15
_MAX_TEL_EVENT_VERSION = 1
_USER_AND_RESERVED_BITS = 0xD0000


@inline
def telescope_of(block_type: int, base: int) -> int:
    """Telescope id in the type of a tracking or telescope event block; -1 if none."""
    rest = block_type - base
    if rest < 0 or rest % 1000 >= 100:
        return -1
    return rest % 1000 + 100 * (rest // 1000)


@inline
def _is_container(block_type: int, parent: int) -> bool:
    if parent == ARRAY_EVENT:
        return telescope_of(block_type, TEL_EVENT_BASE) >= 0
    return block_type in (
        ARRAY_EVENT,
        CALIBRATION_EVENT,
        TELESCOPE_DATA,
        CALIBRATION_PE,
    )


@inline
def _is_known_top(block_type: int) -> bool:
    """Tell whether sim_telarray writes the type, and it stands on its own."""
    if block_type < RUN_HEADER:
        # What else CORSIKA knows is not taken over: it differs by a bit from these.
        return block_type in (HISTORY, 75, 100, TELESCOPE_DATA, 1211, 1212, 1215, 1216)
    is_event_part = block_type in (PIXEL_LIST, 2029, 2030, 2031, 2032)
    if CENTRAL_EVENT <= block_type < MC_SHOWER:
        return block_type == ARRAY_EVENT
    return block_type <= CALIBRATION_PE and not is_event_part


@inline
def _is_known(block_type: int, parent: int) -> bool:
    """Tell whether a block of this type may lie in one of type ``parent`` (0: top)."""
    if parent == 0:
        return _is_known_top(block_type)
    if parent == ARRAY_EVENT:
        return (
            block_type in (CENTRAL_EVENT, STEREO)
            or telescope_of(block_type, TEL_EVENT_BASE) >= 0
            or telescope_of(block_type, TRACKING_BASE) >= 0
        )
    if parent == CALIBRATION_EVENT:
        return block_type == ARRAY_EVENT
    if parent == CALIBRATION_PE:
        return block_type == TELESCOPE_DATA
    if parent == TELESCOPE_DATA:
        return block_type in (PHOTONS, PHOTO_ELECTRONS)
    # In a telescope event.
    return (
        TEL_EVENT_HEADER <= block_type <= PIXEL_CALIBRATION and block_type != STEREO
    ) or block_type in (PIXEL_LIST, 2029, 2030, PIXEL_TRIGGER_TIMES)


@inline
def _header(
    data: NDArray[np.uint8], begin: int, size: int, is_top: bool, row: NDArray[np.int64]
) -> int:
    """Read the header at ``begin`` into ``row``.

    Returns a code, or -1 if the header goes beyond ``size``.
    """
    pos = begin
    if is_top:
        if pos + 4 > size:
            return -1
        sync = u4(data, pos)
        if sync != SYNC:
            return codes.BIG_ENDIAN if sync == SYNC_BIG_ENDIAN else codes.LOST_SYNC
        pos += 4
    if pos + 12 > size:
        return -1
    word = u4(data, pos)
    length = u4(data, pos + 8)
    if word & _USER_AND_RESERVED_BITS or length & 0x80000000:
        return codes.RESERVED_BITS
    row[TYPE] = word & 0xFFFF
    row[VERSION] = word >> 20
    row[ID] = i4(data, pos + 4)
    row[BEGIN] = begin
    pos += 12
    total = length & 0x3FFFFFFF
    if word & 0x20000:
        if pos + 4 > size:
            return -1
        total |= (u4(data, pos) & 0xFFF) << 30
        pos += 4
    row[START] = pos
    row[END] = pos + total
    # Borrowed until the caller writes the parent: the flag "only contains blocks".
    row[PARENT] = length >> 30 & 1
    return codes.OK


@inline
def _max_version(is_container: bool, parent: int) -> int:
    if not is_container:
        return _MAX_VERSION
    return _MAX_TEL_EVENT_VERSION if parent == ARRAY_EVENT else 0


@inline
def _check(row: NDArray[np.int64], parent: int, limit: int) -> int:
    """Code for a block that lies in one of type ``parent`` which ends at ``limit``."""
    if not _is_known(row[TYPE], parent):
        return codes.UNKNOWN_TYPE
    if row[END] - row[START] > MAX_LENGTH:
        return codes.BLOCK_TOO_LARGE
    if parent != 0 and row[END] > limit:
        return codes.CHILD_TOO_LONG
    is_container = _is_container(row[TYPE], parent)
    if row[VERSION] > _max_version(is_container, parent):
        return codes.BAD_VERSION
    # What is in a history is left to the readers of headers.
    if is_container or (row[TYPE] == HISTORY and row[END] > row[START]):
        return codes.OK if row[PARENT] == 1 else codes.NOT_A_CONTAINER
    is_leaf = row[TYPE] != HISTORY
    return codes.NOT_A_LEAF if is_leaf and row[PARENT] == 1 else codes.OK


@njit
def walk(
    data: NDArray[np.uint8], size: int
) -> tuple[NDArray[np.int64], int, int, int, int]:
    """List the blocks of a buffer, those inside events too, parents first.

    Parameters
    ----------
    data : uint8[:]
        Buffer that starts with a top-level block.
    size : int
        Number of valid bytes in it.

    Returns
    -------
    table : int64[n, 7]
        Blocks of all top-level blocks that are complete and without error: type,
        version, id, first byte (of the sync marker where there is one), first and last
        + 1 byte of the payload, row of the parent (-1: none).
    done : int
        Bytes in complete blocks.
    needed : int
        Bytes that the next, incomplete block takes from ``done`` on; 0 if unknown.
    code, position : int
        What is wrong with the next block and where; `codes.OK` if nothing is.
    """
    table = np.empty((1024, N_COLUMNS), np.int64)
    parents = np.empty(_MAX_DEPTH + 2, np.int64)
    depth = n = n_complete = pos = done = needed = 0
    code = codes.OK
    while True:
        while depth > 0 and pos == table[parents[depth], END]:
            depth -= 1
        if depth == 0:
            done = pos
            n_complete = n
        if n == table.shape[0]:
            longer = np.empty((2 * n, N_COLUMNS), np.int64)
            longer[:n] = table
            table = longer
        above = parents[depth] if depth > 0 else -1
        limit = table[above, END] if depth > 0 else size
        parent = table[above, TYPE] if depth > 0 else 0
        row = table[n]
        code = _header(data, pos, limit, depth == 0, row)
        if code == -1:
            code = codes.CHILD_TOO_LONG if depth > 0 else codes.OK
            break
        if code == codes.OK:
            code = _check(row, parent, limit)
        if code != codes.OK:
            break
        if depth == 0 and row[END] > size:
            needed = row[END] - pos
            break
        row[PARENT] = above
        n += 1
        if _is_container(row[TYPE], parent):
            depth += 1
            parents[depth] = n - 1
            pos = row[START]
        else:
            pos = row[END]
    return table[:n_complete], done, needed, code, pos
