"""Showers as segments of their axes, which is all that light needs to know.

Frame, directions and units are those of `electromagnetic`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.atmosphere import Air, at_height, height_of
from cta_columnar.kernels.simulation.draws import State, uniform
from cta_columnar.kernels.simulation.electromagnetic import (
    SPEED_OF_LIGHT,
    detour,
    draw_growth,
    particles,
)
from cta_columnar.kernels.simulation.electrons import PHOTONS_PER_METRE
from cta_columnar.kernels.simulation.emission import (
    N_AGES,
    N_HEIGHTS,
    age_place,
    height_place,
)

F8 = NDArray[np.float64]

SEGMENT = ("x", "y", "z", "ux", "uy", "uz", "length", "photons", "node", "delay")
"""Piece of an axis: its middle, direction and length; photons of 300 to 600 nm that
would reach the ground; node of the emission table; ns behind a front that is a plane
and light in vacuum."""

N_LEVELS = 42
LEVEL_STEP = 20.0
"""Levels of the longitudinal profile: vertical g/cm2 from the top, as CORSIKA's."""

_DELAY_PER_DEPTH = 0.00231 / SPEED_OF_LIGHT
"""ns per slant g/cm2: refractivity per density over the speed of light."""

# Parts of an axis with fewer particles than this share of the maximum are left out.
_FADED = 0.01


@njit
def segments_of(
    state: State,
    showers: F8,
    source: F8,
    air: Air,
    sin2: F8,
    width: float,
    step: float,
) -> tuple[F8, F8, float]:
    """Cut sub-showers into segments.

    Parameters
    ----------
    state : State
        Random numbers: growth of each, and node of each segment.
    showers : float64[n, 10]
        Columns of `SUBSHOWER`.
    source : float64[3]
        Direction of the primary particle.
    air : Air
        Atmosphere.
    sin2 : float64[h, a]
        Of the `Emission`.
    width : float
        Spread of the depth of maximum, radiation lengths.
    step : float
        Length of segments, slant g/cm2; those of weak sub-showers are twice as long.

    Returns
    -------
    segments : float64[m, 10]
        Columns of `SEGMENT`.
    profile : float64[2, N_LEVELS]
        Electrons, and Cherenkov photons per step of depth.
    first : float
        Height of the first interaction of the first sub-shower above the observer, m.
    """
    profile = np.zeros((2, N_LEVELS))
    rows = np.empty((64, len(SEGMENT)))
    n, first_height = 0, 0.0
    strongest = 0.0
    for i in range(len(showers)):
        strongest = max(strongest, showers[i, 0])
    ground = at_height(air.thickness, air.step, air.observer)
    for i in range(len(showers)):
        energy, uz = showers[i, 0], showers[i, 7]
        growth = draw_growth(state, energy, showers[i, 9] > 0.0, width)
        start = at_height(air.thickness, air.step, air.observer + showers[i, 4])
        if i == 0:
            depth = min(start + growth.first * uz, ground)
            first_height = height_of(air, depth) - air.observer
        own_step = step if energy > 0.05 * strongest else 2.0 * step
        most = particles(growth, growth.maximum)[0]
        end = (ground - start) / uz
        depth = growth.first
        while depth < end:
            length = min(own_step, end - depth)
            number, age = particles(growth, depth + 0.5 * length)
            depth += length
            if number < _FADED * most:
                if depth > growth.maximum:
                    break
                continue
            if n == len(rows):
                rows = np.concatenate((rows, np.empty_like(rows)))
            _segment(
                state, rows[n], profile, showers[i], source, air, sin2, ground,
                start + (depth - length) * uz, length * uz, number, age,
            )  # fmt: skip
            n += 1
    return rows[:n].copy(), profile, first_height


@njit
def _segment(
    state: State,
    row: F8,
    profile: F8,
    shower: F8,
    source: F8,
    air: Air,
    sin2: F8,
    ground: float,
    depth: float,
    thickness: float,
    number: float,
    age: float,
) -> None:
    """Fill one segment that begins at a vertical depth and is ``thickness`` thick."""
    uz, weight = shower[7], shower[1]
    top, bottom = height_of(air, depth), height_of(air, depth + thickness)
    height = height_of(air, depth + 0.5 * thickness)
    behind = (air.observer + shower[4] - height) / uz
    for axis in range(3):
        row[axis] = shower[2 + axis] - behind * shower[5 + axis]
        row[3 + axis] = shower[5 + axis]
    row[6] = (top - bottom) / uz
    i, j = height_place(height - air.observer), age_place(age)
    made = weight * number * row[6] * PHOTONS_PER_METRE * _between(sin2, i, j)
    row[7] = made * math.exp(-at_height(air.opacity, air.step, height) / uz)
    # One of the neighbouring nodes, by its nearness: no bias, and half the memory.
    near_i = min(int(i + uniform(state)), N_HEIGHTS - 1)
    near_j = min(int(j + uniform(state)), N_AGES - 1)
    row[8] = near_i * N_AGES + near_j
    row[9] = _DELAY_PER_DEPTH * (ground - depth - 0.5 * thickness) / uz
    row[9] += shower[8] + detour(shower[5:8], source) * behind
    deposit(profile[0], depth, thickness, weight * number)
    deposit(profile[1], depth, thickness, made * LEVEL_STEP / thickness)


@lean
def _between(table: F8, i: float, j: float) -> float:
    """Interpolate a table at fractional indices within it."""
    i0, j0 = min(int(i), table.shape[0] - 2), min(int(j), table.shape[1] - 2)
    a, b = i - i0, j - j0
    low = table[i0, j0] + b * (table[i0, j0 + 1] - table[i0, j0])
    high = table[i0 + 1, j0] + b * (table[i0 + 1, j0 + 1] - table[i0 + 1, j0])
    return float(low + a * (high - low))


@lean
def deposit(levels: F8, depth: float, thickness: float, amount: float) -> None:
    """Add ``amount``, constant over a range of depth, to the mean of each step."""
    first = int(depth / LEVEL_STEP)
    last = int((depth + thickness) / LEVEL_STEP)
    for level in range(first, min(last, levels.size - 1) + 1):
        top = max(depth, level * LEVEL_STEP)
        bottom = min(depth + thickness, (level + 1) * LEVEL_STEP)
        levels[level] += amount * (bottom - top) / LEVEL_STEP
