"""Waveforms to bytes that a general compressor packs well, and back; `docs/dl0.md`.

What is stored of a value is its difference from the sample before, of the first sample
in a row from the first one of the row before, modulo the range of the type. Differences
are folded to small positive numbers (0, -1, 1, -2 become 0, 1, 2, 3), and their bytes
are put into planes: the lowest bytes of all, then the next ones, which are mostly zero.

Shapes: ``i`` rows (pixels), ``s`` samples, ``n = i * s``; ``b`` bytes of a value.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import U1, Unsigned


@njit
def split_planes(values: Unsigned, planes: U1) -> None:
    """Turn waveforms into planes of bytes.

    Parameters
    ----------
    values : uint16[i, s] or uint32[i, s]
        Waveforms, one per row.
    planes : uint8[b * n]
        On return, the planes, the lowest bytes first.
    """
    n_rows, n_samples = values.shape
    n, n_bytes = values.size, values.itemsize
    top, mask = 8 * n_bytes - 1, (1 << 8 * n_bytes) - 1
    if n == 0:
        return
    folded = np.empty_like(values)
    for i in range(n_rows):
        row, out = values[i], folded[i]
        previous = int(values[i - 1, 0]) if i else 0
        step = (int(row[0]) - previous) & mask
        out[0] = step << 1 & mask ^ (step >> top) * mask
        for s in range(1, n_samples):
            step = (int(row[s]) - int(row[s - 1])) & mask
            out[s] = step << 1 & mask ^ (step >> top) * mask
    flat = folded.reshape(n)
    for b in range(n_bytes):
        plane = planes[b * n : (b + 1) * n]
        for j in range(n):
            plane[j] = flat[j] >> 8 * b & 0xFF


@njit
def join_planes(planes: U1, values: Unsigned) -> None:
    """Turn planes of bytes back into waveforms; any bytes are those of some waveforms.

    Parameters
    ----------
    planes : uint8[b * n]
        As `split_planes` makes them.
    values : uint16[i, s] or uint32[i, s]
        On return, the waveforms.
    """
    n_rows, n_samples = values.shape
    n, n_bytes = values.size, values.itemsize
    mask = (1 << 8 * n_bytes) - 1
    if n == 0:
        return
    # Plane after plane, then row after row: all but the sums goes through vectors.
    flat = values.reshape(n)
    low, high = planes[:n], planes[n : 2 * n]
    for j in range(n):
        flat[j] = int(low[j]) | int(high[j]) << 8
    for b in range(2, n_bytes):
        plane = planes[b * n : (b + 1) * n]
        for j in range(n):
            flat[j] |= int(plane[j]) << 8 * b
    for j in range(n):
        flat[j] = flat[j] >> 1 ^ (flat[j] & 1) * mask
    first = 0
    for i in range(n_rows):
        row = values[i]
        first += int(row[0])
        row[0] = first & mask
        value = first
        for s in range(1, n_samples):
            value += int(row[s])
            row[s] = value & mask
