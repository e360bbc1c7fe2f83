"""Which rows of numbers stay within a limit."""

import math

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, Mask


@njit
def rows_within(x: F8, limit: float, nan_is_within: bool, out: Mask) -> None:
    """Find rows without a number that is too large, in one pass and without copies.

    Parameters
    ----------
    x : float64[r, f]
        Rows.
    limit : float
        Largest absolute value; infinity is beyond any that is finite.
    nan_is_within : bool
        Whether NaN is allowed.
    out : bool[r]
        Filled.
    """
    n_rows, n_columns = x.shape
    for i in range(n_rows):
        within = True
        for k in range(n_columns):
            value = x[i, k]
            within &= (abs(value) <= limit) | (nan_is_within & math.isnan(value))
        out[i] = within
