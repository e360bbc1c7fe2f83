"""Distance of telescopes from the shower axis.

Axis letters as in `kernels.stereo`: ``n`` array events, ``r`` telescope events sorted
by array event, ``t`` telescopes of the array. Angles in rad, lengths in m.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8
from cta_columnar.kernels.coordinates import direction_one


@njit
def impact_distance(
    event_start: I8,
    alt: F8,
    az: F8,
    core_x: F8,
    core_y: F8,
    tel_index: I4,
    tel_position: F8,
) -> F8:
    """Distance of each telescope from the axis of its event.

    Parameters
    ----------
    event_start : int64[n + 1]
        First row of each event.
    alt, az : float64[n]
        Direction of the shower.
    core_x, core_y : float64[n]
        Where its axis meets the plane z = 0 of the ground frame.
    tel_index : int32[r]
        Row of the telescope in the next.
    tel_position : float64[t, 3]
        Ground frame.

    Returns
    -------
    distance : float64[r]
        NaN where the shower is NaN.
    """
    out = np.empty(tel_index.size)
    for i in range(event_start.size - 1):
        ux, uy, uz = direction_one(alt[i], az[i])
        for row in range(event_start[i], event_start[i + 1]):
            x = tel_position[tel_index[row], 0] - core_x[i]
            y = tel_position[tel_index[row], 1] - core_y[i]
            z = tel_position[tel_index[row], 2]
            out[row] = math.sqrt(
                (y * uz - z * uy) ** 2 + (z * ux - x * uz) ** 2 + (x * uy - y * ux) ** 2
            )
    return out
