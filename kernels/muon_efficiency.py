"""Fit of impact point, ring width and optical efficiency to the light of muon rings.

Shapes: ``r`` rings, ``p`` pixels, ``n`` pixels and ``j`` points of one ring. Angles in
rad, lengths in m, charges in p.e.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, Mask
from cta_columnar.kernels.muon_fit import covariance_at, polish, score
from cta_columnar.kernels.muon_light import N_FREE, Ring

MUON_EFFICIENCY = (
    "width",
    "impact",
    "impact_x",
    "impact_y",
    "optical_efficiency",
    "is_valid",
    "parameters_at_limit",
    "likelihood_value",
)
"""Width in rad, impact in m; the two flags are 0 or 1."""

# Impact distances to start from, mirror radii, all towards the brightest azimuth: a
# ring of little variation has several minima.
_STARTS = (0.2, 0.6, 0.95, 1.2)
_START_EFFICIENCY = 0.2
_STEPS_PER_START = 12
_STEPS_AT_MOST = 60


@inline
def _is_at_limit(free: F8, covariance: F8) -> bool:
    """Whether impact, width or efficiency is less than half its error."""
    x, y = free[0], free[1]
    radial = (
        x * x * covariance[0, 0]
        + 2.0 * x * y * covariance[1, 0]
        + y * y * covariance[1, 1]
    )
    square = x * x + y * y
    # Errors of logarithms are relative.
    return bool(
        square * square <= 0.25 * radial
        or covariance[2, 2] > 4.0
        or covariance[3, 3] > 4.0
    )


@njit
def fit_ring(ring: Ring, out: F8) -> None:
    """Fit the light of one ring.

    Parameters
    ----------
    ring : Ring
        Pixels and model.
    out : float64[8]
        Result in the order of `MUON_EFFICIENCY`; left alone if no start leads anywhere.
    """
    n_points = ring.cosine.size
    work = np.empty((2, 3, n_points))
    east = north = 0.0
    for i in range(ring.charge.size):
        azimuth = 2.0 * math.pi * ring.place[i] / (n_points - 1) - math.pi
        east += ring.charge[i] * math.cos(azimuth)
        north += ring.charge[i] * math.sin(azimuth)
    brightest = math.atan2(north, east)
    free, trial = np.empty(N_FREE), np.empty(N_FREE)
    lowest = math.inf
    for start in _STARTS:
        trial[0] = start * math.cos(brightest)
        trial[1] = start * math.sin(brightest)
        trial[2] = math.log(0.5 * ring.pixel_width)
        trial[3] = math.log(_START_EFFICIENCY)
        value = score(ring, trial, _STEPS_PER_START, work)
        if value < lowest:
            lowest = value
            for i in range(N_FREE):
                free[i] = trial[i]
    if lowest == math.inf:
        return
    lowest = score(ring, free, _STEPS_AT_MOST, work)
    covariance = np.empty((N_FREE, N_FREE))
    is_valid = covariance_at(ring, free, work, covariance)
    if is_valid:
        for i in range(N_FREE):
            trial[i] = math.sqrt(covariance[i, i])
        lowest, is_at_rest = polish(ring, free, trial, work)
        is_valid = is_at_rest and covariance_at(ring, free, work, covariance)
    out[0] = math.exp(free[2])
    out[1] = ring.mirror * math.hypot(free[0], free[1])
    out[2] = ring.mirror * free[0]
    out[3] = ring.mirror * free[1]
    out[4] = math.exp(free[3])
    out[5] = is_valid
    out[6] = not is_valid or _is_at_limit(free, covariance)
    out[7] = lowest


@inline
def _ring(
    image: F4,
    near: Mask,
    x: F8,
    y: F8,
    n_points: int,
    smoothing: int,
    radius: float,
    pixel_width: float,
    mirror: float,
    hole: float,
    photons_per_m: float,
    noise: float,
    spread: float,
) -> Ring:
    """Collect the pixels near a ring; positions are from its centre."""
    pixels = np.empty((3, x.size))
    n = 0
    for p in range(x.size):
        if near[p]:
            azimuth = math.atan2(y[p], x[p])
            pixels[0, n] = image[p]
            pixels[1, n] = math.hypot(x[p], y[p])
            pixels[2, n] = (azimuth + math.pi) / (2.0 * math.pi) * (n_points - 1)
            n += 1
    points = np.empty((2, n_points))
    for j in range(n_points):
        azimuth = 2.0 * math.pi * j / (n_points - 1) - math.pi
        points[0, j] = math.cos(azimuth)
        points[1, j] = math.sin(azimuth)
    return Ring(
        pixels[0, :n],
        pixels[1, :n],
        pixels[2, :n],
        points[0],
        points[1],
        smoothing,
        radius,
        pixel_width,
        mirror,
        hole,
        photons_per_m * pixel_width / radius,
        noise,
        spread,
    )


@njit
def muon_efficiency(
    image: F4,
    near: Mask,
    wanted: Mask,
    x: F8,
    y: F8,
    pixel_width: float,
    lon: F8,
    lat: F8,
    radius: F8,
    mirror: float,
    hole: float,
    roundness: float,
    photons_per_m: float,
    pedestal: float,
    spe_width: float,
    smoothing: int,
) -> F8:
    """Fit the light of rings whose centres and radii are known.

    Parameters
    ----------
    image : float32[r, p]
        Charges, p.e.
    near : bool[r, p]
        Pixels of each ring to fit.
    wanted : bool[r]
        Rings to fit.
    x, y : float64[p]
        Pixel positions, rad.
    pixel_width : float
        Width of a pixel, rad.
    lon, lat, radius : float64[r]
        The rings, rad.
    mirror, hole : float
        Radii of mirror and central hole, m; no hole if 0.
    roundness : float
        Area of a disc as wide as a pixel over the area of the pixel; 1 for round ones.
    photons_per_m : float
        Cherenkov photons per m of track and unit of ``sin(angle)**2``.
    pedestal, spe_width : float
        Noise of a pixel, and standard deviation of single photo-electrons, p.e.
    smoothing : int
        Points on the ring per pixel.

    Returns
    -------
    out : float64[8, r]
        One contiguous row per name in `MUON_EFFICIENCY`: NaN for rings that are not
        wanted, shorter than a pixel or without an optimum; there the flags are 0.
    """
    out = np.full((len(MUON_EFFICIENCY), image.shape[0]), np.nan)
    out[5:7] = 0.0
    row = np.empty(len(MUON_EFFICIENCY))
    for r in range(image.shape[0]):
        if not wanted[r] or not radius[r] > 0.0:
            continue
        n_points = int(2.0 * math.pi * radius[r] / pixel_width) * smoothing
        if n_points < 2:
            continue
        ring = _ring(
            image[r],
            near[r],
            x - lon[r],
            y - lat[r],
            n_points,
            smoothing,
            radius[r],
            pixel_width,
            mirror,
            hole,
            photons_per_m * 0.5 * math.sin(2.0 * radius[r]) * roundness,
            pedestal * pedestal,
            1.0 + spe_width * spe_width,
        )
        row[:] = np.nan
        row[5] = row[6] = 0.0
        fit_ring(ring, row)
        for i in range(row.size):
            out[i, r] = row[i]
    return out
