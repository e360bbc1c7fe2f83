"""Slow, obvious twin of `kernels.rows_within`."""

import math


def rows_within(x, limit, nan_is_within, out):
    for i, row in enumerate(x):
        numbers = [value for value in row if not math.isnan(value)]
        has_nan = len(numbers) < len(row)
        too_large = any(abs(value) > limit for value in numbers)
        out[i] = not too_large and (nan_is_within or not has_nan)
