"""Image parameters that depend on where the source is.

Shapes: ``e`` events. Lengths have the unit of the centroids, angles are in rad.

The names dist, alpha and miss are those of A. M. Hillas, Proc. 19th ICRC (La Jolla) 3,
445 (1985), and of T. C. Weekes et al., Astrophys. J. 342, 379 (1989).
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8

SOURCE = ("dist", "alpha", "miss", "along", "across", "skewness", "timing_slope")
_DIST, _ALPHA, _MISS, _ALONG, _ACROSS, _SKEWNESS, _SLOPE = range(len(SOURCE))


@njit
def source_parameters(
    cog_x: F8,
    cog_y: F8,
    psi: F8,
    skewness: F8,
    slope: F8,
    source_x: float,
    source_y: float,
) -> F8:
    """Place of a source with respect to images, and their senses along the axis.

    Parameters
    ----------
    cog_x, cog_y, psi, skewness : float64[e]
        Hillas centroid, axis and third moment.
    slope : float64[e]
        Time gradient along the axis.
    source_x, source_y : float
        The source.

    Returns
    -------
    out : float64[7, e]
        One contiguous row per name in `SOURCE`. ``dist`` is from the centroid to the
        source, ``along`` and ``across`` are its parts in the directions ``psi`` and
        ``psi + pi / 2``, ``miss`` is the absolute value of ``across``, ``alpha`` the
        angle between the two straight lines, in [0, pi / 2]. ``skewness`` and
        ``timing_slope`` change their sign where ``psi`` points to the source, so that
        they run away from it. NaN where an image has no axis.
    """
    out = np.full((len(SOURCE), cog_x.size), np.nan)
    for e in range(cog_x.size):
        dx = source_x - cog_x[e]
        dy = source_y - cog_y[e]
        along = dx * math.cos(psi[e]) + dy * math.sin(psi[e])
        across = dy * math.cos(psi[e]) - dx * math.sin(psi[e])
        away = -1.0 if along > 0.0 else 1.0
        if math.isnan(along):
            continue
        out[_DIST, e] = math.hypot(dx, dy)
        out[_ALPHA, e] = math.atan2(abs(across), abs(along))
        out[_MISS, e] = abs(across)
        out[_ALONG, e] = along
        out[_ACROSS, e] = across
        out[_SKEWNESS, e] = away * skewness[e]
        out[_SLOPE, e] = away * slope[e]
    return out
