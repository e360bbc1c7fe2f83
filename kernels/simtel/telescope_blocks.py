"""Small blocks of a telescope event: header (2011) and pixel list (2027)."""

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, U1
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import f4, i2, i4, u2
from cta_columnar.kernels.simtel.block_table import END, START, VERSION
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import signed, skip

MAX_HEADER_VERSION = 4
MAX_LIST_VERSION = 1

# What `headers` gives, in this order: counts, times in s and ns since 1970, flags,
# start of the readout; then two times in ns.
HEADER = (
    "loc_count",
    "glob_count",
    "cpu_s",
    "cpu_ns",
    "gps_s",
    "gps_ns",
    "trg_source",
    "start_readout",
    "readout_time",
    "relative_trigger_time",
)
(
    LOC_COUNT,
    GLOB_COUNT,
    CPU_S,
    CPU_NS,
    GPS_S,
    GPS_NS,
    TRG_SOURCE,
    START_READOUT,
    READOUT_TIME,
    RELATIVE_TRIGGER_TIME,
) = range(len(HEADER))

_HAS_SECTORS = 0x100
_HAS_ADDRESSES = 0x200
_HAS_SECTOR_TIMES = 0x400


@njit
def _list_end(data: U1, pos: int, end: int, is_short: bool) -> tuple[int, int]:
    """Length of a list of integers and the position behind it, -1 if it does not fit.

    A short list has two bytes for its length and each value, others have variable
    lengths.
    """
    if is_short:
        if pos < 0 or pos + 2 > end:
            return 0, -1
        count = i2(data, pos)
        pos += 2 + 2 * count
        return count, pos if count >= 0 and pos <= end else -1
    count, pos = signed(data, pos, end)
    return count, skip(data, pos, end, count) if pos >= 0 else -1


@njit
def _header_one(data: U1, block: I8, out: F8) -> int:
    """Decode one block into ``out`` (order `HEADER`); returns a code."""
    pos, end, version = block[START], block[END], block[VERSION]
    if version > MAX_HEADER_VERSION:
        return codes.BAD_VERSION
    if pos + 26 > end:
        return codes.TOO_SHORT
    for k in range(LOC_COUNT, TRG_SOURCE):
        out[k] = i4(data, pos + 4 * k)
    flags = u2(data, pos + 24)
    out[TRG_SOURCE] = flags & 0xFF
    pos += 26
    if flags & _HAS_SECTORS:
        count, pos = _list_end(data, pos, end, version <= 1)
        if flags & _HAS_SECTOR_TIMES and version >= 1 and pos >= 0:
            pos += 4 * count
    if flags & _HAS_ADDRESSES and 0 <= pos <= end:
        _, pos = _list_end(data, pos, end, version <= 1)
    if pos < 0:
        return codes.BAD_COUNT
    n_tail = 8 * (version >= 3) + 4 * (version >= 4)
    code = ending(pos + n_tail, end)
    if code == codes.OK and version >= 3:
        out[READOUT_TIME] = f4(data, pos)
        out[RELATIVE_TRIGGER_TIME] = f4(data, pos + 4)
        if version >= 4:
            out[START_READOUT] = i4(data, pos + 8)
    return code


@njit
def headers(
    data: U1,
    blocks: I8,
    rows: I8,
    out: F8,
) -> tuple[int, int]:
    """Decode headers of telescope events.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    rows : int64[e]
        Rows of the header blocks.
    out : float64[e, 10]
        Values in the order of `HEADER`; those a version does not have are left alone.

    Returns
    -------
    done, code : int
        Blocks decoded, and what is wrong with the next one.
    """
    for e in range(rows.size):
        code = _header_one(data, blocks[rows[e]], out[e])
        if code != codes.OK:
            return e, code
    return rows.size, codes.OK


@njit
def _list_one(data: U1, block: I8, n_pixels: int) -> tuple[int, int]:
    """Length of one pixel list and a code."""
    pos, end, version = block[START], block[END], block[VERSION]
    if version > MAX_LIST_VERSION:
        return 0, codes.BAD_VERSION
    count, after = _list_end(data, pos, end, version < 1)
    if after < 0:
        return 0, codes.BAD_COUNT
    if version >= 1:
        _, pos = signed(data, pos, end)
    else:
        pos += 2
    for _ in range(count):
        if version >= 1:
            p, pos = signed(data, pos, end)
        else:
            p = i2(data, pos)
            pos += 2
        if not 0 <= p < n_pixels:
            return 0, codes.BAD_PIXEL
    return count, ending(after, end)


@njit
def pixel_list_lengths(
    data: U1,
    blocks: I8,
    rows: I8,
    n_pixels: I8,
    out: I4,
) -> tuple[int, int]:
    """Check pixel lists and count their pixels.

    Parameters
    ----------
    data, blocks
        As in `headers`.
    rows : int64[e]
        Rows of the pixel list blocks; -1 where there is none.
    n_pixels : int64[e]
        Pixels of the camera.
    out : int32[e]
        Pixels in the list; -1 without one.

    Returns
    -------
    done, code : int
        As in `headers`.
    """
    for e in range(rows.size):
        out[e] = -1
        if rows[e] >= 0:
            out[e], code = _list_one(data, blocks[rows[e]], n_pixels[e])
            if code != codes.OK:
                return e, code
    return rows.size, codes.OK
