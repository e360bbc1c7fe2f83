"""Pixels that touch: neighbours in a mask, and islands.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import I4, Mask


@inline
def neighbors_in(mask: Mask, pixel: int, indptr: I4, indices: I4) -> int:
    """Count the neighbours of a pixel that are in a mask over the pixels."""
    count = 0
    for j in range(indptr[pixel], indptr[pixel + 1]):
        count += mask[indices[j]]
    return count


@njit
def _flood(
    seed: int, label: int, mask: Mask, indptr: I4, indices: I4, labels: I4, stack: I4
) -> None:
    """Label the island of one pixel, with a stack of pixels still to look at."""
    labels[seed] = label
    stack[0] = seed
    n_stacked = 1
    while n_stacked:
        n_stacked -= 1
        p = stack[n_stacked]
        for j in range(indptr[p], indptr[p + 1]):
            q = indices[j]
            if mask[q] and labels[q] == 0:
                labels[q] = label
                stack[n_stacked] = q
                n_stacked += 1


@njit
def islands(mask: Mask, indptr: I4, indices: I4) -> tuple[I4, I4]:
    """Label the groups of touching pixels in every image.

    Parameters
    ----------
    mask : bool[e, p]
        Pixels to group.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    labels : int32[e, p]
        0 outside the mask; islands count from 1 in the order of their lowest pixel.
    n_islands : int32[e]
        Number of islands.
    """
    n_events, n_pixels = mask.shape
    labels = np.zeros((n_events, n_pixels), np.int32)
    n_islands = np.zeros(n_events, np.int32)
    stack = np.empty(n_pixels, np.int32)
    for e in range(n_events):
        for p in range(n_pixels):
            if mask[e, p] and labels[e, p] == 0:
                n_islands[e] += 1
                _flood(p, n_islands[e], mask[e], indptr, indices, labels[e], stack)
    return labels, n_islands
