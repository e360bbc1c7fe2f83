"""Slow, obvious deconvolution of whole traces: what `kernels.deconvolution` must equal.

Resampling really repeats the samples and averages forwards, then backwards.
"""

import numpy as np

from reference.extraction import neighbor_peak
from reference.windows import window_sum


def averaged(trace, n):
    """Mean of each value and the n - 1 before it; the first one is repeated."""
    padded = np.concatenate([np.repeat(trace[0], n - 1), trace])
    return np.array([padded[i : i + n].mean() for i in range(len(trace))])


def deconvolve(trace, pole_zero, n_per_sample):
    wide = trace.astype(float)
    y = np.float32([0, *(wide[1:] - pole_zero * wide[:-1])])
    forward = averaged(np.repeat(y.astype(float), n_per_sample), n_per_sample)
    # The last value goes on beyond the end.
    return averaged(forward[::-1], n_per_sample)[::-1]


def leading_edge(rise, peak, limit):
    if not rise[peak] >= 1e-6:
        return peak
    inside = []
    for way in (range(peak, -1, -1), range(peak + 1, len(rise))):
        for r in way:
            if not rise[r] > limit * rise[peak]:
                break
            inside.append(r)
    total = sum(rise[r] for r in inside)
    return sum(r * rise[r] for r in inside) / total if total else peak


def pulses(waveform, broken, camera, pole_zero, n, clipping, weight, window, edge):
    """Charge and time of one event: ``waveform[p, s]``."""
    traces = np.array([deconvolve(trace, pole_zero, n) for trace in waveform])
    traces = traces.reshape(len(waveform), n * waveform.shape[1]).astype(np.float32)
    seen = traces
    if 0 < clipping < np.inf:
        scaled = traces / np.float32(clipping)
        seen = np.maximum(scaled / (1 + abs(scaled)), 0)
    peaks = neighbor_peak(seen, broken, camera, weight)
    found = [
        window_sum(trace, peak, 1.0, *window, 1.0)
        for trace, peak in zip(traces, peaks, strict=True)
    ]
    charge, time = np.array(found).reshape(-1, 2).T
    offset, limit = edge
    heights = np.full(len(peaks), np.nan)
    if not np.isnan(offset):
        for p, peak in enumerate(peaks):
            rise = deconvolve(waveform[p], 1.0, n)
            start = int(np.clip(round(peak - offset), 0, len(rise) - 1))
            time[p], heights[p] = leading_edge(rise, start, limit), rise[start]
    return charge, time, heights
