"""Hillas moments of cleaned shower images.

Shapes: ``e`` events, ``p`` pixels, ``k`` kept pixels of all events. Lengths have the
unit of the pixel positions, charges are in p.e., angles in rad.

A. M. Hillas, Proc. 19th ICRC (La Jolla) 3, 445 (1985); the uncertainties are those of
the charge-weighted moments and of a charge-weighted straight line along the axis.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8, I4, I8, Mask

HILLAS = (
    "intensity",
    "skewness",
    "kurtosis",
    "fov_lon",
    "fov_lat",
    "r",
    "phi",
    "length",
    "length_uncertainty",
    "width",
    "width_uncertainty",
    "psi",
    "psi_uncertainty",
    "transverse_cog_uncertainty",
)
N_HILLAS = len(HILLAS)

_INTENSITY = HILLAS.index("intensity")
_SKEWNESS = HILLAS.index("skewness")
_KURTOSIS = HILLAS.index("kurtosis")
_FOV_LON = HILLAS.index("fov_lon")
_FOV_LAT = HILLAS.index("fov_lat")
_R = HILLAS.index("r")
_PHI = HILLAS.index("phi")
_LENGTH = HILLAS.index("length")
_LENGTH_UNCERTAINTY = HILLAS.index("length_uncertainty")
_WIDTH = HILLAS.index("width")
_WIDTH_UNCERTAINTY = HILLAS.index("width_uncertainty")
_PSI = HILLAS.index("psi")
_PSI_UNCERTAINTY = HILLAS.index("psi_uncertainty")
_TRANSVERSE_COG_UNCERTAINTY = HILLAS.index("transverse_cog_uncertainty")

# A variance up to the rounding of 1 deg2 is that of pixels on one line.
_ZERO_VARIANCE = float(np.finfo(np.float64).eps)


@inline
def _centroid(
    charge: F8,
    pixels: I4,
    x: F8,
    y: F8,
) -> tuple[float, float, float]:
    """Total charge and centroid; NaN without charge or with a negative one."""
    size = sum_x = sum_y = 0.0
    for k in range(charge.size):
        q = charge[k]
        if q < 0.0:
            return math.nan, math.nan, math.nan
        size += q
        sum_x += q * x[pixels[k]]
        sum_y += q * y[pixels[k]]
    if not size > 0.0:
        return math.nan, math.nan, math.nan
    return size, sum_x / size, sum_y / size


@inline
def _axes(
    charge: F8,
    pixels: I4,
    x: F8,
    y: F8,
    size: float,
    cog_x: float,
    cog_y: float,
) -> tuple[float, float, float]:
    """Length, width and angle of the ellipse of second moments."""
    # A second pass, about the centroid: the one-pass form cancels far off axis.
    var_x = var_y = cov = 0.0
    for k in range(charge.size):
        dx = x[pixels[k]] - cog_x
        dy = y[pixels[k]] - cog_y
        var_x += charge[k] * dx * dx
        var_y += charge[k] * dy * dy
        cov += charge[k] * dx * dy
    var_x /= size
    var_y /= size
    cov /= size

    half_sum = 0.5 * (var_x + var_y)
    half_gap = math.hypot(0.5 * (var_x - var_y), cov)
    major = half_sum + half_gap
    minor = half_sum - half_gap
    if abs(major) <= _ZERO_VARIANCE:
        major = 0.0
    if abs(minor) <= _ZERO_VARIANCE:
        minor = 0.0
    psi = 0.5 * math.atan2(2.0 * cov, var_x - var_y)
    # A round image has no axis; and -90 deg is the same axis as +90 deg.
    if half_gap == 0.0 or psi <= -0.5 * math.pi:
        psi = 0.5 * math.pi
    return math.sqrt(major), math.sqrt(minor), psi


@njit
def _higher_moments(
    charge: F8,
    pixels: I4,
    x: F8,
    y: F8,
    area: F8,
    out: F8,
) -> None:
    """Add what needs the axis to ``out``: moments along it, and uncertainties."""
    size = out[_INTENSITY]
    length = out[_LENGTH]
    width = out[_WIDTH]
    cos_psi = math.cos(out[_PSI])
    sin_psi = math.sin(out[_PSI])
    third = fourth = length_spread = width_spread = 0.0
    w_1 = w_l = w_ll = w_t = w_lt = 0.0
    for k in range(charge.size):
        q = charge[k]
        dx = x[pixels[k]] - out[_FOV_LON]
        dy = y[pixels[k]] - out[_FOV_LAT]
        along = dx * cos_psi + dy * sin_psi
        across = dy * cos_psi - dx * sin_psi
        ll = along * along
        third += q * ll * along
        fourth += q * ll * ll
        length_spread += q * (ll - length * length) ** 2
        width_spread += q * (across * across - width * width) ** 2
        w = q / area[pixels[k]]
        w_1 += w
        w_l += w * along
        w_ll += w * ll
        w_t += w * across
        w_lt += w * along * across

    out[_SKEWNESS] = third / (size * length**3)
    out[_KURTOSIS] = fourth / (size * length**4)
    out[_LENGTH_UNCERTAINTY] = math.sqrt(length_spread) / (2.0 * length * size)
    if width > 0.0:
        out[_WIDTH_UNCERTAINTY] = math.sqrt(width_spread) / (2.0 * width * size)

    # Straight line across = tilt * along + offset with weights charge per area.
    determinant = w_ll * w_1 - w_l * w_l
    tilt = (w_1 * w_lt - w_l * w_t) / determinant
    roundness = math.tan(width / length * 0.5 * math.pi)
    out[_PSI_UNCERTAINTY] = math.sqrt(w_1 / determinant + tilt * tilt) * (
        1.0 + roundness * roundness
    )
    out[_TRANSVERSE_COG_UNCERTAINTY] = math.sqrt(
        w_ll / determinant * (1.0 + math.sin(tilt) ** 2)
    )


@njit
def _hillas_one(
    charge: F8,
    pixels: I4,
    x: F8,
    y: F8,
    area: F8,
    out: F8,
) -> None:
    """Moments of one image into ``out`` (`HILLAS` order); leave it alone if empty."""
    size, cog_x, cog_y = _centroid(charge, pixels, x, y)
    if math.isnan(size):
        return
    length, width, psi = _axes(charge, pixels, x, y, size, cog_x, cog_y)
    out[_INTENSITY] = size
    out[_FOV_LON] = cog_x
    out[_FOV_LAT] = cog_y
    out[_R] = math.hypot(cog_x, cog_y)
    out[_PHI] = math.atan2(cog_y, cog_x)
    out[_LENGTH] = length
    out[_WIDTH] = width
    if length > 0.0:
        out[_PSI] = psi
        _higher_moments(charge, pixels, x, y, area, out)


@njit
def hillas(
    charge: F8,
    indptr: I8,
    pixels: I4,
    wanted: Mask,
    x: F8,
    y: F8,
    area: F8,
) -> F8:
    """Hillas parameters of the cleaned images of one camera type.

    Parameters
    ----------
    charge : float64[k]
        Charge of the kept pixels, p.e.
    indptr, pixels : int64[e + 1], int32[k]
        Kept pixels of each event, from `kept_pixels`.
    wanted : bool[e]
        Images to parametrize.
    x, y : float64[p]
        Pixel positions.
    area : float64[p]
        Pixel areas, square of the unit of the positions.

    Returns
    -------
    out : float64[14, e]
        One contiguous row per name in `HILLAS`, NaN where an image is not wanted, has
        no charge or a negative one. ``kurtosis`` is 3 for a Gaussian; ``psi`` lies in
        (-pi/2, pi/2] and is pi/2 for a round image. An image of no extent (one pixel)
        has length and width 0 and no axis: psi and all that needs it are NaN. One of
        no width (two pixels) has no width_uncertainty.
    """
    n_events = indptr.size - 1
    out = np.full((N_HILLAS, n_events), np.nan)
    row = np.empty(N_HILLAS)
    for e in range(n_events):
        if wanted[e]:
            first, last = indptr[e], indptr[e + 1]
            row[:] = np.nan
            _hillas_one(charge[first:last], pixels[first:last], x, y, area, row)
            for i in range(N_HILLAS):  # a slice takes 2 s longer to compile
                out[i, e] = row[i]
    return out
