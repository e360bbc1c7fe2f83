"""Slow, obvious second pass over one event: what `kernels.two_pass` must equal."""

import numpy as np

from reference.windows import window_sum


def window_at(predicted, n_samples, legacy_edges):
    """Peak, width and shift, and the window whose correction applies."""
    before = predicted - 2 < 0
    after = predicted + 3 > n_samples - 1
    if before:
        return 0, 5, 0, (5, 0)
    if not after:
        return predicted, 5, 2, (5, 2)
    if not legacy_edges:
        return n_samples - 1, 5, 4, (5, 4)
    peak = n_samples - 1 if predicted > n_samples - 3 else predicted
    return peak, 6, 4, (6, 4)


def second_pass(waveform, keep, predicted, corrections, rate, legacy, image, time):
    """Charge and time; ``corrections[window]`` is the factor of each pixel."""
    image, time = image.copy(), time.copy()
    for p in np.flatnonzero(~keep):
        peak, width, shift, kind = window_at(predicted[p], waveform.shape[1], legacy)
        factor = corrections[kind][p]
        image[p], time[p] = window_sum(waveform[p], peak, factor, width, shift, rate)
    return image, time
