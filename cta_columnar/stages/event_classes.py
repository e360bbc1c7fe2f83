"""Classes of events by a predicted error: the best third, the middle, the worst.

Where one class ends and the next begins depends on the energy, since all events of low
energy are worse than those of high energy: a class is a share of the events of each
energy.
"""

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.schemas import training

MIN_EVENTS_PER_CLASS = 20
"""Bins of energy with fewer events are put together with the next one."""

NO_CLASS = -1
"""Of events without a prediction or energy."""


def find_classes(
    energy: F8, predicted: F8, *, n_classes: int, bins_per_decade: int
) -> pa.Table:
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
        Bins of log10(energy). The first one begins at 0, the last one has no end.

    Returns
    -------
    pyarrow.Table
        `schemas.training.event_classes`.

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
    columns = {
        "energy_low": np.concatenate([[0.0], edges]),
        "energy_high": np.concatenate([edges, [np.inf]]),
    }
    bins = np.digitize(energy, edges)
    quantiles = np.array(
        [np.quantile(predicted[bins == i], shares) for i in range(edges.size + 1)]
    )
    columns |= {f"edge_{n}": quantiles[:, n - 1] for n in range(1, n_classes)}
    return pa.table(columns, schema=training.event_classes(n_classes))


def classes_of(energy: F8, predicted: F8, classes: pa.Table) -> AnyArray:
    """Class of each event: 0 the best.

    Parameters
    ----------
    energy, predicted : float64[n]
        As for `find_classes`.
    classes : pyarrow.Table
        What that returned.

    Returns
    -------
    int8[n]
        `NO_CLASS` where energy or prediction is not a number.
    """
    n_classes = len(classes.column_names) - 1
    edges = np.array([classes[f"edge_{n}"].to_numpy() for n in range(1, n_classes)])
    upper = classes["energy_high"].to_numpy()[:-1]
    good = np.isfinite(predicted) & np.isfinite(energy)
    bins = np.digitize(np.where(good, energy, 0.0), upper)
    found = (np.where(good, predicted, 0.0) >= edges[:, bins]).sum(axis=0)
    return np.where(good, found, NO_CLASS).astype(np.int8)
