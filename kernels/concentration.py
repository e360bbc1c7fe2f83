"""How strongly the charge of a cleaned image is concentrated.

Shapes: ``e`` events, ``p`` pixels, ``k`` kept pixels of all events. Lengths have the
unit of the pixel positions, charges are in p.e., angles in rad.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8, I4, I8, Mask

CONCENTRATION = ("cog", "core", "pixel")
_COG = CONCENTRATION.index("cog")
_CORE = CONCENTRATION.index("core")
_PIXEL = CONCENTRATION.index("pixel")


@inline
def _in_ellipse(
    dx: float, dy: float, cos_psi: float, sin_psi: float, length: float, width: float
) -> bool:
    along = (dx * cos_psi + dy * sin_psi) / length
    across = (dy * cos_psi - dx * sin_psi) / width
    return along * along + across * across <= 1.0


@njit
def concentration(
    charge: F8,
    indptr: I8,
    pixels: I4,
    wanted: Mask,
    x: F8,
    y: F8,
    pixel_width: F8,
    intensity: F8,
    cog_x: F8,
    cog_y: F8,
    length: F8,
    width: F8,
    psi: F8,
) -> F8:
    """Shares of the charge near the centroid, in the ellipse, in the brightest pixel.

    Parameters
    ----------
    charge : float64[k]
        Charge of the kept pixels, p.e.
    indptr, pixels : int64[e + 1], int32[k]
        Kept pixels of each event, from `kept_pixels`.
    wanted : bool[e]
        Images to parametrize.
    x, y, pixel_width : float64[p]
        Pixel positions and widths.
    intensity, cog_x, cog_y, length, width, psi : float64[e]
        Hillas parameters.

    Returns
    -------
    out : float64[3, e]
        One contiguous row per name in `CONCENTRATION`: the charge less than a pixel
        width from the centroid, that inside the ellipse of length and width (0 for an
        image without width), the largest one; all divided by the intensity. NaN where
        an image is not wanted or has no Hillas parameters.
    """
    n_events = indptr.size - 1
    out = np.full((len(CONCENTRATION), n_events), np.nan)
    for e in range(n_events):
        if not wanted[e] or not intensity[e] > 0.0:
            continue
        cos_psi = math.cos(psi[e])
        sin_psi = math.sin(psi[e])
        near = core = brightest = 0.0
        for k in range(indptr[e], indptr[e + 1]):
            p = pixels[k]
            dx = x[p] - cog_x[e]
            dy = y[p] - cog_y[e]
            if dx * dx + dy * dy < pixel_width[p] * pixel_width[p]:
                near += charge[k]
            if width[e] > 0.0 and _in_ellipse(
                dx, dy, cos_psi, sin_psi, length[e], width[e]
            ):
                core += charge[k]
            brightest = max(brightest, charge[k])
        out[_COG, e] = near / intensity[e]
        out[_CORE, e] = core / intensity[e]
        out[_PIXEL, e] = brightest / intensity[e]
    return out
