"""Which of several cuts, ever more lenient ones, events pass first."""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4


@njit
def first_passed(values: F8, bins: I4, cuts: F8, from_below: bool) -> I4:
    """Find the hardest cut that each event passes.

    An event that passes a cut passes all after it, so the events that pass cut k are
    those of which this is k or less: sums over all cuts take one pass.

    Parameters
    ----------
    values : float64[n]
        What is cut on.
    bins : int32[n]
        Bin of each event; negative if it is in none, then the result has no meaning.
    cuts : float64[b, k]
        Cuts of each bin, the hardest first.
    from_below : bool
        Whether values pass that are not below the cut, or those not above it.

    Returns
    -------
    first : int32[n]
        Number of the cut; k where the event passes none, as with NaN.
    """
    first = np.empty(values.size, np.int32)
    n_cuts = cuts.shape[1]
    for i in range(values.size):
        k = 0
        of_bin = cuts[max(bins[i], 0)]
        if from_below:
            while k < n_cuts and not values[i] >= of_bin[k]:
                k += 1
        else:
            while k < n_cuts and not values[i] <= of_bin[k]:
                k += 1
        first[i] = k
    return first
