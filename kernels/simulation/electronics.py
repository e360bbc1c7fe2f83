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

from cta_columnar.kernels._jit import inline, lean, njit
from cta_columnar.kernels.simulation.draws import State, below

_MANY = 200
"""Photo-electrons in one pixel from which it pays to add up equal phases first."""


@lean
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
    low, high = max(0, -first), min(pulses.shape[1], trace.size - first)
    there, pulse = trace[first + low : first + high], pulses[phase, low:high]
    for i in range(there.size):
        there[i] += charge * pulse[i]


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


@lean
def start_in_bank(place: int, column: int, n_columns: int) -> tuple[int, int]:
    """Row and column of a bank at which a pixel starts, from its `draw_places`.

    ``column`` further on than its place; see `traces`.
    """
    row = place // n_columns
    return row, place - row * n_columns + column


@lean
def _counts(value: np.float32, top: np.float32) -> np.uint16:
    """Round to whole counts within 0 and ``top``."""
    within = min(max(value, np.float32(0.0)), top)
    return np.uint16(np.int32(within + np.float32(0.5)))


@lean
def _digitise(
    out: NDArray[np.uint16],
    signal: NDArray[np.float32],
    is_lit: bool,
    sky: NDArray[np.float32],
    noise: NDArray[np.float32],
    base: np.float32,
    scale: np.float32,
    sky_scale: np.float32,
    top: np.float32,
) -> None:
    """Digitise a pixel in one gain: ``out``, ``signal`` and its parts of the banks."""
    if is_lit:
        for s in range(out.size):
            value = base + scale * signal[s] + sky_scale * sky[s] + noise[s]
            out[s] = _counts(value, top)
    else:
        for s in range(out.size):
            out[s] = _counts(base + sky_scale * sky[s] + noise[s], top)


@lean
def _read_pixel(
    out: NDArray[np.uint16],
    p: int,
    signal: NDArray[np.float32],
    is_lit: bool,
    shape: NDArray[np.int64],
    pedestal: NDArray[np.float32],
    scale: NDArray[np.float32],
    top: NDArray[np.float32],
    sky: NDArray[np.float32],
    sky_bank: NDArray[np.float32],
    noise_bank: NDArray[np.float32],
    row: int,
    first: int,
) -> None:
    """Waveforms of a pixel in all gains; parameters as of `traces`."""
    last = first + out.shape[2]
    quiet = row % noise_bank.shape[1]
    for g in range(out.shape[0]):
        h, k = shape[g], scale[g, p]
        _digitise(
            out[g, p], signal[h], is_lit,
            sky_bank[h, row, first:last], noise_bank[g, quiet, first:last],
            pedestal[g, p], k, k * sky[p], top[g],
        )  # fmt: skip


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
    signal = np.empty((pulses.shape[0], out.shape[2]), np.float32)
    for p in range(out.shape[1]):
        is_lit = first[p + 1] > first[p]
        if is_lit:
            signal[:] = 0.0
            mine = slice(first[p], first[p + 1])
            for h in range(pulses.shape[0]):
                add_signal(
                    signal[h], arrival[mine], charge[mine], origin, width, pulses[h]
                )
        row, begin = start_in_bank(place[p], column, n_columns)
        _read_pixel(
            out, p, signal, is_lit, shape, pedestal, scale, top, sky, sky_bank,
            noise_bank, row, begin,
        )  # fmt: skip
