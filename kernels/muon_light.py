"""How much light a muon leaves in each pixel of its ring, and how well that fits.

The track lights each azimuth of the ring by the chord that it cuts out of the mirror in
that direction: G. Vacanti et al., Astropart. Phys. 2, 1 (1994). Across the ring the
light is a Gaussian, here integrated over the width of a pixel; details are ctapipe's.

Shapes: ``n`` pixels of a ring, ``j`` points on it. Angles in rad, lengths in m, charges
in p.e.
"""

import math
from typing import NamedTuple

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8

N_FREE = 4
"""Impact point (x, y) in mirror radii, logarithms of ring width and efficiency.

Cartesian and logarithmic, so that there is no limit to run into and no azimuth that is
undefined at the centre or ends at pi.
"""
FINE_STRUCTURE = 7.2973525643e-3
"""CODATA 2022."""
_ROOT_TWO = math.sqrt(2.0)
_TWO_PI = 2.0 * math.pi
_DARK = 6.0
"""Widths from the ring beyond which there is a billionth of the light."""
_LEAST_ROOT = 0.03
"""A chord has an infinite slope at the rim; a step needs a finite one."""


Chord = tuple[float, float, float]


class Ring(NamedTuple):
    """Pixels of a ring, and what of the model does not change in a fit.

    Attributes
    ----------
    charge : float64[n]
        Charges, p.e.
    distance : float64[n]
        From the centre of the ring, rad.
    place : float64[n]
        Where on the ring, as a fractional number of a point.
    cosine, sine : float64[j]
        Of the azimuths of points on the ring, from -pi to pi, both ends included.
    smoothing : int
        Over how many of these points the chord is averaged.
    radius, pixel_width : float
        Of the ring, and of a pixel, rad.
    mirror, hole : float
        Radii of mirror and central hole, m; no hole if 0.
    light : float
        Photo-electrons per m of chord at an efficiency of 1, in a pixel that catches
        all light across the ring.
    noise : float
        Variance of a dark pixel, p.e. squared.
    spread : float
        Variance per photo-electron.
    """

    charge: F8
    distance: F8
    place: F8
    cosine: F8
    sine: F8
    smoothing: int
    radius: float
    pixel_width: float
    mirror: float
    hole: float
    light: float
    noise: float
    spread: float


@inline
def _chord(radius: float, x: float, y: float, c: float, s: float) -> Chord:
    """Chord from an impact point in radii towards (c, s), and its derivatives."""
    along = x * c + y * s
    across = x * s - y * c
    square = 1.0 - across * across
    if square <= 0.0:
        return 0.0, 0.0, 0.0
    root = math.sqrt(square)
    slope = across / max(root, _LEAST_ROOT)
    if x * x + y * y <= 1.0:
        length = radius * (root + along)
        return length, radius * (c - slope * s), radius * (s + slope * c)
    if along > 0.0:  # from outside: once through the whole circle, or not at all
        return (
            2.0 * radius * root,
            -2.0 * radius * slope * s,
            2.0 * radius * slope * c,
        )
    return 0.0, 0.0, 0.0


@inline
def _smooth(values: F8, width: int, out: F8) -> None:
    """Write the mean of each value and those around it; ends meet."""
    n = values.size
    for j in range(n):
        total = 0.0
        # Counted, not as a remainder: a division takes longer than all the rest.
        place = j - width // 2
        while place < 0:
            place += n
        for _ in range(width):
            total += values[place]
            place += 1
            if place == n:
                place = 0
        out[j] = total / width


@njit
def chords(
    ring: Ring, x: float, y: float, is_sloped: bool, points: F8, out: F8
) -> None:
    """Chord through mirror less hole for all points of a ring, smoothed.

    Parameters
    ----------
    ring : Ring
        The ring.
    x, y : float
        Impact point, mirror radii.
    is_sloped : bool
        Whether the derivatives below are wanted.
    points, out : float64[3, j]
        To work on; and the chord in m with its derivatives by x and y.
    """
    n = ring.cosine.size
    for j in range(n):
        c, s = ring.cosine[j], ring.sine[j]
        length, by_x, by_y = _chord(ring.mirror, x, y, c, s)
        if ring.hole > 0.0:
            k = ring.mirror / ring.hole
            shade, shade_x, shade_y = _chord(ring.hole, x * k, y * k, c, s)
            length -= shade
            by_x -= k * shade_x
            by_y -= k * shade_y
        points[0, j], points[1, j], points[2, j] = length, by_x, by_y
    for i in range(3 if is_sloped else 1):
        _smooth(points[i], ring.smoothing, out[i])


@inline
def _slope(lower: float, upper: float) -> float:
    """Slope of the light between two widths from the ring, by log width."""
    below = lower * math.exp(-0.5 * lower * lower)
    return (below - upper * math.exp(-0.5 * upper * upper)) / math.sqrt(_TWO_PI)


@inline
def _between(chord: F8, row: int, place: float) -> float:
    """Interpolate between two points of the ring."""
    j: int = min(int(place), chord.shape[1] - 2)
    first = float(chord[row, j])
    return first + (place - j) * (float(chord[row, j + 1]) - first)


@njit
def ring_likelihood(
    ring: Ring, free: F8, work: F8, is_sloped: bool, gradient: F8, information: F8
) -> float:
    """Minus log-likelihood of a ring, each charge a Gaussian about what is expected.

    M. de Naurois and L. Rolland, Astropart. Phys. 32, 231 (2009), between their
    equations 24 and 25.

    Parameters
    ----------
    ring : Ring
        The ring.
    free : float64[4]
        Parameters, see `N_FREE`.
    work : float64[2, 3, j]
        To work on.
    is_sloped : bool
        Whether the slopes below are wanted; they take as long again.
    gradient : float64[4]
        Result: the gradient.
    information : float64[4, 4]
        Result: Fisher's information, on and below the diagonal.
    """
    chords(ring, free[0], free[1], is_sloped, work[0], work[1])
    width = math.exp(free[2])
    factor = math.exp(free[3]) * ring.light
    gradient[:] = 0.0
    information[:] = 0.0
    by = np.empty(N_FREE)
    dark = 0.5 * math.log(_TWO_PI * ring.noise)
    total = 0.0
    for i in range(ring.charge.size):
        charge = ring.charge[i]
        lower = (ring.distance[i] - 0.5 * ring.pixel_width - ring.radius) / width
        upper = (ring.distance[i] + 0.5 * ring.pixel_width - ring.radius) / width
        if lower > _DARK or upper < -_DARK:
            total += dark + 0.5 * charge * charge / ring.noise
            continue
        share = 0.5 * (math.erf(upper / _ROOT_TWO) - math.erf(lower / _ROOT_TWO))
        chord = _between(work[1], 0, ring.place[i])
        light = factor * share * chord
        variance = ring.noise + ring.spread * light
        rest = charge - light
        total += 0.5 * (math.log(_TWO_PI * variance) + rest * rest / variance)
        if not is_sloped:
            continue
        by[0] = factor * share * _between(work[1], 1, ring.place[i])
        by[1] = factor * share * _between(work[1], 2, ring.place[i])
        by[2] = factor * _slope(lower, upper) * chord
        by[3] = light
        pull = rest / variance
        push = 0.5 * ring.spread * (1.0 / variance - pull * pull) - pull
        weight = 1.0 / variance + 0.5 * (ring.spread / variance) ** 2
        for a in range(N_FREE):
            gradient[a] += push * by[a]
            for b in range(a + 1):
                information[a, b] += weight * by[a] * by[b]
    return total
