"""Which pixels hold light of the shower, by their charge.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, I4, Mask
from cta_columnar.kernels.morphology import neighbors_in


@inline
def pixels_above(charge: F4, threshold: F4, out: I4) -> int:
    """List the pixels that reach their threshold; return how many there are."""
    n_found = 0
    for p in range(charge.size):
        # The write is unconditional: a branch would be mispredicted in every image.
        out[n_found] = p
        n_found += charge[p] >= threshold[p]
    return n_found


@inline
def find_picture(
    charge: F4,
    threshold: F4,
    lower_threshold: F4,
    min_neighbors: int,
    found: I4,
    bright: Mask,
    picture: Mask,
    indptr: I4,
    indices: I4,
) -> I4:
    """Mark pixels that are bright, and those of them with enough bright neighbours.

    Returns the pixels above the lower threshold, listed in ``found``; no other is
    marked. Both masks are False everywhere before.
    """
    pixels = found[: pixels_above(charge, lower_threshold, found)]
    for p in pixels:
        bright[p] = charge[p] >= threshold[p]
    for p in pixels:
        picture[p] = (
            bright[p] and neighbors_in(bright, p, indptr, indices) >= min_neighbors
        )
    return pixels


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
    picture_threshold : float32[1, p] or float32[e, p]
        In the unit of the image, for all events together or for each of them.
    boundary_threshold : float32[p]
        In the same unit.
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
        row = e if len(picture_threshold) > 1 else 0
        pixels = find_picture(
            image[e],
            picture_threshold[row],
            lower_threshold[row],
            needed,
            found,
            bright,
            picture,
            indptr,
            indices,
        )
        for p in pixels:
            boundary[p] = image[e, p] >= boundary_threshold[p]
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


@njit
def mars(
    image: F4,
    picture_threshold: F4,
    boundary_threshold: F4,
    min_picture_neighbors: int,
    indptr: I4,
    indices: I4,
) -> Mask:
    """Keep what `tailcuts` keeps, and one more ring above the boundary threshold.

    Source: first pass of the image cleaning of MARS, the analysis chain of MAGIC, as
    ctapipe has it. Pixels of `tailcuts` without a neighbour above the boundary
    threshold are not kept.

    Parameters
    ----------
    image : float32[e, p]
        Charge.
    picture_threshold, boundary_threshold : float32[p]
        In the unit of the image.
    min_picture_neighbors : int
        Neighbours above the picture threshold that a picture pixel needs.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    mask : bool[e, p]
        Kept pixels.
    """
    first = tailcuts(
        image,
        picture_threshold.reshape((1, -1)),
        boundary_threshold,
        min_picture_neighbors,
        False,
        indptr,
        indices,
    )
    n_events, n_pixels = image.shape
    mask = np.zeros((n_events, n_pixels), np.bool_)
    for e in range(n_events):
        boundary = image[e] >= boundary_threshold
        for p in range(n_pixels):
            mask[e, p] = (
                boundary[p] and neighbors_in(first[e], p, indptr, indices) > 0
            ) or (first[e, p] and neighbors_in(boundary, p, indptr, indices) > 0)
    return mask


@njit
def brightest_means(image: F4, n_pixels: int) -> F8:
    """Mean charge of the brightest pixels of each image.

    Parameters
    ----------
    image : float32[e, p]
        Charge; NaN counts as no pixel.
    n_pixels : int
        How many of the brightest pixels; at least 1.

    Returns
    -------
    mean : float64[e]
        Of all pixels if there are fewer; NaN if there is none.
    """
    out = np.empty(len(image), np.float64)
    brightest = np.empty(n_pixels, np.float64)
    for e in range(len(image)):
        brightest[:] = -math.inf
        n_found = 0
        for charge in image[e]:
            n_found += not math.isnan(charge)
            if charge > brightest[0]:
                # Ascending: the faintest one makes room.
                i = 0
                while i + 1 < n_pixels and brightest[i + 1] < charge:
                    brightest[i] = brightest[i + 1]
                    i += 1
                brightest[i] = charge
        n_used = min(n_found, n_pixels)
        total = brightest[n_pixels - n_used :].sum()
        out[e] = total / n_used if n_used else math.nan
    return out
