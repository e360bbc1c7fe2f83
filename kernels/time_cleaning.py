"""Which pixels hold light of the shower, by their charge and by their time.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs. A time that is NaN is within
no limit of any other.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I4, Mask
from cta_columnar.kernels.cleaning import find_picture
from cta_columnar.kernels.morphology import heaviest_island, neighbors_in


@inline
def _neighbors_in_time(
    mask: Mask, pixel: int, time: F4, limit: float, indptr: I4, indices: I4
) -> int:
    """Count the neighbours in a mask whose time is near that of the pixel."""
    count = 0
    for j in range(indptr[pixel], indptr[pixel + 1]):
        q = indices[j]
        count += mask[q] and abs(time[pixel] - time[q]) < limit
    return count


@njit
def time_delta(
    mask: Mask, time: F4, min_neighbors: int, limit: float, indptr: I4, indices: I4
) -> Mask:
    """Keep pixels of a mask that have neighbours in it of nearly the same time.

    Parameters
    ----------
    mask : bool[e, p]
        Pixels; what is decided of one does not depend on what is decided of others.
    time : float32[e, p]
        Time of each pixel, ns.
    min_neighbors : int
        How many such neighbours a pixel needs.
    limit : float
        Times differ by less than this, ns.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    out : bool[e, p]
        Kept pixels.
    """
    n_events, n_pixels = mask.shape
    out = np.zeros((n_events, n_pixels), np.bool_)
    for e in range(n_events):
        for p in range(n_pixels):
            out[e, p] = mask[e, p] and (
                _neighbors_in_time(mask[e], p, time[e], limit, indptr, indices)
                >= min_neighbors
            )
    return out


@njit
def fact(
    image: F4,
    time: F4,
    picture_threshold: F4,
    boundary_threshold: F4,
    min_neighbors: int,
    time_limit: float,
    indptr: I4,
    indices: I4,
) -> Mask:
    """Keep bright pixels and their neighbours if enough of them came together.

    The picture is found as in `tailcuts`; its pixels and their neighbours are kept if
    they reach the boundary threshold. Then pixels go that lack neighbours among the
    kept ones: neighbours of nearly the same time, any neighbours, and again neighbours
    of nearly the same time.

    Source: F. Temme, dissertation, TU Dortmund (2016), as ctapipe has it.

    Parameters
    ----------
    image : float32[e, p]
        Charge.
    time : float32[e, p]
        Time of each pixel, ns.
    picture_threshold, boundary_threshold : float32[p]
        In the unit of the image.
    min_neighbors : int
        Neighbours that a pixel needs in each step; if 0, times are not looked at.
    time_limit : float
        Times differ by less than this, ns.
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
    # Each step reads what the one before wrote. All False between events.
    bright = np.zeros(n_pixels, np.bool_)
    picture = np.zeros(n_pixels, np.bool_)
    kept = np.zeros(n_pixels, np.bool_)
    for e in range(n_events):
        charge, t = image[e], time[e]
        pixels = find_picture(
            charge,
            picture_threshold,
            lower_threshold,
            min_neighbors,
            found,
            bright,
            picture,
            indptr,
            indices,
        )
        for p in pixels:
            kept[p] = charge[p] >= boundary_threshold[p] and (
                picture[p] or neighbors_in(picture, p, indptr, indices) > 0
            )
        if min_neighbors <= 0:
            mask[e, pixels] = kept[pixels]
        else:
            near, enough = bright, picture
            for p in pixels:
                near[p] = kept[p] and (
                    _neighbors_in_time(kept, p, t, time_limit, indptr, indices)
                    >= min_neighbors
                )
            for p in pixels:
                enough[p] = (
                    near[p] and neighbors_in(near, p, indptr, indices) >= min_neighbors
                )
            for p in pixels:
                mask[e, p] = enough[p] and (
                    _neighbors_in_time(enough, p, t, time_limit, indptr, indices)
                    >= min_neighbors
                )
        bright[pixels] = picture[pixels] = kept[pixels] = False
    return mask


@inline
def _mean_time(mask: Mask, image: F4, time: F4) -> float:
    """Mean time of the pixels of a mask, weighted by the square of their charge."""
    total, weights = 0.0, 0.0
    for p in range(mask.size):
        if mask[p] and not math.isnan(time[p]):
            weight = np.float64(image[p]) * image[p]
            total += weight * time[p]
            weights += weight
    return total / weights if weights > 0.0 else math.nan


@njit
def time_constrained(
    image: F4,
    time: F4,
    picture_threshold: F4,
    boundary_threshold: F4,
    min_neighbors: int,
    core_limit: float,
    boundary_limit: float,
    indptr: I4,
    indices: I4,
) -> Mask:
    """Keep bright pixels of about the mean time, and neighbours of their time.

    The picture is found as in `tailcuts`. Of it, the pixels whose time is near the mean
    time of its brightest island are the core; from twice the picture threshold on, the
    limit is twice as wide. Neighbours of the core above the boundary threshold are kept
    if enough core pixels around them have nearly the same time.

    Source: the image cleaning of MAGIC, as ctapipe has it.

    Parameters
    ----------
    image : float32[e, p]
        Charge.
    time : float32[e, p]
        Time of each pixel, ns; NaN is left out of the mean.
    picture_threshold, boundary_threshold : float32[p]
        In the unit of the image.
    min_neighbors : int
        Neighbours above the picture threshold that a picture pixel needs, and core
        pixels of nearly the same time that a pixel beside the core needs.
    core_limit : float
        Core pixels differ from the mean time by less than this, ns.
    boundary_limit : float
        The others differ from core pixels by less than this, ns.
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
    # All False between events.
    bright = np.zeros(n_pixels, np.bool_)
    picture = np.zeros(n_pixels, np.bool_)
    core = np.zeros(n_pixels, np.bool_)
    for e in range(n_events):
        charge, t = image[e], time[e]
        pixels = find_picture(
            charge,
            picture_threshold,
            lower_threshold,
            min_neighbors,
            found,
            bright,
            picture,
            indptr,
            indices,
        )
        if picture[pixels].any():
            island = heaviest_island(picture, charge, indptr, indices)
            mean = _mean_time(island, charge, t)
            for p in pixels:
                is_very_bright = charge[p] >= 2 * picture_threshold[p]
                limit = 2 * core_limit if is_very_bright else core_limit
                core[p] = picture[p] and abs(t[p] - mean) < limit
            for p in pixels:
                mask[e, p] = core[p] or (
                    charge[p] >= boundary_threshold[p]
                    and neighbors_in(core, p, indptr, indices) > 0
                    and _neighbors_in_time(core, p, t, boundary_limit, indptr, indices)
                    >= min_neighbors
                )
        bright[pixels] = picture[pixels] = core[pixels] = False
    return mask
