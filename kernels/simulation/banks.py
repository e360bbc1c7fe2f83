"""Banks of night sky and of noise that events read from; axes as in `electronics`."""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels.simulation.charges import draw_charge
from cta_columnar.kernels.simulation.draws import (
    State,
    normal,
    poisson,
    uniform,
)


@njit
def sky_bank(
    state: State,
    rate: float,
    quantiles: NDArray[np.float32],
    pulses: NDArray[np.float32],
    n_rows: int,
    n_columns: int,
    n_more: int,
) -> NDArray[np.float32]:
    """Traces of photo-electrons at random times, less their mean, in p.e.

    Rows are rings: a pulse at the end goes on at the start.

    Parameters
    ----------
    rate : float
        Photo-electrons per sample.
    quantiles : float32[q]
        Single-p.e. spectrum, see `charges.draw_charge`.
    pulses : float32[h, f, i]
        See `electronics.add_pulse`.
    n_rows, n_columns, n_more : int
        Size, and columns that repeat the first ones.

    Returns
    -------
    bank : float32[h, n_rows, n_columns + n_more]
        The same photo-electrons in each shape.
    """
    n_shapes, n_phases, length = pulses.shape
    sums = np.zeros((n_shapes, n_rows, n_columns))
    for r in range(n_rows):
        for _ in range(poisson(state, rate * n_columns)):
            position = uniform(state) * n_columns
            charge = draw_charge(state, quantiles)
            whole = int(position)
            phase = int((position - whole) * n_phases)
            for i in range(length):
                c = (whole + 1 + i) % n_columns
                for h in range(n_shapes):
                    sums[h, r, c] += charge * pulses[h, phase, i]
    out = np.empty((n_shapes, n_rows, n_columns + n_more), np.float32)
    for h in range(n_shapes):
        mean = sums[h].mean() if n_rows > 0 else 0.0
        for r in range(n_rows):
            for c in range(n_columns + n_more):
                out[h, r, c] = sums[h, r, c % n_columns] - mean
    return out


@njit
def noise_bank(
    state: State,
    noise: NDArray[np.float64],
    n_rows: int,
    n_columns: int,
    n_more: int,
) -> NDArray[np.float32]:
    """White noise of rms ``noise : float64[g]``, float32[g, n_rows, n_columns + more].

    Its mean over the bank is 0, so that no pedestal is shifted. The last ``n_more``
    columns repeat the first ones.
    """
    out = np.empty((noise.size, n_rows, n_columns + n_more), np.float32)
    for g in range(noise.size):
        total = 0.0
        for r in range(n_rows):
            for c in range(n_columns):
                value = noise[g] * normal(state)
                out[g, r, c] = value
                total += value
        mean = np.float32(total / max(n_rows * n_columns, 1))
        for r in range(n_rows):
            for c in range(n_columns):
                out[g, r, c] -= mean
            for c in range(n_columns, n_columns + n_more):
                out[g, r, c] = out[g, r, c % n_columns]
    return out
