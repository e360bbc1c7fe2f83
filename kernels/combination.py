"""One value per array event out of those of its telescopes.

Axis letters: ``n`` array events, ``r`` telescope events sorted by array event. The rows
of event ``i`` are ``event_start[i]`` to ``event_start[i + 1]``. Angles in rad.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I8, Mask
from cta_columnar.kernels.coordinates import altaz_one, direction_one


@njit
def weighted_mean(event_start: I8, used: Mask, value: F8, weight: F8) -> tuple[F8, F8]:
    """Weighted mean of the telescopes of each event, and their scatter.

    Parameters
    ----------
    event_start : int64[n + 1]
        First row of each event.
    used : bool[r]
        Which telescope events count; their values must be finite.
    value : float64[r]
        What to average.
    weight : float64[r]
        Positive and finite where used.

    Returns
    -------
    mean, std : float64[n], float64[n]
        Weighted mean, and standard deviation of the telescopes (not of the mean; 0 for
        one telescope). NaN without any.
    """
    n_events = event_start.size - 1
    means = np.full(n_events, np.nan)
    stds = np.full(n_events, np.nan)
    for i in range(n_events):
        first, last = event_start[i], event_start[i + 1]
        total, sums = 0.0, 0.0
        for row in range(first, last):
            if used[row]:
                total += weight[row]
                sums += weight[row] * value[row]
        if total > 0.0:
            mean, squares = sums / total, 0.0
            for row in range(first, last):
                if used[row]:
                    squares += weight[row] * (value[row] - mean) ** 2
            means[i], stds[i] = mean, math.sqrt(squares / total)
    return means, stds


@njit
def mean_direction(event_start: I8, used: Mask, alt: F8, az: F8, weight: F8) -> F8:
    """Direction of the weighted mean of unit vectors, and how far they scatter.

    Parameters
    ----------
    event_start, used, weight
        As for `weighted_mean`.
    alt, az : float64[r]
        Directions.

    Returns
    -------
    direction : float64[3, n]
        Altitude, azimuth in [0, 2 pi), and the circular standard deviation
        ``sqrt(-2 ln R)`` where R is the length of the mean vector (K. V. Mardia, P. E.
        Jupp, Directional Statistics (2000), section 2.3). NaN without any telescope.
    """
    n_events = event_start.size - 1
    out = np.full((3, n_events), np.nan)
    for i in range(n_events):
        first, last = event_start[i], event_start[i + 1]
        x, y, z, total = 0.0, 0.0, 0.0, 0.0
        for row in range(first, last):
            if used[row]:
                ux, uy, uz = direction_one(alt[row], az[row])
                x += weight[row] * ux
                y += weight[row] * uy
                z += weight[row] * uz
                total += weight[row]
        if total > 0.0:
            x, y, z = x / total, y / total, z / total
            # 1 - R^2, which keeps the digits where R is nearly 1.
            squares = 0.0
            for row in range(first, last):
                if used[row]:
                    ux, uy, uz = direction_one(alt[row], az[row])
                    away = (ux - x) ** 2 + (uy - y) ** 2 + (uz - z) ** 2
                    squares += weight[row] * away
            out[0, i], out[1, i] = altaz_one(x, y, z)
            if squares < total:
                out[2, i] = math.sqrt(-math.log1p(-squares / total))
            else:
                out[2, i] = math.inf
    return out
