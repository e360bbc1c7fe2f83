"""Significance of an excess, and the smallest excess that is significant.

Shapes: ``n`` pairs of counts. Counts are expectations and need not be whole.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels._types import F8

# More than enough for halving an interval of floats to its end.
_MOST_HALVINGS = 2200


@lean
def _of_excess(excess: float, n_off: float, alpha: float) -> float:
    """Li & Ma significance of an excess over ``alpha * n_off``.

    As equation 17 reads with ``log1p``, which does not lose a small excess over a large
    background to rounding.
    """
    if not excess >= 0.0 or not n_off >= 0.0:
        return math.nan if math.isnan(excess + n_off) else 0.0
    n_on = excess + alpha * n_off
    total = n_on + n_off
    if total == 0.0:
        return 0.0
    on = n_on * math.log1p(excess / (alpha * total)) if n_on > 0.0 else 0.0
    off = 0.0
    if n_off > 0.0 and excess < 0.5 * total:
        off = n_off * math.log1p(-excess / total)
    elif n_off > 0.0:
        off = n_off * math.log((1.0 + alpha) * n_off / total)
    return math.sqrt(2.0 * max(on + off, 0.0))


@njit
def li_ma(n_on: F8, n_off: F8, alpha: float) -> F8:
    """Significance of counts in an on region, given those in an off region.

    Equation 17 of Li & Ma, ApJ 272 (1983) 317; 0 for fewer counts than expected.

    Parameters
    ----------
    n_on, n_off : float64[n]
        Counts.
    alpha : float
        Size of the on region over that of the off region.

    Returns
    -------
    significance : float64[n]
        Standard deviations; NaN where a count is.
    """
    significance = np.empty(n_on.size)
    for i in range(n_on.size):
        excess = n_on[i] - alpha * n_off[i]
        significance[i] = _of_excess(excess, n_off[i], alpha)
    return significance


@lean
def _excess_of(significance: float, n_off: float, alpha: float) -> float:
    """Return the excess with a significance, to the last digit."""
    # The simple formula is a start; the range then grows until the excess is inside.
    low, high = 0.0, significance * math.sqrt(alpha * n_off) + significance
    while _of_excess(high, n_off, alpha) < significance:
        low, high = high, 2.0 * high
    for _ in range(_MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if _of_excess(middle, n_off, alpha) < significance:
            low = middle
        else:
            high = middle
    return high


@njit
def least_signal(
    n_off: F8,
    alpha: float,
    min_significance: float,
    min_events: float,
    min_share: float,
) -> F8:
    """Find the smallest signal that is detected.

    Parameters
    ----------
    n_off : float64[n]
        Background events in the off region.
    alpha : float
        Size of the on region over that of the off region.
    min_significance : float
        Standard deviations wanted.
    min_events : float
        Signal events wanted.
    min_share : float
        Signal wanted as a share of the background in the on region.

    Returns
    -------
    n_signal : float64[n]
        NaN where the background is NaN or negative.
    """
    n_signal = np.full(n_off.size, np.nan)
    for i in range(n_off.size):
        if n_off[i] >= 0.0 and n_off[i] < math.inf:
            excess = _excess_of(min_significance, n_off[i], alpha)
            n_signal[i] = max(excess, min_events, min_share * alpha * n_off[i])
    return n_signal
