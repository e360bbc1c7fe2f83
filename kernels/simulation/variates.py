"""Arrays of random variates, for what is drawn once per run."""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels.simulation.draws import State, normal, uniform


@njit
def uniforms(state: State, n: int) -> NDArray[np.float64]:
    """Next ``n`` numbers in (0, 1)."""
    out = np.empty(n)
    for i in range(n):
        out[i] = uniform(state)
    return out


@njit
def normals(state: State, n: int, most: float) -> NDArray[np.float64]:
    """Next ``n`` normal variates between ``-most`` and ``most``; others are redrawn."""
    out = np.empty(n)
    for i in range(n):
        value = normal(state)
        while abs(value) > most:
            value = normal(state)
        out[i] = value
    return out
