"""Values of events, bin by bin."""

from collections.abc import Iterator

import numpy as np

from cta_columnar.array_types import F8, I4, AnyArray, Index


def rows_by_bin(bins: I4, n_bins: int) -> Iterator[Index]:
    """Rows of the events of each bin, in their order.

    Parameters
    ----------
    bins : int32[n]
        Bin of each event, negative if it is in none.
    n_bins : int
        Number of bins.

    Yields
    ------
    rows : intp[k]
        For one bin after the other, empty ones too.
    """
    order = np.argsort(bins, kind="stable")
    ends = np.searchsorted(bins[order], np.arange(n_bins + 1))
    for i in range(n_bins):
        yield order[ends[i] : ends[i + 1]]


def values_by_bin(values: AnyArray, bins: I4, n_bins: int) -> Iterator[F8]:
    """Values of the events of each bin, without NaN."""
    column = np.asarray(values, np.float64)
    for rows in rows_by_bin(bins, n_bins):
        of_bin = column[rows]
        yield of_bin[~np.isnan(of_bin)]
