"""Slow, obvious search for the window that holds most: `kernels.sliding_window`."""

import numpy as np


def largest_window_sum(trace, factor, width, rate):
    """Charge and time of one pixel."""
    width = min(width, len(trace))
    until = np.concatenate([[0.0], np.cumsum(trace, dtype=float)])
    sums = until[width:] - until[:-width]
    start = np.argmax(sums)
    positive = {s: float(trace[s]) for s in range(start, start + width) if trace[s] > 0}
    time = start + width / 2
    if positive:
        time = sum(s * v for s, v in positive.items()) / sum(positive.values())
    return (
        np.float32(float(np.float32(sums[start])) * factor),
        np.float32(float(np.float32(time)) / rate),
    )
