"""Cameras that read one number per pixel; axes as in `electronics`."""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.electronics import add_signal, start_in_bank


@njit
def sums(
    first: NDArray[np.int64],
    arrival: NDArray[np.float32],
    charge: NDArray[np.float32],
    origin: float,
    width: float,
    pulses: NDArray[np.float32],
    shape: NDArray[np.int64],
    pedestal: NDArray[np.float32],
    scale: NDArray[np.float32],
    top: NDArray[np.float32],
    sky: NDArray[np.float32],
    place: NDArray[np.int32],
    column: int,
    n_columns: int,
    sky_bank: NDArray[np.float32],
    noise_bank: NDArray[np.float32],
    n_gate: int,
    out: NDArray[np.uint32],
) -> None:
    """Sum the signal of each pixel over a gate, in each gain.

    Parameters
    ----------
    n_gate : int
        Samples of the gate.
    out : uint32[g, p]
        Overwritten.
    others
        As of `electronics.traces`. Pedestal, noise and largest count are those of the
        sum, of which each is one value.
    """
    n_gains, n_pixels = out.shape
    n_shapes = pulses.shape[0]
    signal = np.empty(n_gate, np.float32)
    totals = np.empty(n_shapes)
    for p in range(n_pixels):
        row, a = start_in_bank(place[p], column, n_columns)
        mine = slice(first[p], first[p + 1])
        for h in range(n_shapes):
            totals[h] = sky[p] * _sum(sky_bank[h, row, a : a + n_gate])
            if first[p + 1] > first[p]:
                signal[:] = 0.0
                add_signal(
                    signal, arrival[mine], charge[mine], origin, width, pulses[h]
                )
                totals[h] += _sum(signal)
        for g in range(n_gains):
            noise = noise_bank[g, row % noise_bank.shape[1], a]
            value = pedestal[g, p] + scale[g, p] * totals[shape[g]] + noise
            out[g, p] = np.uint32(min(max(value, 0.0), top[g]) + 0.5)


@lean
def _sum(values: NDArray[np.float32]) -> float:
    """Add up; four sums side by side, as one would wait for itself at each step."""
    a = b = c = d = 0.0
    whole = values.size - values.size % 4
    for s in range(0, whole, 4):
        a += values[s]
        b += values[s + 1]
        c += values[s + 2]
        d += values[s + 3]
    for s in range(whole, values.size):
        a += values[s]
    return (a + b) + (c + d)
