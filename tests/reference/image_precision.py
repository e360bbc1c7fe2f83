"""Slow, obvious rounding to a step: what `kernels.image_precision` must equal."""

import numpy as np

MISSING = -(2**15)


def to_int16(values):
    """One event: ``values[p]``."""
    known = [abs(float(each)) for each in values if np.isfinite(each)]
    step = np.float32(max([*known, 0.0]) / (2**15 - 1))
    step = max(step, np.float32(2.0**-20))
    codes = [
        round(float(each) / float(step)) if np.isfinite(each) else MISSING
        for each in values
    ]
    return codes, step


def from_int16(codes, step):
    """One event: ``codes[p]``."""
    return [np.nan if each == MISSING else float(each) * float(step) for each in codes]
