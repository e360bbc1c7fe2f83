"""How many islands of touching pixels a cleaned image has, by size.

Shapes: ``e`` events, ``p`` pixels, ``k`` kept pixels of all events, ``n`` neighbour
pairs. It walks the lists of kept pixels: labelling whole images first would cost more
than all counting.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I4, I8, Mask

ISLAND_COUNTS = (
    "n_pixels",
    "n_islands",
    "n_small_islands",
    "n_medium_islands",
    "n_large_islands",
)
_PIXELS = ISLAND_COUNTS.index("n_pixels")
_ISLANDS = ISLAND_COUNTS.index("n_islands")
_SMALL_ISLANDS = ISLAND_COUNTS.index("n_small_islands")
_MEDIUM_ISLANDS = ISLAND_COUNTS.index("n_medium_islands")
_LARGE_ISLANDS = ISLAND_COUNTS.index("n_large_islands")
LARGEST_SMALL_ISLAND = 2
"""Pixels of the largest island that counts as small (ctapipe's data model)."""
LARGEST_MEDIUM_ISLAND = 50
"""Pixels of the largest island that counts as medium (ctapipe's data model)."""


@njit
def _island_size(
    seed: int,
    waiting: Mask,
    stack: I4,
    indptr: I4,
    indices: I4,
) -> int:
    """Pixels of the island around ``seed``; they no longer wait afterwards."""
    stack[0] = seed
    waiting[seed] = False
    n_stacked = 1
    size = 0
    while n_stacked:
        n_stacked -= 1
        p = stack[n_stacked]
        size += 1
        for i in range(indptr[p], indptr[p + 1]):
            neighbor = indices[i]
            if waiting[neighbor]:
                waiting[neighbor] = False
                stack[n_stacked] = neighbor
                n_stacked += 1
    return size


@njit
def island_counts(
    indptr: I8,
    pixels: I4,
    neighbor_indptr: I4,
    neighbor_indices: I4,
) -> I4:
    """Count kept pixels and islands of kept pixels of each event.

    Parameters
    ----------
    indptr, pixels : int64[e + 1], int32[k]
        Kept pixels of each event, from `kept_pixels`.
    neighbor_indptr, neighbor_indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    out : int32[5, e]
        One contiguous row per name in `ISLAND_COUNTS`.
    """
    n_events = indptr.size - 1
    out = np.zeros((len(ISLAND_COUNTS), n_events), np.int32)
    waiting = np.zeros(neighbor_indptr.size - 1, np.bool_)
    stack = np.empty(neighbor_indptr.size - 1, np.int32)
    for e in range(n_events):
        kept = pixels[indptr[e] : indptr[e + 1]]
        waiting[kept] = True
        out[_PIXELS, e] = kept.size
        for p in kept:
            if not waiting[p]:
                continue
            size = _island_size(p, waiting, stack, neighbor_indptr, neighbor_indices)
            out[_ISLANDS, e] += 1
            if size <= LARGEST_SMALL_ISLAND:
                out[_SMALL_ISLANDS, e] += 1
            elif size <= LARGEST_MEDIUM_ISLAND:
                out[_MEDIUM_ISLANDS, e] += 1
            else:
                out[_LARGE_ISLANDS, e] += 1
    return out
