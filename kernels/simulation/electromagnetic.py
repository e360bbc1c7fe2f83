"""Electromagnetic showers: where they start, how they grow and fade.

A *sub-shower* starts with one photon or electron (columns `SUBSHOWER`); a shower of a
hadron has many.

Frame: x north, y west, z up from the observation level, m; the shower's core is the
origin. Directions are unit vectors that point back to the source. Energies are in GeV,
depths straight down in g/cm2, along the axis where called slant.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean
from cta_columnar.kernels.simulation.draws import (
    State,
    exponential,
    gamma,
    normal,
)
from cta_columnar.kernels.simulation.emission import RADIATION_LENGTH

F8 = NDArray[np.float64]

CRITICAL_ENERGY = 0.0839
"""Of electrons in air, GeV."""
CONVERSION_LENGTH = 9.0 / 7.0 * RADIATION_LENGTH

SUBSHOWER = ("energy", "weight", "x", "y", "z", "ux", "uy", "uz", "late", "is_electron")
"""Start of a sub-shower: energy, how many it stands for, place, direction, ns behind
the front of the shower, kind."""

SPEED_OF_LIGHT = 0.299792458
"""m / ns."""
# Depth of the maximum behind the first interaction, in radiation lengths:
# SLOPE ln(E / Ec) + OFFSET, scattered by the settings' width; a fit to CORSIKA showers.
_SLOPE = 1.02
_OFFSET = -1.5
_EARLIEST_MAXIMUM = 0.5
_LEAST_Y = 0.8
# Fluctuations of the number of particles below this energy: as a gamma variate.
_FEW_PARTICLES = 20.0
_FEW_SHAPE = 4.0


class Growth(NamedTuple):
    """One electromagnetic shower along its axis; depths are slant, from its start.

    Attributes
    ----------
    first : float
        First interaction.
    maximum : float
        Most particles.
    y : float
        ln(E / critical energy).
    number : float
        Factor on the number of particles.
    """

    first: float
    maximum: float
    y: float
    number: float


@lean
def draw_growth(state: State, energy: float, is_electron: bool, width: float) -> Growth:
    """Draw how a shower of ``energy`` grows; the maximum varies by ``width``."""
    y = max(math.log(energy / CRITICAL_ENERGY), _LEAST_Y)
    behind = _SLOPE * y + _OFFSET + width * normal(state)
    length = CONVERSION_LENGTH
    if is_electron:
        length = 0.5 * RADIATION_LENGTH
        behind -= 1.0
    first = length * exponential(state)
    maximum = first + RADIATION_LENGTH * max(behind, _EARLIEST_MAXIMUM)
    number = min(energy / (CRITICAL_ENERGY * math.exp(_LEAST_Y)), 1.0)
    number /= _track_share(y)
    if energy < _FEW_PARTICLES:
        number *= gamma(state, _FEW_SHAPE) / _FEW_SHAPE
    return Growth(first, maximum, y, number)


@lean
def _track_share(y: float) -> float:
    """Track length of Greisen's profile over that which the energy pays for.

    All the energy ends as ionisation: the track length is E / Ec radiation lengths.
    Greisen's formula falls short of it at low energies.
    """
    return 1.0 - 0.53 / y if y > 2.65 else 0.8 + 0.12 * (2.65 - y)


@lean
def particles(growth: Growth, depth: float) -> tuple[float, float]:
    """Count electrons, and tell their age, at a slant depth behind the start.

    K. Greisen, Prog. Cosmic Ray Phys. 3 (1956) 1. His depth ``t`` counts from where an
    average shower would have started; ours is drawn, and reaches its maximum at its own
    depth. The difference is let in over the first radiation length.
    """
    x = (depth - growth.first) / RADIATION_LENGTH
    if x <= 0.0:
        return 0.0, 0.0
    offset = growth.y - (growth.maximum - growth.first) / RADIATION_LENGTH
    t = x + offset * (1.0 - math.exp(-x))
    if t <= 0.0:
        return 0.0, 0.0
    age = 3.0 * t / (t + 2.0 * growth.y)
    size = 0.31 / math.sqrt(growth.y) * math.exp(t * (1.0 - 1.5 * math.log(age)))
    return growth.number * size, age


@lean
def detour(direction: F8, source: F8) -> float:
    """Time lost against the front of the shower per m along a direction, ns."""
    cosine = 0.0
    for axis in range(3):
        cosine += direction[axis] * source[axis]
    return (1.0 - cosine) / SPEED_OF_LIGHT
