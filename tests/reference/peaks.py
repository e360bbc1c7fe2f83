"""Slow, obvious searches for pulses: what `kernels.peaks` must equal."""

import numpy as np


def local_peak(trace):
    return np.argmax(trace)


def centered_peak(trace):
    n = len(trace)
    if n < 5:
        return n // 2
    wide = trace.astype(float)
    sums = [np.float32(wide[s - 1 : s + 2].sum()) for s in range(2, n - 2)]
    return 2 + np.argmax(sums)


def mean_trace_peak(waveform, broken, n_brightest):
    """Peak of one event: ``waveform[p, s]``."""
    usable = np.flatnonzero(~broken)
    if not usable.size:
        return 0
    largest = waveform[usable].max(axis=1)
    # The last of equal ones is the brightest.
    order = sorted(range(usable.size), key=lambda i: (rank(largest[i]), usable[i]))
    chosen = np.sort(usable[order[-n_brightest:]])
    return np.argmax(waveform[chosen].mean(axis=0))


def rank(value):
    return np.inf if np.isnan(value) else value


def weighted_mean_peak(waveform, broken):
    """Mean peak of one event: ``waveform[p, s]``."""
    peaks = waveform[~broken].argmax(axis=1)
    heights = waveform[~broken].max(axis=1).astype(float)
    if not heights.sum() > 0:
        return 0
    return int(np.clip(round((heights * peaks).sum() / heights.sum()), 0,
                       waveform.shape[1] - 1))  # fmt: skip
