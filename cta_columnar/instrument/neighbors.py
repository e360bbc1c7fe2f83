"""Which pixels touch, and which lie at the border."""

from typing import NamedTuple

import numpy as np

from cta_columnar.array_types import F8, I4, Mask
from cta_columnar.instrument.freezing import frozen
from cta_columnar.kernels.neighbors import neighbor_lists

# Neighbours are closer than this many times the distance to the nearest pixel. On a
# hexagonal grid the second ring begins at sqrt(3); on a square grid, by the L1 norm,
# at 2. Values of ctapipe, which also fit cameras with gaps between modules.
HEXAGONAL_REACH, HEXAGONAL_NEIGHBORS = 1.4, 6
SQUARE_REACH, SQUARE_NEIGHBORS = 1.5, 4


class Neighbors(NamedTuple):
    """Neighbours of each pixel in compressed sparse rows, read-only.

    Attributes
    ----------
    indptr : int32[p + 1]
        Where the neighbours of each pixel start.
    indices : int32[k]
        Neighbours, pixel after pixel, ascending.
    """

    indptr: I4
    indices: I4


def find_neighbors(pix_x: F8, pix_y: F8, *, square: bool) -> Neighbors:
    """Neighbours of each pixel, by distance.

    Parameters
    ----------
    pix_x, pix_y : float64[p]
        Positions, any unit.
    square : bool
        Whether the pixels lie on a square grid (up to 4 neighbours, L1 norm) rather
        than a hexagonal one (up to 6, L2 norm).
    """
    reach = SQUARE_REACH if square else HEXAGONAL_REACH
    most = SQUARE_NEIGHBORS if square else HEXAGONAL_NEIGHBORS
    lists, counts = neighbor_lists(
        np.ascontiguousarray(pix_x, np.float64),
        np.ascontiguousarray(pix_y, np.float64),
        reach,
        most,
        square,
    )
    indptr = np.zeros(counts.size + 1, np.int32)
    np.cumsum(counts, out=indptr[1:])
    kept = np.arange(most) < counts[:, np.newaxis]
    return Neighbors(frozen(indptr), frozen(lists[kept]))


def border_mask(neighbors: Neighbors, width: int) -> Mask:
    """bool[p]: pixels with fewer neighbours than others, and rings inward from them.

    Ring ``n`` are the pixels that touch ring ``n - 1``.
    """
    counts = np.diff(neighbors.indptr)
    mask: Mask = counts < counts.max(initial=0)
    pixel = np.repeat(np.arange(counts.size), counts)
    for _ in range(width - 1):
        touching = pixel[mask[neighbors.indices]]
        mask = np.zeros(counts.size, np.bool_)
        mask[touching] = True
    return mask
