"""Classes of events by a predicted error: the best third, the middle, the worst.

Where one class ends and the next begins depends on the energy, since all events of low
energy are worse than those of high energy: a class is a share of the events of each
energy.
"""

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.models import EventClasses

MIN_EVENTS_PER_CLASS = 20
"""Bins of energy with fewer events are put together with the next one."""

HIGHEST_ENERGY = 1e6
"""TeV. The last bin ends here: no event is beyond."""


def find_classes(
    energy: F8, predicted: F8, *, n_classes: int, bins_per_decade: int
) -> EventClasses:
    """Find the predictions that divide events of each energy into equal shares.

    Parameters
    ----------
    energy : float64[n]
        Reconstructed energy, TeV.
    predicted : float64[n]
        Predicted error. Rows where either is not a number do not count.
    n_classes : int
        Classes, 2 or more.
    bins_per_decade : int
        Bins of log10(energy). The first one begins at 0, the last one ends at
        `HIGHEST_ENERGY`.

    Returns
    -------
    EventClasses
        Found on these events, class 0 the best.

    Raises
    ------
    UserError
        If there are too few events.
    """
    good = np.isfinite(predicted) & np.isfinite(energy) & (energy > 0)
    energy, predicted = energy[good], predicted[good]
    fewest = MIN_EVENTS_PER_CLASS * n_classes
    if energy.size < fewest:
        raise UserError(
            f"{n_classes} classes of events want {fewest} events or more, there are "
            f"{energy.size}"
        )
    place = np.floor(np.log10(energy) * bins_per_decade).astype(np.int64)
    first, last = place.min(), place.max()
    ends, begin = [], first
    for end in range(first + 1, last + 1):
        n_inside = np.count_nonzero((place >= begin) & (place < end))
        if n_inside >= fewest and np.count_nonzero(place >= end) >= fewest:
            ends.append(end)
            begin = end
    edges = 10.0 ** (np.array(ends, np.float64) / bins_per_decade)
    shares = np.arange(1, n_classes) / n_classes
    bins = np.digitize(energy, edges)
    quantiles = [
        np.quantile(predicted[bins == number], shares)
        for number in range(edges.size + 1)
    ]
    return EventClasses(
        np.concatenate([[0.0], edges]),
        np.concatenate([edges, [HIGHEST_ENERGY]]),
        np.array(quantiles),
    )
