"""Pixels whose signal must not be used.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I4, Mask


@inline
def _average(values: F4, pixel: int, broken: Mask, indptr: I4, indices: I4) -> float:
    """Mean over the neighbours that are not broken; 0 if there is none."""
    total = np.float32(0.0)
    count = 0
    for j in range(indptr[pixel], indptr[pixel + 1]):
        q = indices[j]
        if not broken[q]:
            total += values[q]
            count += 1
    return np.float64(total) / count if count else 0.0


@njit
def neighbor_average(values: F4, broken: Mask, indptr: I4, indices: I4) -> F4:
    """Give broken pixels the mean of their neighbours, as they were before.

    Parameters
    ----------
    values : float32[e, p]
        Charge or time.
    broken : bool[e, p]
        Pixels to replace; they are no source for others.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    out : float32[e, p]
        ``values``, new where ``broken``; summed in float32 in the order of neighbours.
    """
    out = values.copy()
    for e in range(values.shape[0]):
        for p in range(values.shape[1]):
            if broken[e, p]:
                out[e, p] = _average(values[e], p, broken[e], indptr, indices)
    return out
