"""Pulses behind a slow amplifier: deconvolved, resampled, located and summed.

A camera whose pulses decay exponentially is deconvolved by taking off each sample the
decayed part of the one before (S. W. Smith, "The Scientist and Engineer's Guide to
Digital Signal Processing", 1997). The result is resampled by repeating each sample and
averaging twice over as many, forwards and backwards.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples, ``r`` resampled ones, ``u`` per
sample, ``n`` neighbour pairs.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I4, Mask
from cta_columnar.kernels.extraction import neighbor_peaks
from cta_columnar.kernels.windows import window_sum

_USUAL = 4
"""Resampled values per sample of FlashCam: 1 ns each."""
_ROUNDING = 1e-6
"""Leading edges lower than this, in p.e., are rounding."""


@njit
def resampling_weights(n_per_sample: int) -> F4:
    """Weights of the sample before, the same, and the one after.

    Repeating samples and averaging twice over as many adds at most three of them.

    Parameters
    ----------
    n_per_sample : int
        Resampled values per sample, at least 1.

    Returns
    -------
    weights : float32[3, u]
        For each resampled value of a sample.
    """
    weights = np.empty((3, n_per_sample), np.float32)
    for i in range(n_per_sample):
        before = (n_per_sample - 1 - i) * (n_per_sample - i) // 2
        after = i * (i + 1) // 2
        weights[0, i] = before / n_per_sample**2
        weights[2, i] = after / n_per_sample**2
        weights[1, i] = 1.0 - (before + after) / n_per_sample**2
    return weights


@inline
def _resampled(weights: F4, i: int, steps: F4, s: int) -> np.float32:
    value: np.float32 = (
        weights[0, i] * steps[s]
        + weights[1, i] * steps[s + 1]
        + weights[2, i] * steps[s + 2]
    )
    return value


@njit
def deconvolve(waveform: F4, pole_zero: float, weights: F4, out: F4) -> None:
    """Deconvolve and resample the traces of one event.

    Parameters
    ----------
    waveform : float32[p, s]
        Calibrated samples, at least one per pixel.
    pole_zero : float
        What is left of a pulse one sample later.
    weights : float32[3, u]
        From `resampling_weights`.
    out : float32[p, s * u]
        Overwritten.
    """
    n_pixels, n_samples = waveform.shape
    n_per_sample = weights.shape[1]
    # What each sample adds; the first and the last one twice.
    steps = np.empty(n_samples + 2, np.float32)
    for p in range(n_pixels):
        steps[0] = steps[1] = 0.0
        for s in range(1, n_samples):
            decayed = pole_zero * np.float64(waveform[p, s - 1])
            steps[s + 1] = np.float64(waveform[p, s]) - decayed
        steps[n_samples + 1] = steps[n_samples]
        if n_per_sample == _USUAL:
            # A loop of a fixed length becomes one vector instruction.
            for s in range(n_samples):
                for i in range(_USUAL):
                    place = np.uint64(s * _USUAL) + np.uint64(i)
                    out[p, place] = _resampled(weights, i, steps, s)
        else:
            for s in range(n_samples):
                for i in range(n_per_sample):
                    out[p, s * n_per_sample + i] = _resampled(weights, i, steps, s)


@inline
def _leading_edge(rise: F4, peak: int, descend_limit: float) -> np.float32:
    """Centre of gravity of the rise of a pulse, down to a share of its height.

    From ``peak`` on, to both sides.
    """
    if not rise[peak] >= _ROUNDING:
        return np.float32(peak)
    limit = descend_limit * rise[peak]
    total = moment = 0.0
    for direction in (-1, 1):
        r = peak if direction < 0 else peak + 1
        while 0 <= r < rise.size and rise[r] > limit:
            value = np.float64(rise[r])
            total += value
            moment += r * value
            r += direction
    return np.float32(moment / total if total != 0.0 else peak)


@njit
def _clip(values: F4, clipping: np.float32, out: F4) -> None:
    """Compress values to below 1, so that no neighbour outshines all others."""
    for p in range(values.shape[0]):
        for r in range(values.shape[1]):
            scaled = values[p, r] / clipping
            out[p, r] = max(scaled / (np.float32(1.0) + abs(scaled)), np.float32(0.0))


@njit
def deconvolved_pulses(
    waveform: F4,
    broken: Mask,
    indptr: I4,
    indices: I4,
    pole_zero: float,
    n_per_sample: int,
    clipping: float,
    local_weight: float,
    width: int,
    shift: int,
    edge_offset: float,
    descend_limit: float,
) -> tuple[F4, F4]:
    """Charge and time of each pixel, from its deconvolved trace.

    The window lies about the peak of the neighbours' deconvolved and clipped traces.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, p.e.
    broken : bool[e, p]
        Pixels whose trace must not be used for others.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.
    pole_zero : float
        What is left of a pulse one sample later.
    n_per_sample : int
        Resampled values per sample.
    clipping : float
        Value of a neighbour that counts half of what a very large one does, p.e.; 0 or
        inf for no clipping.
    local_weight : float
        Weight of the pixel's own trace.
    width, shift : int
        Length of the window, and what of it lies before the peak, resampled values.
    edge_offset : float
        From the rise of the pulse to its peak, resampled values; NaN to take the time
        from the window.
    descend_limit : float
        Share of its largest value down to which the rise is summed.

    Returns
    -------
    charge : float32[e, p]
        Sum of the window, p.e.
    time : float32[e, p]
        Of the leading edge or of the window, in resampled values.
    """
    n_events, n_pixels, n_samples = waveform.shape
    charge = np.empty((n_events, n_pixels), np.float32)
    time = np.empty((n_events, n_pixels), np.float32)
    weights = resampling_weights(n_per_sample)
    n_resampled = n_samples * n_per_sample
    traces = np.empty((n_pixels, n_resampled), np.float32)
    other = np.empty_like(traces)
    is_clipped = 0.0 < clipping < np.inf
    for e in range(n_events):
        deconvolve(waveform[e], pole_zero, weights, traces)
        if is_clipped:
            _clip(traces, np.float32(clipping), other)
        seen = (other if is_clipped else traces).reshape(1, n_pixels, n_resampled)
        neighbors = broken[e : e + 1], indptr, indices, local_weight
        peaks = neighbor_peaks(seen, *neighbors)[0]
        for p in range(n_pixels):
            charge[e, p], time[e, p] = window_sum(traces[p], peaks[p], width, shift)
        if not np.isnan(edge_offset):
            deconvolve(waveform[e], 1.0, weights, other)
            for p in range(n_pixels):
                edge = int(np.rint(peaks[p] - edge_offset))
                edge = min(max(edge, 0), n_resampled - 1)
                time[e, p] = _leading_edge(other[p], edge, descend_limit)
    return charge, time
