"""How good reconstructed directions and energies are, in bins of energy."""

import math
from typing import Literal

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.kernels.histograms import bin_numbers
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.grouping import values_by_bin

# Share of a normal distribution within one standard deviation, and its ends.
ONE_SIGMA = math.erf(math.sqrt(0.5))
LOW, HIGH = 0.5 - ONE_SIGMA / 2, 0.5 + ONE_SIGMA / 2
# Correlation of the two quantiles in a sample of any distribution.
_CORRELATION = LOW / HIGH


def angular_resolution(
    theta: AnyArray, energy: AnyArray, axis: Axis, quantile: float = ONE_SIGMA
) -> Component:
    """Radius around the true direction that contains a share of the events.

    Parameters
    ----------
    theta : array[n]
        From the true to the reconstructed direction, deg; NaN does not count.
    energy : array[n]
        True or reconstructed energies, in the unit of the axis.
    axis : Axis
        Bins of energy.
    quantile : float
        Share of events.

    Returns
    -------
    component : Component
        NaN where there are no events; errors also where there is one.
    """
    values, errors, counts = [], [], []
    for of_bin in _in_bins(theta, energy, axis):
        value, error = quantile_with_error(of_bin, quantile)
        values.append(value)
        errors.append(error)
        counts.append(of_bin.size)
    columns = {
        "quantile": np.full(axis.n_bins, quantile),
        "angular_resolution": np.array(values),
        "angular_resolution_uncert": np.array(errors),
        "n_events": np.array(counts, np.int64),
    }
    return Component("angular_resolution", (axis,), columns)


def energy_resolution(
    migration: AnyArray,
    energy: AnyArray,
    axis: Axis,
    bias: Literal["median", "mean"] = "median",
) -> Component:
    """Bias and resolution of reconstructed energies.

    Parameters
    ----------
    migration : array[n]
        Reconstructed over true energy; NaN does not count.
    energy : array[n]
        True or reconstructed energies, in the unit of the axis.
    axis : Axis
        Bins of energy.
    bias : str
        What is compared with 1: the median, as in pyirf, or the mean, as in ctapipe.

    Returns
    -------
    component : Component
        NaN where there are no events; errors also where there is one.
    """
    rows = []
    for of_bin in _in_bins(migration, energy, axis):
        if bias == "median":
            middle, error = quantile_with_error(of_bin, 0.5)
        else:
            middle, error = _mean_with_error(of_bin)
        low, low_error = quantile_with_error(of_bin, LOW)
        high, high_error = quantile_with_error(of_bin, HIGH)
        of_width = error_of_width(low_error, high_error)
        rows.append((middle - 1, error, (high - low) / 2, of_width / 2, of_bin.size))
    middles, errors, widths, of_widths, counts = np.array(rows).T
    columns = {
        "energy_bias": middles,
        "energy_bias_uncert": errors,
        "energy_resolution": widths,
        "energy_resolution_uncert": of_widths,
        "n_events": counts.astype(np.int64),
    }
    return Component("energy_resolution", (axis,), columns, {"bias": bias})


def quantile_with_error(values: F8, quantile: float) -> tuple[float, float]:
    """Quantile of a sample, and its error.

    The number of values below a quantile of the distribution scatters as a binomial
    distribution; its standard deviation, on both sides, makes two more quantiles of the
    sample. Half their distance is the error, whatever the distribution.
    """
    n = values.size
    if n == 0:
        return math.nan, math.nan
    scatter = math.sqrt(quantile * (1 - quantile) / n)
    shares = np.clip([quantile - scatter, quantile, quantile + scatter], 0, 1)
    low, value, high = (float(each) for each in np.quantile(values, shares))
    return value, (high - low) / 2 if n > 1 else math.nan


def error_of_width(low_error: float, high_error: float) -> float:
    """Error of the distance of the quantiles at one standard deviation."""
    common = 2 * _CORRELATION * low_error * high_error
    return math.sqrt(low_error**2 + high_error**2 - common)


def _mean_with_error(values: F8) -> tuple[float, float]:
    n = values.size
    if n == 0:
        return math.nan, math.nan
    # Exact, so that the order of events does not matter.
    mean = math.fsum(values) / n
    if n == 1:
        return mean, math.nan
    return mean, math.sqrt(math.fsum((values - mean) ** 2) / (n - 1) / n)


def _in_bins(values: AnyArray, energy: AnyArray, axis: Axis) -> list[F8]:
    column = np.ascontiguousarray(energy, np.float64)
    bins = bin_numbers(column, axis.array)
    return list(values_by_bin(values, bins, axis.n_bins))
