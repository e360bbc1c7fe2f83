"""Effective area: thrown area times the share of showers that is selected."""

import numpy as np

from cta_columnar.array_types import F8, I8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.component import Component, require_events
from cta_columnar.stages.irf.histogram import Histogram


def effective_area(selected: Histogram, n_thrown: F8, area: float) -> Component:
    """Effective area of unweighted events.

    Parameters
    ----------
    selected : Histogram
        Selected events, in true energy and what else is wanted.
    n_thrown : float64, in the shape of the histogram
        From `thrown_showers`.
    area : float
        Over which cores were thrown, m2.

    Returns
    -------
    component : Component
        0 where no shower was thrown, which ``is_simulated`` tells. Errors are those of
        a binomial distribution; if no event is selected, with the share that Laplace's
        rule gives, and if as many as were thrown, those of a Poisson distribution. Uses
        of one shower scatter together, if the histogram knows of them.

    Raises
    ------
    UserError
        If nothing was thrown or selected, or something was selected where nothing was
        thrown.
    """
    if not n_thrown.sum() > 0:
        raise UserError("no shower was thrown into any bin of the effective area")
    require_events(selected)
    is_simulated = n_thrown > 0
    if (selected.n[~is_simulated] > 0).any():
        n_wrong = selected.n[~is_simulated].sum()
        raise UserError(
            f"{n_wrong} events are selected in bins into which no shower was thrown: "
            "these are not the events of these runs, or not all runs are there"
        )
    divisor = np.where(is_simulated, n_thrown, 1.0)
    share = selected.n / divisor
    error = _error(selected.n, selected.variance, divisor)
    columns = {
        "effective_area": share * area,
        "effective_area_uncert": np.where(is_simulated, error, 0.0) * area,
        "n_selected": selected.n,
        "n_thrown": n_thrown,
        "is_simulated": is_simulated,
    }
    return Component("effective_area", selected.spec.axes, columns)


def _error(n_selected: I8, variance: F8, n_thrown: F8) -> F8:
    """Error of the share of showers that is selected.

    ``variance`` of the selected is their number if all are of different showers, and
    more if the same ones are used several times.
    """
    share = n_selected / n_thrown
    # What was thrown is an expectation, so more than that may be selected.
    is_binomial = share < 1
    seen = np.where(is_binomial, 1 - share, 1.0) * variance / n_thrown**2
    # That none is selected of some does not say that none would be.
    guess = 1 / (n_thrown + 2)
    unseen = guess * (1 - guess) / n_thrown
    error: F8 = np.sqrt(np.where(n_selected > 0, seen, unseen))
    return error
