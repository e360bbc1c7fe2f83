"""Slow, obvious shifts: what `kernels.time_shift` must equal."""

import numpy as np


def shift_waveforms(waveform, time_shift, sampling_rate):
    """One event: ``waveform[p, s]``, ``time_shift[p]``."""
    shift = time_shift.astype(float) * sampling_rate
    whole = np.round(shift - np.mean(shift))
    n_samples = waveform.shape[1]
    moved = [
        [trace[int(np.clip(s + k, 0, n_samples - 1))] for s in range(n_samples)]
        for trace, k in zip(waveform, whole, strict=True)
    ]
    return np.reshape(moved, waveform.shape), (shift - whole) / sampling_rate
