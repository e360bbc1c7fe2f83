"""How much of a muon ring is in the camera, and where its light lies.

Shapes: ``r`` rings, ``p`` pixels. Lengths have the unit of the pixel positions, charges
are in p.e.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, Mask

MUON_PARAMETERS = (
    "containment",
    "completeness",
    "intensity_ratio",
    "mean_squared_error",
    "ring_intensity",
    "intensity_outside_ring",
    "n_pixels_in_ring",
    "mean_intensity_outside_ring",
    "radial_std_dev",
    "skewness",
    "excess_kurtosis",
)
N_BINS = 30
"""Bins of azimuth of the completeness."""
(
    _CONTAINMENT,
    _COMPLETENESS,
    _INTENSITY_RATIO,
    _MEAN_SQUARED_ERROR,
    _RING_INTENSITY,
    _INTENSITY_OUTSIDE,
    _N_PIXELS,
    _MEAN_OUTSIDE,
    _STD,
    _SKEWNESS,
    _KURTOSIS,
) = range(11)
_GAUSSIAN_KURTOSIS = 3.0


@inline
def _containment(distance: float, radius: float, camera_radius: float) -> float:
    """Share of the ring's circumference inside a round camera."""
    if distance <= camera_radius - radius:
        return 1.0
    # Beside the camera, or all around it.
    if distance > radius + camera_radius or distance <= radius - camera_radius:
        return 0.0
    overlap = radius * radius - camera_radius * camera_radius + distance * distance
    return math.acos(overlap / (2.0 * distance * radius)) / math.pi


@inline
def _completeness(
    image: F4, x: F8, y: F8, lon: float, lat: float, threshold: float, bins: F8
) -> float:
    """Share of the azimuth bins with more charge than the threshold."""
    bins[:] = 0.0
    for p in range(x.size):
        azimuth = math.atan2(y[p] - lat, x[p] - lon)
        place = int((azimuth + math.pi) / (2.0 * math.pi) * N_BINS)
        bins[min(place, N_BINS - 1)] += float(image[p])
    n_above = 0
    for charge in bins:
        n_above += charge > threshold
    return n_above / N_BINS


@inline
def _radial_moments(image: F4, distance: F8, out: F8) -> None:
    """Charge-weighted moments of the distance from the centre, over the whole image."""
    total = mean = 0.0
    for p in range(distance.size):
        q = float(image[p])
        total += q
        mean += q * distance[p]
    if total == 0.0:
        return
    mean /= total
    second = third = fourth = 0.0
    for p in range(distance.size):
        q = float(image[p])
        d = distance[p] - mean
        second += q * d * d
        third += q * d * d * d
        fourth += q * d * d * d * d
    variance = second / total
    # Negative where noise far from the ring outweighs it.
    if variance > 0.0:
        out[_STD] = math.sqrt(variance)
        out[_SKEWNESS] = third / total / (variance * out[_STD])
        out[_KURTOSIS] = fourth / total / (variance * variance) - _GAUSSIAN_KURTOSIS


@inline
def _charges(
    image: F4,
    mask: Mask,
    distance: F8,
    pixel_width: F8,
    radius: float,
    ratio_width: float,
    ring_width: float,
    outer_width: float,
    out: F8,
) -> None:
    """Add up charges in and beside the ring."""
    kept = kept_near = squares = inside = outside = beside = 0.0
    n_inside = n_beside = 0
    for p in range(distance.size):
        q = float(image[p])
        off = abs(distance[p] - radius)
        in_ring = off < ring_width * radius
        if in_ring:
            inside += q
        elif off < (ring_width + outer_width) * radius:
            beside += q
            n_beside += 1
        if mask[p]:
            kept += q
            squares += q * off * off
            if off <= 0.5 * ratio_width * pixel_width[p]:
                kept_near += q
            if in_ring:
                n_inside += 1
            else:
                outside += q
    if kept != 0.0:
        out[_INTENSITY_RATIO] = kept_near / kept
        out[_MEAN_SQUARED_ERROR] = squares / kept
    out[_RING_INTENSITY] = inside
    out[_INTENSITY_OUTSIDE] = outside
    out[_N_PIXELS] = n_inside
    if n_beside > 0:
        out[_MEAN_OUTSIDE] = beside / n_beside


@njit
def muon_parameters(
    image: F4,
    mask: Mask,
    x: F8,
    y: F8,
    pixel_width: F8,
    camera_radius: float,
    lon: F8,
    lat: F8,
    radius: F8,
    completeness_threshold: float,
    ratio_width: float,
    ring_width: float,
    outer_width: float,
) -> F8:
    """Parameters of rings.

    Parameters
    ----------
    image : float32[r, p]
        Charges of whole images, p.e.
    mask : bool[r, p]
        Pixels that the cleaning kept.
    x, y, pixel_width : float64[p]
        Pixel positions and widths.
    camera_radius : float
        Radius of the camera.
    lon, lat, radius : float64[r]
        The rings.
    completeness_threshold : float
        Charge of a bin of azimuth that counts as lit, itself excluded, p.e.
    ratio_width : float
        Full width of the ring for ``intensity_ratio``, in pixel widths.
    ring_width, outer_width : float
        Half width of the ring for ``ring_intensity`` and what follows, and of the strip
        on either side of it for ``mean_intensity_outside_ring``, in radii.

    Returns
    -------
    out : float64[11, r]
        One contiguous row per name in `MUON_PARAMETERS`, NaN without a ring. The radial
        moments are over all pixels, and NaN where noise makes the variance negative.
    """
    out = np.full((len(MUON_PARAMETERS), image.shape[0]), np.nan)
    distance = np.empty(x.size)
    bins = np.empty(N_BINS)
    row = np.empty(len(MUON_PARAMETERS))
    for r in range(image.shape[0]):
        if not radius[r] > 0.0:
            continue
        row[:] = np.nan
        for p in range(x.size):
            distance[p] = math.hypot(x[p] - lon[r], y[p] - lat[r])
        row[_CONTAINMENT] = _containment(
            math.hypot(lon[r], lat[r]), radius[r], camera_radius
        )
        row[_COMPLETENESS] = _completeness(
            image[r], x, y, lon[r], lat[r], completeness_threshold, bins
        )
        _charges(
            image[r],
            mask[r],
            distance,
            pixel_width,
            radius[r],
            ratio_width,
            ring_width,
            outer_width,
            row,
        )
        _radial_moments(image[r], distance, row)
        for i in range(row.size):
            out[i, r] = row[i]
    return out
