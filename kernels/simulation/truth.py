"""What a file says about a simulated shower: counts along its depth."""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels.simulation.atmosphere import Air, at_height
from cta_columnar.kernels.simulation.segments import (
    LEVEL_STEP,
    N_LEVELS,
    deposit,
)

F8 = NDArray[np.float64]


@njit
def charged_on_tracks(tracks: F8, air: Air) -> F8:
    """Count the particles on tracks per step of depth, float64[N_LEVELS]."""
    levels = np.zeros(N_LEVELS)
    for i in range(len(tracks)):
        track = tracks[i]
        high = air.observer + track[2]
        low = high - track[6] * track[5]
        top = at_height(air.thickness, air.step, high)
        bottom = at_height(air.thickness, air.step, low)
        deposit(levels, top, bottom - top, track[9])
    return levels


@njit
def depth_of_maximum(levels: F8) -> float:
    """Depth where a profile is highest, by a parabola through three steps; g/cm2.

    0 for an empty profile.
    """
    peak = 0
    for i in range(levels.size):
        if levels[i] > levels[peak]:
            peak = i
    if levels[peak] <= 0.0:
        return 0.0
    shift = 0.0
    if 0 < peak < levels.size - 1:
        before, after = levels[peak - 1], levels[peak + 1]
        bend = before - 2.0 * levels[peak] + after
        if bend < 0.0:
            shift = 0.5 * (before - after) / bend
    return (peak + 0.5 + shift) * LEVEL_STEP
