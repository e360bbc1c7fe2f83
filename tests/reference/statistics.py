"""Slow, obvious statistics of some values: what `kernels.statistics` must equal."""

import numpy as np


def statistics(values):
    if values.size == 0 or np.isnan(values).any():
        return np.full(6, np.nan)
    largest, smallest, mean = values.max(), values.min(), values.mean()
    if largest == smallest:
        return np.array([largest, smallest, largest, 0, np.nan, np.nan])
    std = np.std(values)
    z = (values - mean) / std
    return np.array([largest, smallest, mean, std, (z**3).mean(), (z**4).mean() - 3])
