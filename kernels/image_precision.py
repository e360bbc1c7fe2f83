"""Floats of a camera image as 16-bit integers and back, by one step per image.

Shapes: ``e`` events, ``p`` pixels.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4, I2

MISSING = -32768
"""Stands for what is no number."""

LARGEST = 32767

LEAST_STEP = 2.0**-20
"""Also of an image of zeros, so that no step is 0."""


@njit
def to_int16(values: F4) -> tuple[I2, F4]:
    """Round each image to multiples of a step of its own.

    The step is the largest finite absolute value of the image over 32767, but at least
    `LEAST_STEP`. So no value is off by more than half a step, but for the last digit of
    float32.

    Parameters
    ----------
    values : float32[e, p]
        In any unit.

    Returns
    -------
    codes : int16[e, p]
        Multiples of the step; `MISSING` for NaN and infinities.
    step : float32[e]
        In the unit of the values.
    """
    codes = np.empty(values.shape, np.int16)
    step = np.empty(len(values), np.float32)
    for e in range(len(values)):
        row, code = values[e], codes[e]
        largest = 0.0
        for p in range(row.size):
            size = abs(float(row[p]))
            if largest < size < np.inf:
                largest = size
        step[e] = max(largest / LARGEST, LEAST_STEP)
        for p in range(row.size):
            if abs(row[p]) < np.inf:
                code[p] = int(np.rint(np.float64(row[p]) / step[e]))
            else:
                code[p] = MISSING
    return codes, step


@njit
def from_int16(codes: I2, step: F4) -> F4:
    """Inverse of `to_int16`.

    Parameters
    ----------
    codes : int16[e, p]
        Multiples of the step.
    step : float32[e]
        In any unit.

    Returns
    -------
    values : float32[e, p]
        In the unit of the step; NaN for `MISSING`.
    """
    values = np.empty(codes.shape, np.float32)
    for e in range(len(codes)):
        code, row = codes[e], values[e]
        for p in range(code.size):
            if code[p] == MISSING:
                row[p] = np.nan
            else:
                row[p] = np.float32(code[p]) * step[e]
    return values
