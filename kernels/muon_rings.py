"""Rings that muons leave in the camera: centre and radius.

Shapes: ``r`` candidates for a ring, ``p`` pixels. Lengths have the unit of the pixel
positions, charges are in p.e., angles in rad.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, Mask
from cta_columnar.kernels.circles import kundu_chaudhuri_circle, taubin_circle

MUON_RING = (
    "center_fov_lon",
    "center_fov_lat",
    "radius",
    "center_fov_lon_err",
    "center_fov_lat_err",
    "radius_err",
    "center_phi",
    "center_distance",
)
KUNDU_CHAUDHURI = 0
"""Closed form, weighted by charge."""
TAUBIN = 1
"""Smallest ratio of Taubin, every pixel alike."""
KUNDU_CHAUDHURI_TAUBIN = 2
"""Smallest ratio of Taubin, weighted by charge; named after where ctapipe starts."""
N_FITS = 3
"""Fits, each but the first to the pixels near the ring of the one before."""
NEAR = 0.4
"""How far from the ring these may be, in radii."""

_LON, _LAT, _RADIUS = range(3)
_PHI = MUON_RING.index("center_phi")
_DISTANCE = MUON_RING.index("center_distance")


@inline
def _fit(
    image: F4, used: Mask, x: F8, y: F8, method: int, points: F8, circle: F8
) -> None:
    """Fit a circle to the pixels in use; ``points`` is float64[3, p] to work on."""
    n = 0
    for p in range(x.size):
        if used[p]:
            points[0, n] = x[p]
            points[1, n] = y[p]
            points[2, n] = 1.0 if method == TAUBIN else image[p]
            n += 1
    if method == KUNDU_CHAUDHURI:
        kundu_chaudhuri_circle(points[0, :n], points[1, :n], points[2, :n], circle)
    else:
        taubin_circle(points[0, :n], points[1, :n], points[2, :n], circle)


@njit
def muon_rings(
    image: F4, mask: Mask, x: F8, y: F8, method: int, out: F8, near: Mask
) -> None:
    """Fit a ring to each image: to the kept pixels, then twice to those near it.

    Parameters
    ----------
    image : float32[r, p]
        Charges of whole images, p.e.
    mask : bool[r, p]
        Pixels that the cleaning kept.
    x, y : float64[p]
        Pixel positions.
    method : int
        `KUNDU_CHAUDHURI`, `TAUBIN` or `KUNDU_CHAUDHURI_TAUBIN`.
    out : float64[8, r]
        Result: one row per name in `MUON_RING`, NaN where some fit finds no circle.
    near : bool[r, p]
        Result: pixels less than `NEAR` radii from the ring.
    """
    circle = np.empty(6)
    points = np.empty((3, x.size))
    used = np.empty(x.size, np.bool_)
    for r in range(image.shape[0]):
        for p in range(x.size):
            used[p] = mask[r, p]
        for _ in range(N_FITS):
            _fit(image[r], used, x, y, method, points, circle)
            limit = NEAR * circle[_RADIUS]
            for p in range(x.size):
                d = math.hypot(x[p] - circle[_LON], y[p] - circle[_LAT])
                used[p] = abs(d - circle[_RADIUS]) < limit
        for p in range(x.size):
            near[r, p] = used[p]
        for i in range(6):
            out[i, r] = circle[i]
        out[_PHI, r] = math.atan2(circle[_LAT], circle[_LON])
        out[_DISTANCE, r] = math.hypot(circle[_LON], circle[_LAT])
