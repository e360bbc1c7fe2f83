"""Which pixels hold light of the shower.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I4, Mask
from cta_columnar.kernels.morphology import neighbors_in


@inline
def _pixels_above(charge: F4, threshold: F4, out: I4) -> int:
    """List the pixels that reach their threshold; return how many there are."""
    n_found = 0
    for p in range(charge.size):
        # The write is unconditional: a branch would be mispredicted in every image.
        out[n_found] = p
        n_found += charge[p] >= threshold[p]
    return n_found


@njit
def tailcuts(
    image: F4,
    picture_threshold: F4,
    boundary_threshold: F4,
    min_picture_neighbors: int,
    keep_isolated_pixels: bool,
    indptr: I4,
    indices: I4,
) -> Mask:
    """Keep bright pixels with bright neighbours, and less bright ones beside them.

    A pixel is in the picture if it and ``min_picture_neighbors`` of its neighbours
    reach the picture threshold. Kept are pixels above the boundary threshold with a
    neighbour in the picture, and pixels in the picture with a neighbour above the
    boundary threshold. Thresholds are reached by equality; NaN reaches none.

    Parameters
    ----------
    image : float32[e, p]
        Charge.
    picture_threshold, boundary_threshold : float32[p]
        In the unit of the image.
    min_picture_neighbors : int
        Neighbours above the picture threshold that a picture pixel needs.
    keep_isolated_pixels : bool
        Take all pixels above the picture threshold, whatever their neighbours.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    mask : bool[e, p]
        Kept pixels.
    """
    n_events, n_pixels = image.shape
    mask = np.zeros((n_events, n_pixels), np.bool_)
    lower_threshold = np.minimum(picture_threshold, boundary_threshold)
    found = np.empty(n_pixels + 1, np.int32)
    # All False between events, so that neighbours of the found pixels can be asked.
    bright = np.zeros(n_pixels, np.bool_)
    picture = np.zeros(n_pixels, np.bool_)
    boundary = np.zeros(n_pixels, np.bool_)
    needed = 0 if keep_isolated_pixels else min_picture_neighbors

    for e in range(n_events):
        pixels = found[: _pixels_above(image[e], lower_threshold, found)]
        for p in pixels:
            bright[p] = image[e, p] >= picture_threshold[p]
            boundary[p] = image[e, p] >= boundary_threshold[p]
        for p in pixels:
            picture[p] = (
                bright[p] and neighbors_in(bright, p, indptr, indices) >= needed
            )
        for p in pixels:
            mask[e, p] = (
                boundary[p] and neighbors_in(picture, p, indptr, indices) > 0
            ) or (
                picture[p]
                and (
                    keep_isolated_pixels
                    or neighbors_in(boundary, p, indptr, indices) > 0
                )
            )
        bright[pixels] = picture[pixels] = boundary[pixels] = False
    return mask
