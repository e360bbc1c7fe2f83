"""How much of a cleaned image lies at the edge of the camera.

Shapes: ``e`` events, ``p`` pixels, ``k`` kept pixels of all events. Charges in p.e.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, Mask

LEAKAGE = (
    "pixels_width_1",
    "pixels_width_2",
    "intensity_width_1",
    "intensity_width_2",
)
_PIXELS_1 = LEAKAGE.index("pixels_width_1")
_PIXELS_2 = LEAKAGE.index("pixels_width_2")
_INTENSITY_1 = LEAKAGE.index("intensity_width_1")
_INTENSITY_2 = LEAKAGE.index("intensity_width_2")


@njit
def leakage(
    charge: F8,
    indptr: I8,
    pixels: I4,
    wanted: Mask,
    border_1: Mask,
    border_2: Mask,
) -> F8:
    """Shares of pixels and charge in the outermost one and two rows of pixels.

    Parameters
    ----------
    charge : float64[k]
        Charge of the kept pixels, p.e.
    indptr, pixels : int64[e + 1], int32[k]
        Kept pixels of each event, from `kept_pixels`.
    wanted : bool[e]
        Images to parametrize.
    border_1, border_2 : bool[p]
        Pixels in a border of one and of two pixels.

    Returns
    -------
    out : float64[4, e]
        One contiguous row per name in `LEAKAGE`, NaN where an image is not wanted or
        has no charge.
    """
    n_events = indptr.size - 1
    out = np.full((len(LEAKAGE), n_events), np.nan)
    for e in range(n_events):
        if not wanted[e]:
            continue
        n_1 = n_2 = 0
        size = size_1 = size_2 = 0.0
        for k in range(indptr[e], indptr[e + 1]):
            p = pixels[k]
            size += charge[k]
            if border_1[p]:
                n_1 += 1
                size_1 += charge[k]
            if border_2[p]:
                n_2 += 1
                size_2 += charge[k]
        if not size > 0.0:
            continue
        n_kept = indptr[e + 1] - indptr[e]
        out[_PIXELS_1, e] = n_1 / n_kept
        out[_PIXELS_2, e] = n_2 / n_kept
        out[_INTENSITY_1, e] = size_1 / size
        out[_INTENSITY_2, e] = size_2 / size
    return out
