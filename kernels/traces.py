"""Changes of traces before a pulse is looked for, and their scatter.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples, ``c`` gain channels.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit, summing
from cta_columnar.kernels._types import F4, F8, I1

_N_PARTS = 8


@inline
def _mean_by_parts(values: F4) -> np.float32:
    """Mean in float32, by eight sums side by side.

    So NumPy adds up to 128 numbers. What is left of a sample that equals its baseline
    is rounding, and whether it is above 0 decides if it counts for the time.
    """
    if values.size == 0:
        return np.float32(math.nan)
    total = np.float32(0.0)
    n_whole = values.size - values.size % _N_PARTS
    if n_whole:
        r0, r1, r2, r3, r4, r5, r6, r7 = (
            values[0], values[1], values[2], values[3],
            values[4], values[5], values[6], values[7],
        )  # fmt: skip
        for s in range(_N_PARTS, n_whole, _N_PARTS):
            r0, r1, r2, r3 = (
                r0 + values[s], r1 + values[s + 1],
                r2 + values[s + 2], r3 + values[s + 3],
            )  # fmt: skip
            r4, r5, r6, r7 = (
                r4 + values[s + 4], r5 + values[s + 5],
                r6 + values[s + 6], r7 + values[s + 7],
            )  # fmt: skip
        total = ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7))
    for s in range(n_whole, values.size):
        total += values[s]
    return np.float32(total / np.float32(values.size))


@njit
def subtract_baseline(waveform: F4, start: int, end: int) -> F4:
    """Take off each trace its own mean over some of its samples.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples.
    start, end : int
        Samples of the baseline, the last one excluded; cut to the trace.

    Returns
    -------
    out : float32[e, p, s]
        NaN where no sample is left.
    """
    n_events, n_pixels, n_samples = waveform.shape
    out = np.empty_like(waveform)
    last = min(end, n_samples)
    for e in range(n_events):
        for p in range(n_pixels):
            baseline = _mean_by_parts(waveform[e, p, start:last])
            for s in range(n_samples):
                out[e, p, s] = waveform[e, p, s] - baseline
    return out


@njit
def significant_samples(waveform: F4, selected_gain_channel: I1, cut: F8) -> F4:
    """Set samples that do not exceed a cut to 0, so that they make no pulse.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, p.e.
    selected_gain_channel : int8[e, p]
        Channel of each pixel.
    cut : float64[c]
        Per gain channel, p.e.; -inf for none.

    Returns
    -------
    out : float32[e, p, s]
        A copy. With a cut NaN is 0 as well.
    """
    n_events, n_pixels, n_samples = waveform.shape
    out = np.empty_like(waveform)
    for e in range(n_events):
        for p in range(n_pixels):
            limit = cut[selected_gain_channel[e, p]]
            for s in range(n_samples):
                value = waveform[e, p, s]
                out[e, p, s] = value if value > limit else np.float32(0.0)
    return out


@summing
def _total(trace: F4) -> float:
    total = 0.0
    for s in range(trace.size):
        total += np.float64(trace[s])
    return total


@summing
def _squares(trace: F4, mean: float) -> float:
    total = 0.0
    for s in range(trace.size):
        away = np.float64(trace[s]) - mean
        total += away * away
    return total


@njit
def _variance_of_some(trace: F4) -> float:
    """Variance of the samples that are not NaN; NaN without any."""
    there = trace[~np.isnan(trace)]
    if there.size == 0:
        return math.nan
    return _squares(there, _total(there) / there.size) / there.size


@njit
def variances(waveform: F4) -> F4:
    """Take the population variance of each trace; NaN samples are left out.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, p.e.

    Returns
    -------
    out : float32[e, p]
        p.e.2; NaN where all samples are.
    """
    n_events, n_pixels, _ = waveform.shape
    out = np.empty((n_events, n_pixels), np.float32)
    for e in range(n_events):
        for p in range(n_pixels):
            trace = waveform[e, p]
            total = _total(trace)
            if math.isnan(total):
                out[e, p] = _variance_of_some(trace)
            else:
                out[e, p] = _squares(trace, total / trace.size) / trace.size
    return out
