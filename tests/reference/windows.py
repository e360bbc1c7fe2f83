"""Slow, obvious sums over windows: what `kernels.windows` must equal."""

import numpy as np


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
