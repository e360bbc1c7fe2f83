"""Where the pulse is: in the trace of each pixel, or in the mean over the camera.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples. NaN counts as largest, as in NumPy.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I4, Mask
from cta_columnar.kernels.ranks import NO_RANK, SAMPLES_LEFT, rank

_LANES = 16
"""Samples that are compared at a time, twice: four bytes each fill a 512-bit register.

To find the largest lane takes as long as a block.
"""
_MARGIN = 2
"""Samples at either end of a trace at which no pulse of three samples is looked for."""


@inline
def _first_maximum(trace: F4) -> np.int64:
    n_samples = trace.size
    best = NO_RANK
    if n_samples < _LANES:
        for place in range(n_samples):
            best = max(best, rank(trace[place], n_samples - place))
        return n_samples - (best & SAMPLES_LEFT)
    for block in range(0, (n_samples + _LANES - 1) // _LANES, 2):
        # The last lanes overlap the ones before, which does not change a maximum.
        first = min(block * _LANES, n_samples - _LANES)
        second = min((block + 1) * _LANES, n_samples - _LANES)
        for lane in range(_LANES):
            s = np.uint64(first) + np.uint64(lane)
            one = rank(trace[s], n_samples - first - lane)
            s = np.uint64(second) + np.uint64(lane)
            two = rank(trace[s], n_samples - second - lane)
            best = max(best, one, two)
    return n_samples - (best & SAMPLES_LEFT)


@njit
def local_peaks(waveform: F4) -> I4:
    """Sample at which each trace is largest.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, at least one per pixel.

    Returns
    -------
    peak_index : int32[e, p]
        The first maximum.
    """
    n_events, n_pixels, _ = waveform.shape
    peak_index = np.empty((n_events, n_pixels), np.int32)
    for e in range(n_events):
        for p in range(n_pixels):
            peak_index[e, p] = _first_maximum(waveform[e, p])
    return peak_index


@inline
def _rank_of_three(trace: F4, s: int, samples_left: int) -> np.int64:
    """Rank of a sample and its two neighbours; summed in float64, rounded once."""
    i = np.uint64(s)
    one = np.uint64(1)
    total = np.float64(trace[i - one]) + np.float64(trace[i])
    return rank(np.float32(total + np.float64(trace[i + one])), samples_left)


@njit
def centered_peaks(waveform: F4) -> I4:
    """Sample at the middle of the three with the largest sum.

    The two samples at either end of a trace are no middle.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, at least one per pixel.

    Returns
    -------
    peak_index : int32[e, p]
        The first maximum; the middle of a trace of less than 5 samples.
    """
    n_events, n_pixels, n_samples = waveform.shape
    n_places = n_samples - 2 * _MARGIN
    peak_index = np.full((n_events, n_pixels), n_samples // 2, np.int32)
    if n_places < 1:
        return peak_index
    for e in range(n_events):
        for p in range(n_pixels):
            best = NO_RANK
            if n_places < _LANES:
                for s in range(n_places):
                    left = n_places - s
                    best = max(best, _rank_of_three(waveform[e, p], _MARGIN + s, left))
            else:
                for block in range(0, (n_places + _LANES - 1) // _LANES, 2):
                    first = min(block * _LANES, n_places - _LANES)
                    second = min((block + 1) * _LANES, n_places - _LANES)
                    for lane in range(_LANES):
                        s, left = first + lane, n_places - first - lane
                        one = _rank_of_three(waveform[e, p], _MARGIN + s, left)
                        s, left = second + lane, n_places - second - lane
                        two = _rank_of_three(waveform[e, p], _MARGIN + s, left)
                        best = max(best, one, two)
            peak_index[e, p] = _MARGIN + n_places - (best & SAMPLES_LEFT)
    return peak_index


@njit
def _mark_brightest(waveform: F4, n_brightest: int, usable: Mask) -> None:
    """Keep only the usable pixels with the largest samples; of equals the last ones."""
    largest = np.empty(usable.size, np.float32)
    for p in range(usable.size):
        largest[p] = waveform[p, _first_maximum(waveform[p])]
    left = n_brightest
    for p in np.argsort(largest, kind="mergesort")[::-1]:
        if usable[p]:
            usable[p] = left > 0
            left -= 1


@njit
def mean_trace_peaks(waveform: F4, broken: Mask, n_brightest: int) -> I4:
    """Sample at which the mean trace of the camera is largest.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, at least one per pixel.
    broken : bool[e, p]
        Pixels to leave out.
    n_brightest : int
        Pixels to average: those with the largest samples, of equal ones the higher
        number first.

    Returns
    -------
    peak_index : int32[e]
        The first maximum of the mean, which is summed in float32 in the order of
        pixels; 0 if all pixels are broken.
    """
    n_events, n_pixels, n_samples = waveform.shape
    peak_index = np.zeros(n_events, np.int32)
    mean = np.empty(n_samples, np.float32)
    usable = np.empty(n_pixels, np.bool_)
    for e in range(n_events):
        n_usable = 0
        for p in range(n_pixels):
            usable[p] = not broken[e, p]
            n_usable += usable[p]
        if n_usable == 0:
            continue
        if n_brightest < n_usable:
            _mark_brightest(waveform[e], n_brightest, usable)
            n_usable = n_brightest
        mean[:] = 0.0
        for p in range(n_pixels):
            if usable[p]:
                for s in range(n_samples):
                    mean[s] += waveform[e, p, s]
        for s in range(n_samples):
            mean[s] /= np.float32(n_usable)
        peak_index[e] = _first_maximum(mean)
    return peak_index


@njit
def weighted_mean_peaks(waveform: F4, peak_index: I4, broken: Mask) -> I4:
    """Mean over the camera of the sample of each peak, weighted by its height.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, at least one per pixel.
    peak_index : int32[e, p]
        Where each trace is largest, from `local_peaks`.
    broken : bool[e, p]
        Pixels to leave out.

    Returns
    -------
    mean_index : int32[e]
        Rounded, half to even; within the trace. 0 where the sum of heights is no
        number above 0.
    """
    n_events, n_pixels, n_samples = waveform.shape
    mean_index = np.zeros(n_events, np.int32)
    for e in range(n_events):
        heights = moment = 0.0
        for p in range(n_pixels):
            if not broken[e, p]:
                height = np.float64(waveform[e, p, peak_index[e, p]])
                heights += height
                moment += height * peak_index[e, p]
        if 0.0 < heights < math.inf:
            mean = np.rint(moment / heights)
            mean_index[e] = int(min(max(mean, 0.0), n_samples - 1.0))
    return mean_index
