"""Where the Cherenkov light of a piece of shower comes from, and where it goes.

At a height and age of the shower, electrons have a distribution of energy, angle and
distance to the axis, and each makes a cone of light. Forward Monte Carlo of these fills
a table once per run; a telescope then looks up how much light a piece of the axis sends
towards it, and from how far beside the axis it came.

Axes: ``h`` heights, ``a`` ages, ``b`` bins of angle, ``k`` samples, 2 = radial (towards
the telescope) and tangential. Lengths are in m, angles in rad, small enough to be added
as vectors.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.atmosphere import Air, at_height
from cta_columnar.kernels.simulation.draws import (
    EMISSION,
    State,
    below,
    new_stream,
    normal,
    uniform,
)
from cta_columnar.kernels.simulation.electrons import (
    ELECTRON_MASS,
    draw_from,
    electron_angle,
    light_spectrum,
    rms_angle,
    sin2_cherenkov,
    soft_and_hard_quantiles,
)

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

RADIATION_LENGTH = 36.62
"""Of air, g/cm2."""

FIRST_BIN = 2e-3
BIN_WIDTH = 0.1
N_BINS = 55
"""Bins of the angle: up to 2 mrad, then by factors exp(0.1) up to 0.45 rad."""

LOWEST = 400.0
SPAN = 25600.0
N_HEIGHTS = 28
HEIGHT_POWER = 1.5
"""Heights above the observer: ``LOWEST + SPAN t**HEIGHT_POWER``, t even in [0, 1]."""

FIRST_AGE = 0.2
AGE_STEP = 0.2
N_AGES = 9

_CONES_PER_ELECTRON = 4
_N_QUANTILES = 1024
_N_ENERGIES = 160


class Emission(NamedTuple):
    """Table of emission.

    Attributes
    ----------
    sin2 : float64[h, a]
        Light per electron and m over `electrons.PHOTONS_PER_METRE`.
    density : float32[h * a, b]
        Share of the light per sr at an angle from the axis, seen from the axis.
    offsets : float32[h * a, b, k, 2]
        Samples of where it was emitted.
    filled : int32[h * a, b]
        How many of the samples are.
    """

    sin2: F8
    density: F4
    offsets: F4
    filled: NDArray[np.int32]


class Spread(NamedTuple):
    """How far electrons stray from the axis.

    An electron at an angle came this way for a length of ``path`` radiation lengths, up
    to a log-normal factor of width ``sigma``; ``halo`` of them for ``halo_path``.
    """

    path: float
    sigma: float
    halo: float
    halo_path: float


@lean
def height_place(above: float) -> float:
    """Place of a height above the observer on the axis of heights, within the table."""
    t = min(max((above - LOWEST) / SPAN, 0.0), 1.0)
    return float(t ** (1.0 / HEIGHT_POWER) * (N_HEIGHTS - 1))


@lean
def age_place(age: float) -> float:
    """Place of an age on the axis of ages, within the table."""
    return min(max((age - FIRST_AGE) / AGE_STEP, 0.0), N_AGES - 1.0)


@lean
def angle_bin(squared_angle: float) -> int:
    """Bin of an angle, given its square; `N_BINS` or more beyond the table."""
    if squared_angle < FIRST_BIN * FIRST_BIN:
        return 0
    ratio = squared_angle * (1.0 / (FIRST_BIN * FIRST_BIN))
    return 1 + int(math.log(ratio) * (0.5 / BIN_WIDTH))


@njit
def emission_table(
    seed: int, run: int, air: Air, cos_zenith: float, spread: Spread, n: int, k: int
) -> Emission:
    """Fill the table with ``n`` electrons per height and age, and ``k`` samples a bin.

    Parameters
    ----------
    seed, run : int
        Of the random numbers.
    air : Air
        Atmosphere.
    cos_zenith : float
        Of the showers: how far a height is from the ground along the axis.
    spread : Spread
        Of the electrons.
    n, k : int
        Size.
    """
    nodes = N_HEIGHTS * N_AGES
    sin2 = np.empty((N_HEIGHTS, N_AGES))
    density = np.zeros((nodes, N_BINS), np.float32)
    offsets = np.zeros((nodes, N_BINS, k, 2), np.float32)
    filled = np.zeros((nodes, N_BINS), np.int32)
    soft, hard = soft_and_hard_quantiles(_N_QUANTILES)
    for i in range(N_HEIGHTS):
        above = LOWEST + SPAN * (i / (N_HEIGHTS - 1)) ** HEIGHT_POWER
        for j in range(N_AGES):
            node = i * N_AGES + j
            state = new_stream(seed, run, EMISSION, 0, node)
            sin2[i, j] = _fill_node(
                state, air, above, above / cos_zenith, FIRST_AGE + j * AGE_STEP,
                spread, soft, hard, n, density[node], offsets[node], filled[node],
            )  # fmt: skip
    return Emission(sin2, density, offsets, filled)


@njit
def _fill_node(
    state: State,
    air: Air,
    above: float,
    distance: float,
    age: float,
    spread: Spread,
    soft: F8,
    hard: F8,
    n: int,
    density: F4,
    offsets: F4,
    filled: NDArray[np.int32],
) -> float:
    """Fill one height and age; returns the mean sin2 of its electrons."""
    height = air.observer + above
    refractivity = at_height(air.refractivity, air.step, height)
    # 1 g/cm2 is 0.01 m of air of 1 g/cm3.
    radiation_length = 0.01 * RADIATION_LENGTH / at_height(
        air.density, air.step, height
    )  # fmt: skip
    energies, cumulative = np.empty(_N_ENERGIES), np.empty(_N_ENERGIES)
    sin2 = light_spectrum(age, refractivity, energies, cumulative)
    counts = np.zeros(N_BINS, np.int64)
    for _ in range(n):
        energy = draw_from(state, energies, cumulative)
        angle = electron_angle(state, energy, age, soft, hard)
        phi = 2.0 * math.pi * uniform(state)
        tx, ty = angle * math.cos(phi), angle * math.sin(phi)
        path = _path(state, spread) * radiation_length
        scatter = rms_angle(energy, age) * path / math.sqrt(12.0)
        x = 0.5 * tx * path + scatter * normal(state)
        y = 0.5 * ty * path + scatter * normal(state)
        cone = math.sqrt(max(sin2_cherenkov(energy, ELECTRON_MASS, refractivity), 0.0))
        first = uniform(state)
        for c in range(_CONES_PER_ELECTRON):
            phi = 2.0 * math.pi * (first + c / _CONES_PER_ELECTRON)
            bx = tx + cone * math.cos(phi) + x / distance
            by = ty + cone * math.sin(phi) + y / distance
            _keep(state, bx, by, x, y, counts, offsets)
    _finish(counts, n * _CONES_PER_ELECTRON, offsets.shape[1], density, filled)
    return sin2


@lean
def _path(state: State, spread: Spread) -> float:
    if uniform(state) < spread.halo:
        return spread.halo_path
    return spread.path * math.exp(spread.sigma * normal(state))


@lean
def _keep(
    state: State,
    bx: float,
    by: float,
    x: float,
    y: float,
    counts: NDArray[np.int64],
    offsets: F4,
) -> None:
    """Count a photon in its bin, and let it into the samples by its even chance."""
    squared = bx * bx + by * by
    b = angle_bin(squared)
    if b >= N_BINS:
        return
    counts[b] += 1
    k = counts[b] - 1
    if k >= offsets.shape[1]:
        k = below(state, counts[b])
        if k >= offsets.shape[1]:
            return
    scale = 1.0 / math.sqrt(max(squared, 1e-30))
    offsets[b, k, 0] = (x * bx + y * by) * scale
    offsets[b, k, 1] = (y * bx - x * by) * scale


@njit
def _finish(
    counts: NDArray[np.int64],
    total: int,
    n_samples: int,
    density: F4,
    filled: NDArray[np.int32],
) -> None:
    for b in range(N_BINS):
        outer = FIRST_BIN * math.exp(BIN_WIDTH * b)
        inner = outer * math.exp(-BIN_WIDTH) if b else 0.0
        solid_angle = math.pi * (outer * outer - inner * inner)
        density[b] = counts[b] / (total * solid_angle)
        filled[b] = min(counts[b], n_samples)
