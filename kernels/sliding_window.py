"""Charge and time of each pixel from the window that holds most.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples, ``c`` gain channels.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, I1


@inline
def _largest_window(trace: F4, width: int, sums: F8) -> tuple[int, float]:
    """Start and sum of the window with the largest sum; the first one of equals."""
    total = 0.0
    sums[0] = 0.0
    for s in range(trace.size):
        total += np.float64(trace[s])
        sums[s + 1] = total
    start = 0
    if math.isnan(total):
        # As in NumPy, NaN counts as largest.
        while not math.isnan(sums[start + width]):
            start += 1
        return start, math.nan
    largest = sums[width]
    for m in range(1, trace.size - width + 1):
        charge = sums[m + width] - sums[m]
        # No branch: noise would have it mispredicted again and again.
        is_larger = charge > largest
        largest = charge if is_larger else largest
        start = m if is_larger else start
    return start, largest


@njit
def largest_window_sums(
    waveform: F4,
    selected_gain_channel: I1,
    correction: F8,
    width: int,
    sampling_rate: float,
) -> tuple[F4, F4]:
    """Charge and time of each pixel, from the window with the largest sum.

    The time is the centre of gravity of the samples above 0 in the window, or its
    middle where there is none.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, p.e.
    selected_gain_channel : int8[e, p]
        Channel of each pixel.
    correction : float64[c]
        Factor on the charge, per gain channel.
    width : int
        Length of the window, at least 1; a shorter trace is summed whole.
    sampling_rate : float
        GHz.

    Returns
    -------
    image : float32[e, p]
        Charge, p.e.: a difference of two sums from the first sample on, in float64.
    peak_time : float32[e, p]
        Time since the first sample, ns.
    """
    n_events, n_pixels, n_samples = waveform.shape
    image = np.empty((n_events, n_pixels), np.float32)
    peak_time = np.empty((n_events, n_pixels), np.float32)
    width = min(width, n_samples)
    sums = np.empty(n_samples + 1)
    for e in range(n_events):
        for p in range(n_pixels):
            trace = waveform[e, p]
            start, charge = _largest_window(trace, width, sums)
            positive = moment = 0.0
            for s in range(start, start + width):
                above = np.float64(trace[s]) if trace[s] > 0.0 else 0.0
                positive += above
                moment += above * s
            center = start + 0.5 * width
            time = np.float32(moment / positive if positive > 0.0 else center)
            # Rounded once before they are scaled, as in ctapipe: same last digits.
            image[e, p] = np.float32(charge) * correction[selected_gain_channel[e, p]]
            peak_time[e, p] = np.float64(time) / sampling_rate
    return image, peak_time
