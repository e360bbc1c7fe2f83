"""Charge and time of each pixel, from the samples about its pulse.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples, ``c`` gain channels.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, I1, I4

_LANES = 8
"""Samples per pixel that are summed at a time; the usual windows are shorter."""


@inline
def window_sum(trace: F4, peak: int, width: int, shift: int) -> tuple[float, float]:
    """Charge of one trace in a window, and centre of its positive samples."""
    charge = positive = moment = 0.0
    for s in range(max(peak - shift, 0), min(peak - shift + width, trace.size)):
        value = np.float64(trace[s])
        above = value if value > 0.0 else 0.0
        charge += value
        positive += above
        moment += above * s
    return charge, moment / positive if positive > 0.0 else np.float64(peak)


@njit
def _sums_any(
    waveform: F4, peak_index: I4, width: int, shift: int, charge: F4, time: F4
) -> None:
    """Charge, and centre of gravity in samples, pixel after pixel: any window."""
    for p in range(peak_index.size):
        charge[p], time[p] = window_sum(waveform[p], peak_index[p], width, shift)


@njit
def _sums_by_lanes(
    waveform: F4, peak_index: I4, width: int, shift: int, charge: F4, time: F4
) -> None:
    """As `_sums_any`, for windows in at least `_LANES` samples of a trace.

    Copies so many samples of each pixel, the window among them, then sums over many
    pixels at a time: loops of a fixed length and without branches, which become vector
    instructions, where one over a clipped window mispredicts its end.
    """
    n_pixels, n_samples = waveform.shape
    samples = np.empty((n_pixels, _LANES), np.float32)
    begin = np.empty(n_pixels, np.int32)
    for p in range(n_pixels):
        begin[p] = min(max(peak_index[p] - shift, 0), n_samples - _LANES)
        for j in range(_LANES):
            samples[p, j] = waveform[p, np.uint64(begin[p]) + np.uint64(j)]
    for p in range(n_pixels):
        sum_all = positive = moment = 0.0
        first = peak_index[p] - shift
        for j in range(_LANES):
            place = begin[p] + j
            is_inside = (place >= first) & (place < first + width)
            # Read before it is known to be inside, or there would be a branch.
            sample = np.float64(samples[p, j])
            value = sample if is_inside else 0.0
            above = value if value > 0.0 else 0.0
            sum_all += value
            positive += above
            moment += above * place
        charge[p] = sum_all
        time[p] = moment / positive if positive > 0.0 else np.float64(peak_index[p])


@njit
def window_sums(
    waveform: F4,
    peak_index: I4,
    selected_gain_channel: I1,
    correction: F8,
    width: int,
    shift: int,
    sampling_rate: float,
) -> tuple[F4, F4]:
    """Charge and time of each pixel, from a window about its peak.

    The window starts ``shift`` samples before the peak. It is clipped to the trace, not
    moved into it. The time is the centre of gravity of the samples above 0 in the
    window, or the peak itself where there is none.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, p.e.
    peak_index : int32[e, p]
        Sample about which to sum.
    selected_gain_channel : int8[e, p]
        Channel of each pixel.
    correction : float64[c]
        Factor on the charge, per gain channel.
    width, shift : int
        Length of the window, and samples in it before the peak.
    sampling_rate : float
        GHz.

    Returns
    -------
    image : float32[e, p]
        Charge, p.e.; summed in float64 in the order of the samples.
    peak_time : float32[e, p]
        Time since the first sample, ns.
    """
    n_events, n_pixels, n_samples = waveform.shape
    image = np.empty((n_events, n_pixels), np.float32)
    peak_time = np.empty((n_events, n_pixels), np.float32)
    by_lanes = width <= _LANES <= n_samples
    for e in range(n_events):
        window = (waveform[e], peak_index[e], width, shift, image[e], peak_time[e])
        if by_lanes:
            _sums_by_lanes(*window)
        else:
            _sums_any(*window)
        for p in range(n_pixels):
            # Rounded once before they are scaled, as in ctapipe: same last digits.
            image[e, p] = image[e, p] * correction[selected_gain_channel[e, p]]
        for p in range(n_pixels):
            peak_time[e, p] = np.float64(peak_time[e, p]) / sampling_rate
    return image, peak_time
