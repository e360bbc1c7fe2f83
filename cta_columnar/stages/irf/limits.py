"""What is known where no event is: how many there may be.

Of nothing that was seen follows no rate of nothing. If 3 events were expected, none is
seen in 5 % of all cases; their weights are not known, but those of events of the
energies of the bin are.
"""

import math

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.stages.irf.histogram import Histogram

CONFIDENCE = 0.95
MOST_UNSEEN = -math.log(1 - CONFIDENCE)
"""Events that may be expected where none is."""


def upper_limit(histogram: Histogram, one: F8 | None = None) -> F8:
    """Limit the sum of weights of bins without an event.

    Parameters
    ----------
    histogram : Histogram
        Events, with weights or without.
    one : float64, optional
        Weight of an event of each bin, in a shape that goes with that of the histogram;
        NaN if none can be there. Without it only events without weights have limits.

    Returns
    -------
    limit : float64, in the shape of the histogram
        NaN where events are.
    """
    if one is None:
        one = np.full(1, np.nan if histogram.spec.weight else 1.0)
    limit = np.broadcast_to(MOST_UNSEEN * one, histogram.n.shape)
    return np.where(histogram.n == 0, limit, np.nan)
