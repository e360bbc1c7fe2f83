"""What ends in a cascade: neutral pions as photons, muons as tracks.

A particle under way is a row with the columns `PARTICLE`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.atmosphere import Air, at_height, height_of
from cta_columnar.kernels.simulation.draws import State, exponential, normal, uniform
from cta_columnar.kernels.simulation.hadrons import MUON_DECAY, MUON_MASS
from cta_columnar.kernels.simulation.tracks import LOSS

F8 = NDArray[np.float64]

PARTICLE = ("kind", "energy", "weight", "x", "y", "z", "ux", "uy", "uz", "late")
"""Particle under way: the rest as a sub-shower."""

PHOTON_CUT = 0.3
"""Photons below it make no light worth following, GeV."""
STEEPEST = 0.15
"""Cosine of the zenith angle below which particles are given up."""


@lean
def set_track(row: F8, particle: F8, length: float, mass: float) -> None:
    """Fill a row of tracks with a particle that goes ``length`` m."""
    for axis in range(3):
        row[axis], row[3 + axis] = particle[3 + axis], particle[6 + axis]
    row[6], row[7], row[8] = length, particle[1], mass
    row[9], row[10] = particle[2], particle[9]


@lean
def turn(direction: F8, a: float, b: float) -> None:
    """Tilt a unit vector by small tangents along two directions across it."""
    ux, uy, uz = direction[0], direction[1], direction[2]
    size = math.sqrt(ux * ux + uz * uz)
    ax, az = uz / size, -ux / size
    bx, by, bz = uy * az, uz * ax - ux * az, -uy * ax
    x, y, z = ux + a * ax + b * bx, uy + b * by, uz + a * az + b * bz
    scale = 1.0 / math.sqrt(x * x + y * y + z * z)
    direction[0], direction[1], direction[2] = x * scale, y * scale, z * scale


@njit
def photons_of(state: State, particle: F8, showers: F8, n: int) -> int:
    """Decay a neutral pion at once: two photons, any share of the energy."""
    share = uniform(state)
    phi = 2.0 * math.pi * uniform(state)
    # Opening angles follow from the mass: tangents m / E sqrt((1 - f) / f) and inverse.
    opening = 0.135 / particle[1]
    for i in range(2):
        part = share if i == 0 else 1.0 - share
        if part * particle[1] < PHOTON_CUT:
            continue
        tilt = opening * math.sqrt((1.0 - part) / part) * (1.0 - 2.0 * i)
        row = showers[n]
        row[0], row[1] = part * particle[1], particle[2]
        for column in range(7):
            row[2 + column] = particle[3 + column]
        turn(row[5:8], tilt * math.cos(phi), tilt * math.sin(phi))
        row[9] = 0.0
        if row[7] > STEEPEST:
            n += 1
    return n


@njit
def muons_of(
    state: State, particle: F8, air: Air, ground: float, tracks: F8, n: int
) -> int:
    """Follow muons to the ground or their end; no track stands for more than one."""
    many = int(particle[2] + uniform(state))
    for _ in range(min(many, len(tracks) - n)):
        row = tracks[n]
        set_track(row, particle, 0.0, MUON_MASS)
        row[9] = 1.0
        # Those that a thinned parent stands for went elsewhere.
        spread = 0.0 if particle[2] < 1.5 else 0.3 / particle[1]
        turn(row[3:6], spread * normal(state), spread * normal(state))
        if row[5] < STEEPEST:
            continue
        start = at_height(air.thickness, air.step, air.observer + particle[5])
        range_ = (particle[1] - MUON_MASS) / LOSS * row[5]
        end = height_of(air, min(start + range_, ground))
        length = (air.observer + particle[5] - end) / row[5]
        row[6] = min(length, exponential(state) * particle[1] * MUON_DECAY)
        n += 1
    return n
