"""Time gradient of cleaned shower images along their axis.

Shapes: ``e`` events, ``p`` pixels, ``k`` kept pixels of all events. Times are in ns,
lengths have the unit of the pixel positions, angles are in rad.

The line is fitted by least trimmed squares. Where the fit needs random starts, they are
a function of the number of pixels alone: the same image has the same answer, whatever
came before it and whatever its ids.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8, I4, I8, Mask
from cta_columnar.kernels.random import TIMING_FIT, below, words_of
from cta_columnar.kernels.trimmed_line import trimmed_line

TIMING = ("slope", "intercept", "deviation")
_SLOPE = TIMING.index("slope")
_INTERCEPT = TIMING.index("intercept")
_DEVIATION = TIMING.index("deviation")


@inline
def _is_listed(pairs: I8, n_pairs: int, i: np.int64, j: np.int64) -> bool:
    listed = False
    for m in range(n_pairs):
        listed |= pairs[m, 0] == i and pairs[m, 1] == j
    return listed


@njit
def starting_pairs(n_points: int, n_pairs: int) -> I8:
    """Pairs of points to start fits from: all there are, or some at random.

    Parameters
    ----------
    n_points : int
        Points to choose from, and the key of the random numbers.
    n_pairs : int
        All pairs are taken if there are no more than so many, else so many distinct
        ones at random.

    Returns
    -------
    pairs : int64[m, 2]
        Numbers of two points, the smaller one first.
    """
    n_all = n_points * (n_points - 1) // 2
    pairs = np.empty((min(n_all, n_pairs), 2), np.int64)
    n_found = 0
    if n_all <= n_pairs:
        for i in range(n_points):
            for j in range(i + 1, n_points):
                pairs[n_found, 0] = i
                pairs[n_found, 1] = j
                n_found += 1
        return pairs

    block = 0
    while n_found < n_pairs:
        words = words_of(n_points, TIMING_FIT, block)
        block += 1
        for half in range(2):
            one = below(words[2 * half], n_points)
            other = below(words[2 * half + 1], n_points - 1)
            if other >= one:
                other += 1
            first, second = min(one, other), max(one, other)
            if n_found < n_pairs and not _is_listed(pairs, n_found, first, second):
                pairs[n_found, 0] = first
                pairs[n_found, 1] = second
                n_found += 1
    return pairs


@njit
def _timing_one(
    along: F8,
    time: F8,
    n_pairs: int,
    kept_fraction: float,
) -> tuple[float, float, float]:
    """Slope, intercept and deviation of one image."""
    usable = np.isfinite(along) & np.isfinite(time)
    x = along[usable]
    y = time[usable]
    if x.size < 2:
        return math.nan, math.nan, math.nan
    n_kept = max(int(kept_fraction * x.size), 1)
    pairs = starting_pairs(x.size, n_pairs)
    slope, intercept = trimmed_line(x, y, n_kept, pairs)
    total = 0.0
    for k in range(along.size):
        residual = time[k] - (slope * along[k] + intercept)
        total += residual * residual
    return slope, intercept, math.sqrt(total / along.size)


@njit
def timing(
    peak_time: F8,
    indptr: I8,
    pixels: I4,
    wanted: Mask,
    x: F8,
    y: F8,
    cog_x: F8,
    cog_y: F8,
    psi: F8,
    n_pairs: int,
    kept_fraction: float,
) -> F8:
    """Straight line of peak time against the position along the image axis.

    Parameters
    ----------
    peak_time : float64[k]
        Peak time of the kept pixels, ns.
    indptr, pixels : int64[e + 1], int32[k]
        Kept pixels of each event, from `kept_pixels`.
    wanted : bool[e]
        Images to parametrize.
    x, y : float64[p]
        Pixel positions.
    cog_x, cog_y, psi : float64[e]
        Hillas centroid and axis.
    n_pairs : int
        Pairs of pixels to start from, besides the line through all pixels.
    kept_fraction : float
        Share of the pixels, rounded down, whose squares are summed.

    Returns
    -------
    out : float64[3, e]
        One contiguous row per name in `TIMING`; ``deviation`` is the rms about the
        line over all kept pixels. NaN where an image is not wanted, has no axis, or
        fewer than 2 pixels with a time, or where no starting line leads to a fit
        through points of more than one position: so for 2 pixels, unless
        ``kept_fraction`` is 1. A NaN time is left out of the fit, but not of the
        deviation.
    """
    n_events = indptr.size - 1
    out = np.full((len(TIMING), n_events), np.nan)
    along = np.empty(pixels.size)
    for e in range(n_events):
        if not wanted[e]:
            continue
        first, last = indptr[e], indptr[e + 1]
        cos_psi = math.cos(psi[e])
        sin_psi = math.sin(psi[e])
        for k in range(first, last):
            p = pixels[k]
            along[k] = (x[p] - cog_x[e]) * cos_psi + (y[p] - cog_y[e]) * sin_psi
        out[_SLOPE, e], out[_INTERCEPT, e], out[_DEVIATION, e] = _timing_one(
            along[first:last], peak_time[first:last], n_pairs, kept_fraction
        )
    return out
