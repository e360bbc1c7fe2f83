"""Variable-length integers: a first byte whose leading ones count further bytes.

0xxxxxxx is one byte, 10xxxxxx is followed by one more, ... 11111111 by eight. Signed
values are folded: 0, -1, 1, -2, 2, ... are stored as 0, 1, 2, 3, 4, ...
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import U1, AnyArray
from cta_columnar.kernels.simtel._bytes import index, int64, u1

# No value of the format needs more; the C library never writes longer ones.
_MAX_BYTES = 9


@inline
def unfold(value: int) -> int:
    """Signed value of a folded one."""
    return (value >> 1) ^ -(value & 1)


@inline
def unsigned(data: U1, pos: int, end: int) -> tuple[int, int]:
    """One unsigned integer and the position behind it.

    The position is -1 if the integer goes beyond ``end`` or does not fit 63 bits.
    """
    if pos >= end:
        return 0, -1
    first = u1(data, pos)
    length = 1
    while length < _MAX_BYTES and first & (0x100 >> length):
        length += 1
    if pos + length > end:
        return 0, -1
    value = first & (0xFF >> length)
    for k in range(1, length):
        if value >> 55:
            return 0, -1
        value = value << 8 | u1(data, pos + k)
    return value, pos + length


@inline
def signed(data: U1, pos: int, end: int) -> tuple[int, int]:
    """One signed integer and the position behind it; -1 as in `unsigned`."""
    value, pos = unsigned(data, pos, end)
    return unfold(value), pos


@njit
def skip(data: U1, pos: int, end: int, count: int) -> int:
    """Position behind ``count`` integers; -1 if they go beyond ``end``."""
    # Each takes at least a byte: refuse an absurd count before the loop.
    if count < 0 or count > end - pos:
        return -1
    for _ in range(count):
        _, pos = unsigned(data, pos, end)
        if pos < 0:
            return -1
    return pos


# Difference of each code of one byte.
_SHORT_STEP = np.array([(v >> 1) ^ -(v & 1) for v in range(128)] * 2, dtype=np.int64)
# A step of a 32-bit value takes at most five bytes.
_MAX_STEP_BYTES = 5


@njit
def _mixed_trace(data: U1, pos: int, out: AnyArray, i: int) -> tuple[int, int]:
    """Decode steps of one or two bytes each into ``out[i]``, without branches.

    Returns the position behind, -1 if a step is longer, and the values or-ed.
    """
    here = index(pos)
    row = index(i)
    longest = int64(0)
    value = int64(0)
    bits = int64(0)
    for s in range(index(out.shape[1])):
        first = int64(data[here])
        second = int64(data[here + index(1)])
        is_long = first >> 7
        longest = max(longest, first)
        value += unfold((first & 0x3F) << 8 | second if is_long else first)
        bits |= value
        out[row, s] = value
        here += index(1 + is_long)
    return int64(here) if longest < 0xC0 else -1, bits


@njit
def _any_trace(data: U1, pos: int, end: int, out: AnyArray, i: int) -> tuple[int, int]:
    """Decode any steps into ``out[i]``; returns as `_mixed_trace`."""
    value = int64(0)
    bits = int64(0)
    for s in range(out.shape[1]):
        folded, after = unsigned(data, pos, end)
        if after < 0 or after - pos > _MAX_STEP_BYTES:
            return -1, 0
        pos = after
        value += unfold(folded)
        bits |= value
        out[i, s] = value
    return pos, bits


@njit
def traces(
    data: U1,
    pos: int,
    end: int,
    out: AnyArray,
    first_row: int,
    last_row: int,
    limit: int,
) -> int:
    """Decode consecutive arrays of differences, each of which starts from zero.

    Parameters
    ----------
    data : uint8[:]
        Buffer.
    pos, end : int
        Where the arrays start, and the end of their block.
    out : uint16[i, n] or uint32[i, n]
        The values: running sums of the differences.
    first_row, last_row : int
        Rows to fill, the last one excluded.
    limit : int
        One more than the largest value that ``out`` holds, a power of two.

    Returns
    -------
    after : int
        Position behind the arrays; -1 if they go beyond ``end`` or hold an invalid
        code or a value that is negative or not below ``limit``.
    """
    # Each value takes at least a byte.
    if (last_row - first_row) * out.shape[1] > end - pos:
        return -1
    n = index(out.shape[1])
    if n == 0:
        return pos
    for i in range(index(first_row), index(last_row)):
        done = False
        bits = int64(0)
        if pos + n + 1 <= end:
            # Nearly all traces have one step of two bytes and then only short ones.
            # No calls here: each would count references to the arrays.
            first = int64(data[index(pos)])
            second = int64(data[index(pos + 1)])
            is_long = first >> 7
            value = unfold((first & 0x3F) << 8 | second if is_long else first)
            here = index(pos + is_long)
            high = np.uint8(0)
            for s in range(index(1), n):
                high |= data[here + s]
            if first < 0xC0 and high < 0x80:
                bits = value
                out[i, 0] = value
                for s in range(index(1), n):
                    value += _SHORT_STEP[data[here + s]]
                    bits |= value
                    out[i, s] = value
                pos = int64(here + n)
                done = True
        if not done:
            after = -1
            if pos + 2 * n <= end:
                after, bits = _mixed_trace(data, pos, out, i)
            if after < 0:
                after, bits = _any_trace(data, pos, end, out, i)
            pos = after
        # Negative values have the high bits set, too.
        if pos < 0 or not 0 <= bits < limit:
            return -1
    return pos
