"""Slow, obvious search for pulses: what `kernels.extraction` must equal."""

import numpy as np


def neighbor_peak(waveform, broken, camera, local_weight):
    """Peaks of one event: ``waveform[p, s]``."""
    peaks = []
    for pixel in range(camera.n_pixels):
        total = np.zeros_like(waveform[pixel])
        if local_weight:
            total = waveform[pixel] * np.float32(local_weight)
        for neighbor in camera.neighbors(pixel):
            if not broken[neighbor]:
                total = total + waveform[neighbor]
        peaks.append(np.argmax(total))
    return np.array(peaks, int)
