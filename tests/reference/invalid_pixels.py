"""Slow, obvious interpolation: what `kernels.invalid_pixels` must equal."""

import numpy as np


def neighbor_average(values, broken, camera):
    """One event: ``values[p]``."""
    out = values.copy()
    for pixel in np.flatnonzero(broken):
        good = [q for q in camera.neighbors(pixel) if not broken[q]]
        out[pixel] = np.mean(values[good], dtype=float) if good else 0
    return out
