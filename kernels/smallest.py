"""The smallest of some numbers, selected without sorting them."""

import math

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8, Mask

_MAX_COUNTS = 32
"""Halvings before equal numbers are suspected; about six are needed without."""


@inline
def _limit(values: F8, n: int, guess: float) -> float:
    """Find a number that exactly ``n`` values do not exceed; NaN if that fails.

    Bisection by counting: for tens to hundreds of numbers a count is a few vector
    operations, while exchanging them, as quickselect does, mispredicts its branches.
    """
    low = 0.0
    high = math.inf
    limit = guess
    for _ in range(_MAX_COUNTS):
        count = 0
        for i in range(values.size):
            count += values[i] <= limit
        if count == n:
            return limit
        if count < n:
            low = limit
        else:
            high = limit
        limit = 0.5 * (low + high) if high < math.inf else 4.0 * limit
    return math.nan


@njit
def _nth_smallest(values: F8, n: int) -> float:
    """Value at place ``n`` if they were sorted, by C. A. R. Hoare's "find" (1961)."""
    ranked = values.copy()
    first = 0
    last = values.size - 1
    while first < last:
        pivot = ranked[n]
        i = first
        j = last
        while i <= j:
            while ranked[i] < pivot:
                i += 1
            while pivot < ranked[j]:
                j -= 1
            if i <= j:
                ranked[i], ranked[j] = ranked[j], ranked[i]
                i += 1
                j -= 1
        if j < n:
            first = i
        if n < i:
            last = j
    nth: float = ranked[n]
    return nth


@njit
def _mark_first_of_equals(values: F8, n: int, marks: Mask) -> bool:
    """As `mark_smallest`, where several values are equal to the largest marked one."""
    limit = _nth_smallest(values, n - 1)
    n_equal = n
    for i in range(values.size):
        n_equal -= values[i] < limit
    changed = False
    for i in range(values.size):
        mark = values[i] < limit
        if values[i] == limit and n_equal > 0:
            mark = True
            n_equal -= 1
        changed |= mark != marks[i]
        marks[i] = mark
    return changed


@inline
def mark_smallest(values: F8, n: int, guess: float, marks: Mask) -> tuple[bool, float]:
    """Mark the ``n`` smallest values; of equal ones, those that come first.

    Parameters
    ----------
    values : float64[m]
        Numbers, none negative or NaN.
    n : int
        How many to mark, 1 to ``m``.
    guess : float
        Near the largest one to be marked; the nearer, the quicker. The marks do not
        depend on it.
    marks : bool[m]
        Overwritten.

    Returns
    -------
    changed : bool
        Whether the marks differ from those before.
    limit : float
        A guess for the next time.
    """
    limit = _limit(values, n, guess)
    if math.isnan(limit):
        return _mark_first_of_equals(values, n, marks), guess
    changed = False
    for i in range(values.size):
        mark = values[i] <= limit
        changed |= mark != marks[i]
        marks[i] = mark
    return changed, limit
