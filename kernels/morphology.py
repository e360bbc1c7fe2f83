"""Pixels that touch: neighbours in a mask, and islands.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I4, Mask


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
def islands(mask: Mask, indptr: I4, indices: I4) -> tuple[I4, int]:
    """Label the groups of touching pixels in one image.

    Parameters
    ----------
    mask : bool[p]
        Pixels to group.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    labels : int32[p]
        0 outside the mask; islands count from 1 in the order of their lowest pixel.
    n_islands : int
        Number of islands.
    """
    labels = np.zeros(mask.size, np.int32)
    n_islands = 0
    stack = np.empty(mask.size, np.int32)
    for p in range(mask.size):
        if mask[p] and labels[p] == 0:
            n_islands += 1
            _flood(p, n_islands, mask, indptr, indices, labels, stack)
    return labels, n_islands


@njit
def heaviest_island(mask: Mask, weight: F4, indptr: I4, indices: I4) -> Mask:
    """Keep the island of one image whose pixels weigh most.

    Parameters
    ----------
    mask : bool[p]
        Pixels of islands.
    weight : float32[p]
        Weight of each pixel, such as its charge. An island with NaN in it weighs less
        than any other.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    out : bool[p]
        The pixels of that island, of equal ones that with the lowest pixel; none if
        there is no island.
    """
    labels, n_islands = islands(mask, indptr, indices)
    total = np.zeros(n_islands + 1)
    for p in range(mask.size):
        if labels[p]:
            total[labels[p]] += weight[p]
    best = min(n_islands, 1)
    for label in range(2, n_islands + 1):
        # Also true where the best one so far is NaN and this one is not.
        if total[label] == total[label] and not total[label] <= total[best]:
            best = label
    out = np.empty(mask.size, np.bool_)
    for p in range(mask.size):
        out[p] = (labels[p] == best) & mask[p]
    return out


@njit
def heaviest_islands(mask: Mask, weight: F4, indptr: I4, indices: I4) -> Mask:
    """Keep the heaviest island of every image, see `heaviest_island`.

    Parameters
    ----------
    mask : bool[e, p]
        Pixels of islands.
    weight : float32[e, p]
        Weight of each pixel.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    out : bool[e, p]
        The pixels of one island per event.
    """
    out = np.zeros(mask.shape, np.bool_)
    for e in range(len(mask)):
        out[e] = heaviest_island(mask[e], weight[e], indptr, indices)
    return out
