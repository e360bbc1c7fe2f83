"""The first generations of an electromagnetic shower, one particle at a time.

Photons make pairs and electrons radiate until they have only a share of the primary's
energy; from there on each is a sub-shower with an average profile. So the axis of the
shower is not one straight line: scattering and the magnetic field of the Earth bend
each branch its own way, and few particles early on make showers of one energy differ.

Cross-sections are those of complete screening (B. Rossi, High-Energy Particles, 1952).
Frame, directions and columns are those of `electromagnetic`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.atmosphere import Air, at_height, height_of
from cta_columnar.kernels.simulation.draws import (
    State,
    exponential,
    normal,
    uniform,
)
from cta_columnar.kernels.simulation.electromagnetic import (
    CONVERSION_LENGTH,
    CRITICAL_ENERGY,
    SUBSHOWER,
    detour,
)
from cta_columnar.kernels.simulation.emission import RADIATION_LENGTH

F8 = NDArray[np.float64]

LEAST_ENERGY = 0.25
"""Particles below it are not split, GeV."""

# Photons below this share of an electron's energy are a steady loss.
_SOFT = 0.01
# Photons above it per radiation length: the integral of 4/3 (1 - y) / y + y.
_RATE = 4 / 3 * (math.log(1 / _SOFT) - 1 + _SOFT) + 0.5 * (1 - _SOFT * _SOFT)
# Scattering per square root of a radiation length and per direction, GeV.
_SCATTERING = 0.0148
_BEND = 0.299792458e-6  # GeV / m per uT
# Columns of a particle under way: charge (0: a photon), and from 1 on as a sub-shower
# without its last column.
_WIDTH = 10
_STEEPEST = 0.15


@njit
def branches_of(
    state: State,
    energy: float,
    is_electron: bool,
    source: F8,
    air: Air,
    share: float,
    thinning: float,
    field: F8,
) -> tuple[F8, float]:
    """Follow a photon or electron until its descendants have little energy each.

    Parameters
    ----------
    state : State
        Random numbers.
    energy : float
        Of the primary, GeV.
    is_electron : bool
        Or a photon.
    source : float64[3]
        Direction of the primary where it first interacts: the field bends it behind
        that place only.
    air : Air
        Atmosphere; the primary comes from its top.
    share : float
        Particles below this share of ``energy`` become sub-showers.
    thinning : float
        Sub-showers below this share are thinned: those kept stand for the others.
    field : float64[3]
        Magnetic field, uT.

    Returns
    -------
    showers : float64[n, 10]
        Columns of `SUBSHOWER`.
    first : float
        Height of the first interaction above the observer, m.
    """
    showers, n_showers = np.empty((64, len(SUBSHOWER))), 0
    stack = np.zeros((256, _WIDTH))
    top = 0.999 * air.step * (air.thickness.size - 1) - air.observer
    stack[0, 0], stack[0, 1], stack[0, 2] = (-1.0 if is_electron else 0.0), energy, 1.0
    for axis in range(3):
        stack[0, 3 + axis] = source[axis] * top / source[2]
        stack[0, 6 + axis] = source[axis]
    ground = at_height(air.thickness, air.step, air.observer)
    cut = max(share * energy, LEAST_ENERGY)
    # Direction and core are those of the primary when it first interacts.
    no_field = np.zeros(3)
    n, first = 1, -1.0
    while n > 0:
        n -= 1
        particle = stack[n].copy()
        if n + 4 > len(stack):
            stack = np.concatenate((stack, np.zeros_like(stack)))
        if particle[1] < cut and first >= 0.0:
            if n_showers == len(showers):
                showers = np.concatenate((showers, np.empty_like(showers)))
            n_showers = _keep(
                state, particle, showers, n_showers, thinning * energy
            )  # fmt: skip
            continue
        photon = particle[0] == 0.0
        length = CONVERSION_LENGTH if photon else RADIATION_LENGTH / _RATE
        slant = length * exponential(state)
        depth = at_height(air.thickness, air.step, air.observer + particle[5])
        depth += slant * particle[8]
        if depth >= ground:
            first = max(first, 0.0)
            continue
        meters = (air.observer + particle[5] - height_of(air, depth)) / particle[8]
        if photon:
            _straight(particle, meters, source)
            n = _pair(state, particle, stack, n)
        else:
            here = field if first >= 0.0 else no_field
            _bent(state, particle, meters, slant / RADIATION_LENGTH, source, here)
            if particle[8] < _STEEPEST:
                continue
            n = _radiate(state, particle, stack, n)
        if first < 0.0:
            first = particle[5]
    return showers[:n_showers].copy(), max(first, 0.0)


@lean
def _keep(state: State, particle: F8, showers: F8, n: int, thin_below: float) -> int:
    """Make a sub-shower of a particle, unless it is thinned out."""
    energy, weight = particle[1], 1.0
    if energy < 0.5 * CRITICAL_ENERGY:
        return n
    if energy < thin_below:
        if uniform(state) * thin_below > energy:
            return n
        weight = thin_below / energy
    row = showers[n]
    for column in range(9):
        row[column] = particle[1 + column]
    row[1] = weight
    row[9] = 0.0 if particle[0] == 0.0 else 1.0
    return n + 1


@lean
def _straight(particle: F8, length: float, source: F8) -> None:
    particle[9] += length * detour(particle[6:9], source)
    for axis in range(3):
        particle[3 + axis] -= length * particle[6 + axis]


@lean
def _bent(
    state: State, particle: F8, length: float, thickness: float, source: F8, field: F8
) -> None:
    """Move an electron: it scatters, bends in the field, and loses energy."""
    energy = particle[1]
    left = (energy + CRITICAL_ENERGY) * math.exp(-4 / 3 * _SOFT * thickness)
    left -= CRITICAL_ENERGY * (1.0 + thickness * (1.0 - 4 / 3 * _SOFT))
    middle = max(0.5 * (energy + left), 1e-3)
    rms = _SCATTERING / middle * math.sqrt(thickness)
    ux, uy, uz = particle[6], particle[7], particle[8]
    size = math.sqrt(ux * ux + uz * uz)
    ax, az = uz / size, -ux / size
    bx, by, bz = uy * az, uz * ax - ux * az, -uy * ax
    bend = particle[0] * _BEND * length / middle
    kick_x = bend * (uy * field[2] - uz * field[1])
    kick_y = bend * (uz * field[0] - ux * field[2])
    kick_z = bend * (ux * field[1] - uy * field[0])
    # Scattering turns it by 2 s, and offsets it by s and an independent part.
    turn_a, turn_b = rms * normal(state), rms * normal(state)
    off_a = 0.5 * turn_a + rms * normal(state) / math.sqrt(12.0)
    off_b = 0.5 * turn_b + rms * normal(state) / math.sqrt(12.0)
    _straight(particle, length, source)
    particle[3] -= length * (off_a * ax + off_b * bx + 0.5 * kick_x)
    particle[4] -= length * (off_b * by + 0.5 * kick_y)
    particle[5] -= length * (off_a * az + off_b * bz + 0.5 * kick_z)
    x = ux + turn_a * ax + turn_b * bx + kick_x
    y = uy + turn_b * by + kick_y
    z = uz + turn_a * az + turn_b * bz + kick_z
    scale = 1.0 / math.sqrt(x * x + y * y + z * z)
    particle[6], particle[7], particle[8] = x * scale, y * scale, z * scale
    particle[1] = max(left, 0.0)


@lean
def _pair(state: State, particle: F8, stack: F8, n: int) -> int:
    """Turn a photon into an electron and a positron."""
    while True:
        y = uniform(state)
        if uniform(state) < 1.0 - 4 / 3 * y * (1.0 - y):
            break
    sign = 1.0 if uniform(state) < 0.5 else -1.0
    for i in range(2):
        row = stack[n + i]
        for column in range(_WIDTH):
            row[column] = particle[column]
        row[0] = sign * (1.0 - 2.0 * i)
        row[1] = particle[1] * (y if i == 0 else 1.0 - y)
    return n + 2


@lean
def _radiate(state: State, particle: F8, stack: F8, n: int) -> int:
    """Let an electron radiate a photon of a share of its energy."""
    while True:
        y = _SOFT ** uniform(state)
        if uniform(state) < 1.0 - y + 0.75 * y * y:
            break
    for i in range(2):
        row = stack[n + i]
        for column in range(_WIDTH):
            row[column] = particle[column]
        row[1] = particle[1] * ((1.0 - y) if i == 0 else y)
        if i == 1:
            row[0] = 0.0
    return n + 2
