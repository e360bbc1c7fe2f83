"""Air above the telescopes: mass, density, refractivity and extinction with height.

Everything is tabulated on evenly spaced heights above the sea; `Air` holds the tables.
Heights are in m, depths in g/cm2 from the top, straight down.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit

F8 = NDArray[np.float64]


class Air(NamedTuple):
    """Tables of an atmosphere.

    Attributes
    ----------
    step : float
        Distance of the heights in the tables; the first one is 0.
    thickness, density, refractivity : float64[n]
        Mass above a height, g/cm2; g/cm3; n - 1.
    opacity : float64[n]
        Optical depth of light that travels straight down from a height to the observer.
    heights : float64[k]
        Height where the logarithm of the thickness is ``log_first - i * log_step``.
    log_first, log_step : float
        See ``heights``.
    observer : float
        Height of the observation level.
    """

    step: float
    thickness: F8
    density: F8
    refractivity: F8
    opacity: F8
    heights: F8
    log_first: float
    log_step: float
    observer: float


@lean
def at_height(table: F8, step: float, height: float) -> float:
    """Interpolate a table of `Air`; its ends hold beyond them."""
    place = min(max(height / step, 0.0), table.size - 1.000001)
    i = int(place)
    return float(table[i] + (place - i) * (table[i + 1] - table[i]))


@lean
def height_of(air: Air, depth: float) -> float:
    """Height above which ``depth`` g/cm2 of air lie, at most that of the last table."""
    place = (air.log_first - math.log(max(depth, 1e-12))) / air.log_step
    place = min(max(place, 0.0), air.heights.size - 1.000001)
    i = int(place)
    return float(air.heights[i] + (place - i) * (air.heights[i + 1] - air.heights[i]))


@njit
def many_at_height(table: F8, step: float, heights: F8) -> F8:
    """Interpolate a table at many heights: `at_height`."""
    out = np.empty(heights.size)
    for i in range(heights.size):
        out[i] = at_height(table, step, heights[i])
    return out


@njit
def heights_of(air: Air, depths: F8) -> F8:
    """Heights of many depths: `height_of`."""
    out = np.empty(depths.size)
    for i in range(depths.size):
        out[i] = height_of(air, depths[i])
    return out
