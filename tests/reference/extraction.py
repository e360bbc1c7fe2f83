"""Slow, obvious pulse extraction: what `kernels.extraction` must equal."""

import numpy as np


def neighbor_peak(waveform, broken, camera, local_weight):
    """Peaks of one event: ``waveform[p, s]``."""
    peaks = []
    for pixel in range(camera.n_pixels):
        total = waveform[pixel] * np.float32(local_weight)
        for neighbor in camera.neighbors(pixel):
            if not broken[neighbor]:
                total = total + waveform[neighbor]
        peaks.append(np.argmax(total))
    return np.array(peaks, int)


def window_sum(trace, peak, factor, width, shift, rate):
    """Charge and time of one pixel."""
    inside = [
        s for s in range(peak - shift, peak - shift + width) if 0 <= s < len(trace)
    ]
    charge = np.float32(sum(float(trace[s]) for s in inside))
    positive = {s: float(trace[s]) for s in inside if trace[s] > 0}
    time = peak
    if positive:
        time = sum(s * v for s, v in positive.items()) / sum(positive.values())
    return np.float32(float(charge) * factor), np.float32(
        np.float64(np.float32(time)) / rate
    )
