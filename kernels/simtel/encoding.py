"""Write variable-length integers, traces and photo-electrons as eventio stores them.

The reverse of `varint`; see there for the code. Kernels allocate for the worst case
and return what was filled. Shapes: ``i`` arrays, ``n`` values, ``k`` photo-electrons.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels.simtel._bytes import index, int64

MAX_BYTES = 9
# Of a step between values of 16 and of 32 bits.
_STEP_BYTES_16 = 3
_STEP_BYTES_32 = 5


@inline
def fold(value: int) -> int:
    """Unsigned number that stands for a signed one: 0, -1, 1, -2, ... -> 0, 1, 2, 3."""
    return (value << 1) ^ (value >> 63)


@inline
def put_unsigned(out: NDArray[np.uint8], pos: int, value: int) -> int:
    """Write one non-negative integer; returns the position behind it."""
    if value < 0x80:
        out[index(pos)] = value
        return pos + 1
    if value < 0x4000:
        out[index(pos)] = 0x80 | value >> 8
        out[index(pos + 1)] = value & 0xFF
        return pos + 2
    length = 3
    while length < MAX_BYTES and value >> 7 * length:
        length += 1
    # Leading ones count the bytes that follow. Eight bytes have all seven; in nine
    # the first byte is 0xFF and holds nothing of the value.
    first = (0xFF00 >> (length - 1)) & 0xFF
    if length < MAX_BYTES:
        first |= value >> 8 * (length - 1)
    out[index(pos)] = first
    for k in range(1, length):
        out[index(pos + k)] = value >> 8 * (length - 1 - k) & 0xFF
    return pos + length


@njit
def unsigned_integers(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Encode integers that are not negative.

    Parameters
    ----------
    values : int64[n]
        The integers.

    Returns
    -------
    encoded : uint8[:]
        Their codes, one after the other.
    """
    out = np.empty(MAX_BYTES * values.size, np.uint8)
    pos = 0
    for k in range(values.size):
        pos = put_unsigned(out, pos, int64(values[k]))
    return out[:pos]


@njit
def signed_integers(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Encode integers; see `unsigned_integers`. Each must fit 63 bits with its sign."""
    out = np.empty(MAX_BYTES * values.size, np.uint8)
    pos = 0
    for k in range(values.size):
        pos = put_unsigned(out, pos, fold(int64(values[k])))
    return out[:pos]


@njit
def _put_short_steps(
    values: NDArray[Any], i: int, out: NDArray[np.uint8], pos: int
) -> int:
    """Write steps of array ``i`` in one or two bytes each; returns the position.

    Without branches, so a byte beyond the last step may be written.
    """
    here = index(pos)
    for s in range(index(1), index(values.shape[1])):
        folded = fold(int64(values[i, s]) - int64(values[i, s - index(1)]))
        is_long = int64(folded >= 0x80)
        out[here] = (0x80 * is_long) | folded >> 8 * is_long
        out[here + index(is_long)] = folded & 0xFF
        here += index(1 + is_long)
    return int64(here)


@njit
def traces(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Encode arrays as signed differences of neighbours, each from zero on.

    Parameters
    ----------
    values : uint16[i, n] or uint32[i, n]
        The arrays.

    Returns
    -------
    encoded : uint8[:]
        Their codes, one array after the other.
    """
    n_rows, n = values.shape
    step_bytes = _STEP_BYTES_16 if values.itemsize == 2 else _STEP_BYTES_32
    out = np.empty(step_bytes * n_rows * n + 1, np.uint8)
    pos = 0
    if n == 0:
        return out[:0]
    for i in range(n_rows):
        pos = put_unsigned(out, pos, 2 * int64(values[i, 0]))
        # Nearly all traces go on in steps of one byte: take it for granted, which
        # needs no branches, and look afterwards.
        here = index(pos)
        bits = int64(0)
        for s in range(index(1), index(n)):
            step = int64(values[i, s]) - int64(values[i, s - index(1)])
            folded = fold(step)
            bits |= folded
            out[here + s - index(1)] = folded & 0xFF
        if bits < 0x80:
            pos += n - 1
        elif bits < 0x4000:
            pos = _put_short_steps(values, i, out, pos)
        else:
            for s in range(index(1), index(n)):
                step = int64(values[i, s]) - int64(values[i, s - index(1)])
                pos = put_unsigned(out, pos, fold(step))
    return out[:pos]


@inline
def _put_4(out: NDArray[np.uint8], pos: int, word: int) -> int:
    """Write 32 bits; returns the position behind them."""
    for k in range(4):
        out[index(pos + k)] = word >> 8 * k & 0xFF
    return pos + 4


@njit
def _run_end(pixel: NDArray[np.int32], start: int) -> int:
    """First position after ``start`` that has another pixel."""
    end = start + 1
    while end < pixel.size and pixel[end] == pixel[start]:
        end += 1
    return end


@njit
def count_pixels(pixel: NDArray[np.int32]) -> int:
    """Count the pixels that photo-electrons are in; those of a pixel are neighbours."""
    count = 0
    k = 0
    while k < pixel.size:
        k = _run_end(pixel, k)
        count += 1
    return count


@njit
def photo_electrons(
    pixel: NDArray[np.int32],
    time: NDArray[np.float32],
    amplitude: NDArray[np.float32],
    is_wide: bool,
) -> NDArray[np.uint8]:
    """Encode the pixels of a block of photo-electrons (1208), without its head.

    For each pixel that has some: its number, their count, times, and amplitudes.

    Parameters
    ----------
    pixel : int32[k]
        Pixel of each photo-electron, ascending.
    time : float32[k]
        Times, ns.
    amplitude : float32[k] or float32[0]
        Amplitudes; none: not stored.
    is_wide : bool
        Whether numbers of pixels are variable-length integers (version 3), not of 16
        bits.

    Returns
    -------
    encoded : uint8[:]
        As in the file.
    """
    times = time.view(np.uint32)
    amplitudes = amplitude.view(np.uint32)
    # A number of up to five bytes and a count for each pixel, then two values.
    out = np.empty(17 * pixel.size, np.uint8)
    pos = 0
    start = 0
    while start < pixel.size:
        end = _run_end(pixel, start)
        p = int64(pixel[start])
        if is_wide:
            pos = put_unsigned(out, pos, fold(p))
        else:
            out[pos] = p & 0xFF
            out[pos + 1] = p >> 8 & 0xFF
            pos += 2
        pos = _put_4(out, pos, end - start)
        for k in range(start, end):
            pos = _put_4(out, pos, int64(times[k]))
        if amplitude.size > 0:
            for k in range(start, end):
                pos = _put_4(out, pos, int64(amplitudes[k]))
        start = end
    return out[:pos]
