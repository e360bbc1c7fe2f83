"""From photo-electrons of the model camera to charges of a real one.

A single-p.e. spectrum is a table of quantiles, so every kind of sensor costs the same:
one random word and one interpolation per photo-electron.
"""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.draws import State, normal, poisson, uniform


@lean
def draw_charge(state: State, quantiles: NDArray[np.float32]) -> np.float32:
    """One charge of a spectrum.

    Parameters
    ----------
    quantiles : float32[n + 1]
        Charges below which 0/n, 1/n, ... n/n of all lie, linear in between.
    """
    place = uniform(state) * (quantiles.size - 1)
    i = int(place)
    low = quantiles[i]
    return np.float32(low + np.float32(place - i) * (quantiles[i + 1] - low))


@njit
def draw_charges(
    state: State, quantiles: NDArray[np.float32], n: int
) -> NDArray[np.float32]:
    """Draw ``n`` charges; parameters as `draw_charge`."""
    out = np.empty(n, np.float32)
    for i in range(n):
        out[i] = draw_charge(state, quantiles)
    return out


@njit
def detect(
    state: State,
    pixel: NDArray[np.int32],
    time: NDArray[np.float32],
    efficiency: NDArray[np.float32],
    delay: NDArray[np.float32],
    jitter: float,
    quantiles: NDArray[np.float32],
) -> tuple[
    NDArray[np.int32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]
]:
    """Photo-electrons of a camera whose pixels differ, with their charges.

    Where a pixel is less efficient than the model, photo-electrons are lost at random;
    where it is more efficient, some come twice. Means are exact; the variance of the
    number exceeds Poisson's by twice the excess in efficiency, some per cent.

    Parameters
    ----------
    pixel, time : int32[n], float32[n]
        Photo-electrons of the model camera, sorted by pixel; time in ns.
    efficiency : float32[p]
        Relative to the model, 0 to 2.
    delay : float32[p]
        Delay of the signal in this pixel, ns.
    jitter : float
        Spread of the transit time, ns.
    quantiles : float32[m]
        Single-p.e. spectrum, see `draw_charge`.

    Returns
    -------
    pixel, time : int32[k], float32[k]
        What is detected, in the order of the input: the truth.
    charge : float32[k]
        In units of the mean single p.e.
    arrival : float32[k]
        When the signal reaches the electronics, ns.
    """
    n_most = 2 * pixel.size
    seen = np.empty(n_most, np.int32)
    moment = np.empty(n_most, np.float32)
    charge = np.empty(n_most, np.float32)
    arrival = np.empty(n_most, np.float32)
    n = 0
    for i in range(pixel.size):
        p = pixel[i]
        copies = int(efficiency[p] + uniform(state))
        for _ in range(copies):
            seen[n] = p
            moment[n] = time[i]
            charge[n] = draw_charge(state, quantiles)
            arrival[n] = time[i] + delay[p] + jitter * normal(state)
            n += 1
    return seen[:n], moment[:n], charge[:n], arrival[:n]


@njit
def flash(
    state: State,
    mean: NDArray[np.float32],
    spread: float,
    middle: float,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Photo-electrons of a flash of light that all pixels see.

    Parameters
    ----------
    mean : float32[p]
        Expected number in each pixel.
    spread, middle : float
        Of the normal distribution of times, ns.

    Returns
    -------
    pixel, time : int32[n], float32[n]
        Sorted by pixel, then time.
    """
    counts = np.empty(mean.size, np.int64)
    for p in range(mean.size):
        counts[p] = poisson(state, mean[p])
    pixel = np.empty(counts.sum(), np.int32)
    time = np.empty(pixel.size, np.float32)
    first = 0
    for p in range(mean.size):
        last = first + counts[p]
        pixel[first:last] = p
        for i in range(first, last):
            time[i] = middle + spread * normal(state)
        time[first:last].sort()
        first = last
    return pixel, time
