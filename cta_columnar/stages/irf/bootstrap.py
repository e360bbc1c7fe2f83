"""Errors by resampling: each shower counts as often as a Poisson distribution says.

How often follows from seed, run and shower alone, so it depends neither on the order of
events nor on which other events there are, and all uses of a shower go together. Runs
are known by what was simulated: showers of two particles that have the same numbers
count independently.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cta_columnar.array_types import I8, AnyArray, Index, Mask
from cta_columnar.schemas.irf import LEAST_EVENTS
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.training_share import uniform

# Beside the streams of `stages.training_share` and `stages.dl3.shares`.
_STREAM, _STEP = 7, 16
# Hexadecimal ones, in 64 bits.
_DIGITS = 16

# Shares of showers that count 0, 1, 2, ... times: cumulated Poisson distribution of 1.
_CUMULATED = np.cumsum(np.exp(-1.0) / np.cumprod([1.0, *range(1, 20)]))


def run_keys(digests: Sequence[str]) -> I8:
    """Return numbers of runs: int64[r].

    Parameters
    ----------
    digests : sequence of str
        Of the simulation of each run, hexadecimal: with its primaries.
    """
    numbers = np.array([int(each[:_DIGITS], 16) for each in digests], np.uint64)
    return numbers.view(np.int64)


def resampled(seed: int, number: int, run_key: I8, event_id: I8) -> Index:
    """Rows of events of a resampling.

    Parameters
    ----------
    seed : int
        Of the responses.
    number : int
        Which resampling.
    run_key : int64[n]
        Runs of the events, by `run_keys`.
    event_id : int64[n]
        Their numbers in the run.

    Returns
    -------
    rows : intp[m]
        Each row as often as its shower counts.
    """
    share = uniform(seed, _STREAM + _STEP * number, run_key, event_id)
    times = np.searchsorted(_CUMULATED, share, side="right")
    rows: Index = np.repeat(np.arange(event_id.size), times)
    return rows


def with_bootstrap_errors(
    component: Component, resamplings: Sequence[Component]
) -> Component:
    """Put the scatter of resamplings in place of errors by formulas.

    Parameters
    ----------
    component : Component
        Of the events as they are.
    resamplings : sequence of Component
        The same of resampled events; there may be none.

    Returns
    -------
    component : Component
        Its errors are the standard deviation of those values that are finite; NaN if
        fewer than two are. Bins with too few events to scatter keep their errors.
    """
    columns: dict[str, AnyArray] = dict(component.columns)
    kept = _cannot_scatter(component)
    for name in component.columns:
        value = name.removesuffix("_uncert")
        if value == name:
            continue
        shape = len(resamplings), *component[value].shape
        values = np.array([each[value] for each in resamplings], np.float64)
        values = values.reshape(shape)
        values[~np.isfinite(values)] = np.nan
        n_finite = np.isfinite(values).sum(axis=0)
        enough = n_finite >= 2
        scatter = np.full(n_finite.shape, np.nan)
        scatter[enough] = np.nanstd(values[:, enough], axis=0, ddof=1)
        columns[name] = np.where(kept, component[name], scatter)
    return replace(component, columns=columns)


def _cannot_scatter(component: Component) -> Mask:
    """Find bins of which all resamplings are alike, whatever the distribution.

    Those without an event, and those with one if the value is a quantile.
    """
    least = LEAST_EVENTS.get(component.name, 1)
    for name in ("n_events", "n_selected"):
        if name in component.columns:
            few: Mask = component[name] < least
            return few
    return np.zeros((), bool)
