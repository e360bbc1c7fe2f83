"""From calibrated samples to charge and time: where the pulse is, and what it holds.

Shapes: ``e`` events, ``c`` gain channels, ``p`` pixels, ``s`` samples, ``n`` neighbour
pairs, ``m`` traces that are added for one pixel.
"""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, I1, I4, U4, Mask

T = TypeVar("T", bound=np.generic)

_LANES = 16
"""Samples that are compared at a time: four bytes each fill a 512-bit register."""
_N_TRACES = 7
"""Traces added for a pixel of a hexagonal camera: its own and six neighbours'."""
_SIGN = np.int32(31)
_MAGNITUDE = np.int32(0x7FFFFFFF)
_LOW_HALF = 0xFFFFFFFF
_NO_RANK = np.int64(-(2**63))


@inline
def _rank(value: np.float32, samples_left: int) -> np.int64:
    """Integer that grows with the value, and at equal values with what is left.

    The largest rank of a trace marks its first maximum. LLVM turns a maximum of
    integers into vectors, but not one of floats, for the sake of NaN and of -0.0. As
    in NumPy, NaN counts as largest. The value must not be -0.0.
    """
    bits = np.float32(value).view(np.int32)
    # The bits of positive floats are ordered as integers, those of negative ones in
    # reverse.
    bits = np.int32(bits ^ ((bits >> _SIGN) & _MAGNITUDE))
    if math.isnan(value):
        bits = _MAGNITUDE
    return (np.int64(bits) << 32) | samples_left


@njit
def _neighbor_traces(indptr: I4, indices: I4, local_weight: float) -> tuple[U4, F4]:
    """List the traces whose weighted sum locates the pulse of each pixel.

    Parameters
    ----------
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.
    local_weight : float
        Weight of the pixel's own trace.

    Returns
    -------
    pixels : uint32[p, m]
        The pixel itself, then its neighbours in their order. Lists are filled up with
        the pixel itself to at least `_N_TRACES` entries.
    weights : float32[p, m]
        ``local_weight``, then 1 for neighbours, 0 for what fills up.
    """
    n_pixels = indptr.size - 1
    width = _N_TRACES
    for p in range(n_pixels):
        width = max(width, 1 + indptr[p + 1] - indptr[p])
    pixels = np.empty((n_pixels, width), np.uint32)
    weights = np.zeros((n_pixels, width), np.float32)
    for p in range(n_pixels):
        pixels[p] = p
        weights[p, 0] = local_weight
        for j in range(indptr[p + 1] - indptr[p]):
            pixels[p, 1 + j] = indices[indptr[p] + j]
            weights[p, 1 + j] = 1.0
    return pixels, weights


@njit
def _leave_out(broken: Mask, pixels: U4, weights: F4) -> tuple[U4, F4]:
    """Replace broken neighbours by the pixel itself with weight 0."""
    pixels, weights = pixels.copy(), weights.copy()
    for p in range(pixels.shape[0]):
        for j in range(1, pixels.shape[1]):
            if broken[pixels[p, j]]:
                pixels[p, j] = p
                weights[p, j] = 0.0
    return pixels, weights


@njit
def _peaks_any(waveform: F4, pixels: U4, weights: F4, peak_index: I4) -> None:
    """Sum and compare sample after sample: any number of samples and neighbours."""
    n_pixels, n_samples = waveform.shape
    for p in range(n_pixels):
        best = _NO_RANK
        for s in range(n_samples):
            total = np.float32(0.0)
            for j in range(pixels.shape[1]):
                total += weights[p, j] * waveform[pixels[p, j], s]
            best = max(best, _rank(total, n_samples - s))
        peak_index[p] = n_samples - (best & _LOW_HALF)


@inline
def _unrolled(row: NDArray[T]) -> tuple[T, T, T, T, T, T, T]:
    """Entries of a row of `_N_TRACES`, as values that stay in registers."""
    return row[0], row[1], row[2], row[3], row[4], row[5], row[6]


@njit
def _peaks_by_lanes(waveform: F4, pixels: U4, weights: F4, peak_index: I4) -> None:
    """As `_peaks_any`, for `_N_TRACES` traces of at least `_LANES` samples.

    The innermost loop has a fixed length, so that it becomes a few vector instructions.
    The last lanes overlap the ones before, which does not change a maximum.
    """
    n_pixels, n_samples = waveform.shape
    for p in range(n_pixels):
        w0, w1, w2, w3, w4, w5, w6 = _unrolled(weights[p])
        q0, q1, q2, q3, q4, q5, q6 = _unrolled(pixels[p])
        best = _NO_RANK
        for block in range((n_samples + _LANES - 1) // _LANES):
            first = min(block * _LANES, n_samples - _LANES)
            for lane in range(_LANES):
                s = np.uint64(first) + np.uint64(lane)
                total = (
                    w0 * waveform[q0, s]
                    + w1 * waveform[q1, s]
                    + w2 * waveform[q2, s]
                    + w3 * waveform[q3, s]
                    + w4 * waveform[q4, s]
                    + w5 * waveform[q5, s]
                    + w6 * waveform[q6, s]
                    + np.float32(0.0)  # no -0.0
                )
                best = max(best, _rank(total, n_samples - first - lane))
        peak_index[p] = n_samples - (best & _LOW_HALF)


@njit
def neighbor_peaks(
    waveform: F4,
    broken: Mask,
    indptr: I4,
    indices: I4,
    local_weight: float,
) -> I4:
    """Sample at which the sum of the neighbours' traces is largest.

    The sum runs over the pixel's own trace times ``local_weight``, then over the
    neighbours that are not broken in their order, in float32. The first maximum counts.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, at least one per pixel.
    broken : bool[e, p]
        Pixels whose trace must not be used for others.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.
    local_weight : float
        Weight of the pixel's own trace.

    Returns
    -------
    peak_index : int32[e, p]
        Sample; 0 for a pixel that has nothing to go by.
    """
    n_events, n_pixels, n_samples = waveform.shape
    peak_index = np.empty((n_events, n_pixels), np.int32)
    all_pixels, all_weights = _neighbor_traces(indptr, indices, local_weight)
    by_lanes = n_samples >= _LANES and all_pixels.shape[1] == _N_TRACES
    for e in range(n_events):
        pixels, weights = all_pixels, all_weights
        if broken[e].any():
            pixels, weights = _leave_out(broken[e], all_pixels, all_weights)
        if by_lanes:
            _peaks_by_lanes(waveform[e], pixels, weights, peak_index[e])
        else:
            _peaks_any(waveform[e], pixels, weights, peak_index[e])
    return peak_index


@inline
def _window_sum(trace: F4, peak: int, width: int, shift: int) -> tuple[float, float]:
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
    image = np.empty(peak_index.shape, np.float32)
    peak_time = np.empty(peak_index.shape, np.float32)
    for e in range(peak_index.shape[0]):
        for p in range(peak_index.shape[1]):
            charge, time = _window_sum(waveform[e, p], peak_index[e, p], width, shift)
            factor = correction[selected_gain_channel[e, p]]
            # Rounded once before they are scaled, as in ctapipe: same last digits.
            image[e, p] = np.float32(charge) * factor
            peak_time[e, p] = np.float64(np.float32(time)) / sampling_rate
    return image, peak_time
