"""Find the blocks of a decompressed sim_telarray stream.

A top-level block is a sync marker and a header of three little-endian 32-bit words:
type (bits 0-15), a flag for users (16, never set), extension flag (17) and version
(20-31); id; length (0-29) and "only contains blocks" (30). With the extension flag a
fourth word has bits 30-41 of the length. Blocks inside others have no sync marker.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import I8, U1
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import i4, u4
from cta_columnar.kernels.simtel.block_table import (
    BEGIN,
    END,
    ID,
    N_COLUMNS,
    PARENT,
    START,
    TYPE,
    VERSION,
)
from cta_columnar.kernels.simtel.nesting import check_nesting, is_container

SYNC = 0xD41F8A37
SYNC_BIG_ENDIAN = 0x378A1FD4

# No real block comes near: an array event of 100 telescopes has about 30 MB.
MAX_LENGTH = 256 << 20
_MAX_DEPTH = 4
_USER_AND_RESERVED_BITS = 0xD0000


@inline
def _header(data: U1, begin: int, size: int, is_top: bool, row: I8) -> int:
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
def _check(row: I8, parent: int, limit: int) -> int:
    """Code for a block that lies in one of type ``parent`` which ends at ``limit``."""
    code = check_nesting(row, row[PARENT] == 1, parent)
    if code != codes.OK:
        return code
    if row[END] - row[START] > MAX_LENGTH:
        return codes.BLOCK_TOO_LARGE
    return codes.CHILD_TOO_LONG if parent != 0 and row[END] > limit else codes.OK


@njit
def walk(data: U1, size: int) -> tuple[I8, int, int, int, int]:
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
            table = np.concatenate((table, np.empty_like(table)))
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
        if is_container(row[TYPE], parent):
            depth += 1
            parents[depth] = n - 1
            pos = row[START]
        else:
            pos = row[END]
    return table[:n_complete], done, needed, code, pos
