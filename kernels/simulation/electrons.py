"""Electrons of an electromagnetic shower: how fast and how bent they are, at each age.

A. M. Hillas, "Angular and energy distributions of charged particles in electron-photon
cascades in air", J. Phys. G 8 (1982) 1461. Energies are in MeV, angles in rad. The age
``s`` is 1 where the shower has most particles.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.draws import State, uniform

F8 = NDArray[np.float64]

ELECTRON_MASS = 0.511
PHOTONS_PER_METRE = 7.64e4
"""Of 300 to 600 nm, per sin2 of the Cherenkov angle: 2 pi alpha (1/300 - 1/600) nm."""

_SCATTERING_ENERGY = 21.0
_HARD = 350.0
# Of the distribution of z = sqrt(w / <w>) below and above 350 MeV: peak, fall-off on
# either side of it.
_SOFT_SHAPE = (0.59, 0.478, 0.380)
_HARD_SHAPE = (0.37, 0.413, 0.380)


@lean
def fraction_above(energy: float, age: float) -> float:
    """Fraction of the track length of electrons with more than ``energy``."""
    e0 = 44.0 - 17.0 * (age - 1.46) ** 2 if age >= 0.4 else 26.0
    soft = (0.89 * e0 - 1.2) / (e0 + energy)
    return min(float(soft**age / (1.0 + 1e-4 * age * energy) ** 2), 1.0)


@lean
def sin2_cherenkov(energy: float, mass: float, refractivity: float) -> float:
    """Square of the sine of the Cherenkov angle; negative below the threshold."""
    return 2.0 * refractivity - (mass / energy) ** 2


@lean
def mean_w(energy: float, age: float) -> float:
    """Mean of ``w = 2 (1 - cos(angle)) (E / 21 MeV)**2``."""
    v = energy / (1150.0 + 454.0 * math.log(age))
    return 0.0054 * energy * (1.0 + v) / (1.0 + 13.0 * v + 8.3 * v * v)


@njit
def angle_quantiles(shape: tuple[float, float, float], n: int) -> F8:
    """Quantiles of ``z = sqrt(w / <w>)`` at (i + 0.5) / n.

    The density of z is ``2 z exp(-(z - z0) / l)``, with one fall-off ``l`` below its
    ``z0`` and another above.
    """
    z0, below, above = shape
    steps = 20000
    width = 8.0 / steps
    cumulative = np.empty(steps + 1)
    cumulative[0] = 0.0
    for i in range(steps):
        z = (i + 0.5) * width
        fall_off = below if z < z0 else above
        cumulative[i + 1] = cumulative[i] + z * math.exp(-(z - z0) / fall_off)
    out = np.empty(n)
    i = 0
    for k in range(n):
        wanted = (k + 0.5) / n * cumulative[steps]
        while cumulative[i + 1] < wanted:
            i += 1
        part = (wanted - cumulative[i]) / (cumulative[i + 1] - cumulative[i])
        out[k] = (i + part) * width
    return out


@njit
def soft_and_hard_quantiles(n: int) -> tuple[F8, F8]:
    """`angle_quantiles` below and above 350 MeV."""
    return angle_quantiles(_SOFT_SHAPE, n), angle_quantiles(_HARD_SHAPE, n)


@lean
def electron_angle(
    state: State, energy: float, age: float, soft: F8, hard: F8
) -> float:
    """Draw the angle of an electron to the axis; tables of `soft_and_hard_quantiles`.

    Beyond a right angle there is no light that could reach the ground.
    """
    table = soft if energy < _HARD else hard
    z = table[int(uniform(state) * table.size)]
    w = z * z * mean_w(energy, age)
    cosine = 1.0 - 0.5 * w * (_SCATTERING_ENERGY / energy) ** 2
    return math.acos(max(cosine, 0.0))


@lean
def rms_angle(energy: float, age: float) -> float:
    """Rms of the angle projected on a plane."""
    return math.sqrt(0.5 * mean_w(energy, age)) * _SCATTERING_ENERGY / energy


@njit
def light_spectrum(
    age: float, refractivity: float, energies: F8, cumulative: F8
) -> float:
    """Energies of the electrons that the Cherenkov light comes from.

    Parameters
    ----------
    age, refractivity : float
        Of the place in the shower, and n - 1 there.
    energies : float64[n]
        Result: limits of logarithmic bins, from the threshold up.
    cumulative : float64[n]
        Result: share of the light from electrons below these.

    Returns
    -------
    sin2 : float
        Mean of sin2 of the Cherenkov angle over *all* electrons, those below the
        threshold included: light per particle over `PHOTONS_PER_METRE`.
    """
    n = energies.size
    threshold = ELECTRON_MASS / math.sqrt(2.0 * refractivity)
    top = 1e5
    factor = (top / threshold) ** (1.0 / (n - 1))
    energies[0], cumulative[0] = threshold, 0.0
    above = fraction_above(threshold, age)
    for i in range(1, n):
        energies[i] = energies[i - 1] * factor
        next_above = fraction_above(energies[i], age)
        middle = energies[i - 1] * math.sqrt(factor)
        sin2 = sin2_cherenkov(middle, ELECTRON_MASS, refractivity)
        cumulative[i] = cumulative[i - 1] + (above - next_above) * sin2
        above = next_above
    total = cumulative[n - 1]
    for i in range(n):
        cumulative[i] /= total
    return float(total)


@lean
def draw_from(state: State, values: F8, cumulative: F8) -> float:
    """Draw from a distribution given by its cumulative, linear between the values."""
    u = uniform(state)
    low, high = 0, cumulative.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if cumulative[middle] <= u:
            low = middle
        else:
            high = middle
    width = cumulative[high] - cumulative[low]
    part = (u - cumulative[low]) / width if width > 0.0 else 0.5
    return float(values[low] + part * (values[high] - values[low]))
