"""Unweighted statistics of the values of the kept pixels.

Shapes: ``e`` events, ``k`` kept pixels of all events.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I8, Mask

STATISTICS = ("max", "min", "mean", "std", "skewness", "kurtosis")
_MAX = STATISTICS.index("max")
_MIN = STATISTICS.index("min")
_MEAN = STATISTICS.index("mean")
_STD = STATISTICS.index("std")
_SKEWNESS = STATISTICS.index("skewness")
_KURTOSIS = STATISTICS.index("kurtosis")
_GAUSSIAN_KURTOSIS = 3.0


@njit
def _statistics_one(values: F8, out: F8) -> None:
    """Statistics of one image into ``out`` (`STATISTICS` order)."""
    if values.size == 0:
        return
    n = float(values.size)
    largest = -math.inf
    smallest = math.inf
    total = 0.0
    for v in values:
        largest = max(largest, v)
        smallest = min(smallest, v)
        total += v
    if math.isnan(total):
        return
    if largest == smallest:
        # Not by the sums, which round: equal values have no spread at all.
        out[_MAX] = out[_MIN] = out[_MEAN] = largest
        out[_STD] = 0.0
        return

    mean = total / n

    second = third = fourth = 0.0
    for v in values:
        d = v - mean
        second += d * d
        third += d * d * d
        fourth += d * d * d * d
    variance = second / n
    out[_MAX] = largest
    out[_MIN] = smallest
    out[_MEAN] = mean
    out[_STD] = math.sqrt(variance)
    out[_SKEWNESS] = third / n / (variance * out[_STD])
    out[_KURTOSIS] = fourth / n / (variance * variance) - _GAUSSIAN_KURTOSIS


@njit
def statistics(
    values: F8,
    indptr: I8,
    wanted: Mask,
) -> F8:
    """Statistics of the values of each event.

    Parameters
    ----------
    values : float64[k]
        Values of the kept pixels.
    indptr : int64[e + 1]
        Where the values of each event start and end.
    wanted : bool[e]
        Images to parametrize.

    Returns
    -------
    out : float64[6, e]
        One contiguous row per name in `STATISTICS`; ``std`` is that of the population,
        ``kurtosis`` is the excess, 0 for a Gaussian. NaN where an image is not wanted,
        is empty or has a NaN; equal values have no skewness and kurtosis.
    """
    n_events = indptr.size - 1
    out = np.full((len(STATISTICS), n_events), np.nan)
    row = np.empty(len(STATISTICS))
    for e in range(n_events):
        if wanted[e]:
            row[:] = np.nan
            _statistics_one(values[indptr[e] : indptr[e + 1]], row)
            for i in range(row.size):
                out[i, e] = row[i]
    return out
