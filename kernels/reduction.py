"""Which pixels are worth the samples of their waveform.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4, I4, Mask
from cta_columnar.kernels.cleaning import tailcuts


@njit
def _add_rings(
    mask: Mask, allowed: Mask, n_rings: int, listed: I4, indptr: I4, indices: I4
) -> None:
    """Add the allowed neighbours, then theirs, up to ``n_rings`` times."""
    first, last = 0, 0
    for p in range(mask.size):
        listed[last] = p
        last += mask[p]
    for _ in range(n_rings):
        n_listed = last
        for i in range(first, last):
            p = listed[i]
            for j in range(indptr[p], indptr[p + 1]):
                q = indices[j]
                if allowed[q] and not mask[q]:
                    mask[q] = True
                    listed[n_listed] = q
                    n_listed += 1
        if n_listed == last:
            return
        first, last = last, n_listed


@njit
def grown(mask: Mask, n_rings: int, indptr: I4, indices: I4) -> Mask:
    """Add neighbours to the pixels of a mask, then theirs, ``n_rings`` times.

    Parameters
    ----------
    mask : bool[e, p]
        Pixels to begin with; left as it is.
    n_rings : int
        Rings of neighbours to add.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    grown : bool[e, p]
        Those pixels, and the rings around them.
    """
    grown = mask.copy()
    everywhere = np.ones(mask.shape[1], np.bool_)
    # One more than pixels, since a pixel is written before it is known to be in.
    listed = np.empty(mask.shape[1] + 1, np.int32)
    for e in range(len(mask)):
        _add_rings(grown[e], everywhere, n_rings, listed, indptr, indices)
    return grown


@njit
def tailcuts_reduction(
    image: F4,
    picture_threshold: F4,
    boundary_threshold: F4,
    min_picture_neighbors: int,
    keep_isolated_pixels: bool,
    do_boundary_dilation: bool,
    n_end_dilates: int,
    indptr: I4,
    indices: I4,
) -> Mask:
    """Keep what tail cuts keep, all above the boundary that touches it, and rings.

    The seeds are the pixels that `tailcuts` keeps. Pixels above the boundary threshold
    that touch them, or touch such a pixel, are added until there are no more; then
    seeds below the boundary threshold go, as in ctapipe: there are some only if a
    picture threshold is the lower one. In the end, the mask grows by whole rings.

    Parameters
    ----------
    image : float32[e, p]
        Charge.
    picture_threshold, boundary_threshold : float32[p]
        In the unit of the image.
    min_picture_neighbors : int
        Neighbours above the picture threshold that a seed needs.
    keep_isolated_pixels : bool
        Take all pixels above the picture threshold as seeds, whatever their neighbours.
    do_boundary_dilation : bool
        Add the pixels above the boundary threshold as said; else only the seeds stay.
    n_end_dilates : int
        Rings of neighbours to add in the end, whatever their charge.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    mask : bool[e, p]
        Pixels to keep.
    """
    mask = tailcuts(
        image,
        picture_threshold.reshape((1, -1)),
        boundary_threshold,
        min_picture_neighbors,
        keep_isolated_pixels,
        indptr,
        indices,
    )
    n_events, n_pixels = image.shape
    everywhere = np.ones(n_pixels, np.bool_)
    # One more than pixels, since a pixel is written before it is known to be in.
    listed = np.empty(n_pixels + 1, np.int32)
    for e in range(n_events):
        if do_boundary_dilation:
            boundary = image[e] >= boundary_threshold
            _add_rings(mask[e], boundary, n_pixels, listed, indptr, indices)
            mask[e] &= boundary
        _add_rings(mask[e], everywhere, n_end_dilates, listed, indptr, indices)
    return mask
