"""From charges to digitised waveforms.

Night sky and noise are not made for each pixel of each event: they are read from banks
of long traces, each pixel at a random place. The loops over samples draw nothing.

Axes: ``g`` gains, ``h`` different pulse shapes, ``p`` pixels, ``s`` samples, ``f``
phases of a pulse within a sample, ``i`` samples of a pulse, ``r`` rows and ``c``
columns of a bank. A bank has more columns than places to start from: the last ones
repeat the first, so that every read is one run of memory.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels.simulation.draws import State, below

_MANY = 200
"""Photo-electrons in one pixel from which it pays to add up equal phases first."""


@inline
def add_pulse(
    trace: NDArray[np.float32],
    position: float,
    charge: np.float32,
    pulses: NDArray[np.float32],
) -> None:
    """Add one pulse that begins at ``position``, in samples from that of ``trace[0]``.

    ``pulses : float32[f, i]`` is the pulse at whole samples, begun ``(f + 0.5) / n_f``
    of a sample after sample -1. What is outside the trace, or NaN, adds nothing.
    """
    if not -pulses.shape[1] - 1.0 <= position < trace.size:
        return
    whole = math.floor(position)
    # Just below 0, the difference is 1 by rounding.
    phase = min(int((position - whole) * pulses.shape[0]), pulses.shape[0] - 1)
    first = int(whole) + 1
    for i in range(max(0, -first), min(pulses.shape[1], trace.size - first)):
        trace[first + i] += charge * pulses[phase, i]


@inline
def _add_many(
    trace: NDArray[np.float32],
    arrival: NDArray[np.float32],
    charge: NDArray[np.float32],
    origin: float,
    width: float,
    pulses: NDArray[np.float32],
) -> None:
    n_phases, length = pulses.shape
    summed = np.zeros((trace.size + length) * n_phases, np.float32)
    for j in range(arrival.size):
        position = (arrival[j] - origin) / width + length
        if 0.0 <= position < trace.size + length:
            slot = min(int(position * n_phases), summed.size - 1)
            summed[slot] += charge[j]
    for slot in range(summed.size):
        if summed[slot] != 0.0:
            position = (slot + 0.5) / n_phases - length
            add_pulse(trace, position, summed[slot], pulses)


@njit
def add_signal(
    trace: NDArray[np.float32],
    arrival: NDArray[np.float32],
    charge: NDArray[np.float32],
    origin: float,
    width: float,
    pulses: NDArray[np.float32],
) -> None:
    """Add the pulses of one pixel to its trace, in p.e.

    Parameters
    ----------
    trace : float32[s]
        Changed in place.
    arrival, charge : float32[n]
        Photo-electrons, ns and p.e.
    origin, width : float
        Time of ``trace[0]`` and duration of a sample, ns.
    pulses : float32[f, i]
        See `add_pulse`.
    """
    if arrival.size > _MANY:
        _add_many(trace, arrival, charge, origin, width, pulses)
        return
    for j in range(arrival.size):
        add_pulse(trace, (arrival[j] - origin) / width, charge[j], pulses)


@njit
def draw_places(state: State, n_places: int, n_pixels: int) -> NDArray[np.int32]:
    """For each pixel, where in a bank with ``n_places`` places it starts, int32[p]."""
    out = np.empty(n_pixels, np.int32)
    for p in range(n_pixels):
        out[p] = below(state, n_places)
    return out


@njit
def first_of_pixels(pixel: NDArray[np.int32], n_pixels: int) -> NDArray[np.int64]:
    """Where the entries of each pixel begin in a sorted list, int64[p + 1]."""
    first = np.zeros(n_pixels + 1, np.int64)
    for i in range(pixel.size):
        first[pixel[i] + 1] += 1
    for p in range(n_pixels):
        first[p + 1] += first[p]
    return first


@inline
def _digitise(
    out: NDArray[np.uint16],
    signal: NDArray[np.float32],
    sky: NDArray[np.float32],
    noise: NDArray[np.float32],
    base: np.float32,
    scale: np.float32,
    sky_scale: np.float32,
    top: np.float32,
) -> None:
    zero = np.float32(0.0)
    half = np.float32(0.5)
    for s in range(out.size):
        value = base + scale * signal[s] + sky_scale * sky[s] + noise[s]
        value = min(max(value, zero), top) + half
        out[s] = np.uint16(np.int32(value))


@inline
def _digitise_empty(
    out: NDArray[np.uint16],
    sky: NDArray[np.float32],
    noise: NDArray[np.float32],
    base: np.float32,
    sky_scale: np.float32,
    top: np.float32,
) -> None:
    zero = np.float32(0.0)
    half = np.float32(0.5)
    for s in range(out.size):
        value = base + sky_scale * sky[s] + noise[s]
        value = min(max(value, zero), top) + half
        out[s] = np.uint16(np.int32(value))


@njit
def traces(
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
    out: NDArray[np.uint16],
) -> None:
    """Waveforms of one telescope event.

    Parameters
    ----------
    first : int64[p + 1]
        Where the photo-electrons of each pixel begin, see `first_of_pixels`.
    arrival, charge : float32[n]
        Photo-electrons, ns and p.e.
    origin, width : float
        Time of the first sample and duration of a sample, ns.
    pulses : float32[h, f, i]
        Pulses of peak 1, see `add_pulse`.
    shape : int64[g]
        Which of the pulses a gain has.
    pedestal : float32[g, p]
        Counts.
    scale : float32[g, p]
        Counts at the peak per p.e.; 0 for a pixel without high voltage.
    top : float32[g]
        Largest count.
    sky : float32[p]
        Night sky relative to the bank; 0 for none.
    place : int32[p]
        From `draw_places`, below rows times ``n_columns`` of ``sky_bank``.
    column : int
        Column of the first sample, after that of the place.
    n_columns : int
        Columns at which a trace may start.
    sky_bank : float32[h, r, c]
        Night sky, p.e.
    noise_bank : float32[g, r', c]
        Electronic noise, counts; places beyond its rows start over.
    out : uint16[g, p, s]
        Overwritten.
    """
    n_gains, n_pixels, n_samples = out.shape
    n_quiet = noise_bank.shape[1]
    signal = np.empty((pulses.shape[0], n_samples), np.float32)
    for p in range(n_pixels):
        row = place[p] // n_columns
        a = place[p] - row * n_columns + column
        b = a + n_samples
        lit = first[p + 1] > first[p]
        if lit:
            signal[:] = 0.0
            mine = slice(first[p], first[p + 1])
            for h in range(pulses.shape[0]):
                add_signal(
                    signal[h], arrival[mine], charge[mine], origin, width, pulses[h]
                )
        for g in range(n_gains):
            h = shape[g]
            dark = sky_bank[h, row, a:b]
            noise = noise_bank[g, row % n_quiet, a:b]
            k = scale[g, p]
            if lit:
                _digitise(
                    out[g, p], signal[h], dark, noise,
                    pedestal[g, p], k, k * sky[p], top[g],
                )  # fmt: skip
            else:
                _digitise_empty(
                    out[g, p], dark, noise, pedestal[g, p], k * sky[p], top[g]
                )
