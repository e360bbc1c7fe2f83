"""Axes of histograms and responses: bins of a column of events."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError

# Beyond this the search for bins would overflow.
_LARGEST_EDGE = 1e300


@dataclass(frozen=True)
class Axis:
    """Bins ``[edges[i], edges[i + 1])`` of one column.

    Attributes
    ----------
    name : str
        Column of the events.
    unit : str
        Unit of the column and of the edges.
    edges : tuple of float
        Ascending. The outermost may be infinite, so that no event is outside.

    Raises
    ------
    UserError
        If the edges are no bins.
    """

    name: str
    unit: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        edges = self.array
        inner = edges[np.isfinite(edges)]
        if edges.size < 2 or np.isnan(edges).any() or inner.size == 0:
            raise self._problem("wants two edges or more, one of them finite")
        if not (np.diff(edges) > 0).all():
            at = int(np.argmin(np.diff(edges) > 0))
            pair = f"{edges[at]:g} and {edges[at + 1]:g}"
            raise self._problem(f"wants ascending edges; {pair} are not")
        if np.abs(inner).max() >= _LARGEST_EDGE:
            raise self._problem(f"has an edge beyond {_LARGEST_EDGE:g}")

    @property
    def array(self) -> F8:
        """Edges: float64[b + 1]."""
        return np.array(self.edges, np.float64)

    @property
    def low(self) -> F8:
        """Lower edges: float64[b]."""
        return self.array[:-1]

    @property
    def high(self) -> F8:
        """Upper edges: float64[b]."""
        return self.array[1:]

    @property
    def centre(self) -> F8:
        """Arithmetic means of the edges: float64[b]."""
        return 0.5 * (self.low + self.high)

    @property
    def width(self) -> F8:
        """Widths of the bins: float64[b].

        Raises
        ------
        UserError
            If a bin has no end: there is no density in it.
        """
        if math.isinf(self.edges[0]) or math.isinf(self.edges[-1]):
            raise self._problem("has a bin without end, in which there is no density")
        return np.diff(self.array)

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1

    def _problem(self, what: str) -> UserError:
        return UserError(f"axis {self.name!r}: {what}")


def linear_axis(name: str, unit: str, low: float, high: float, n_bins: int) -> Axis:
    """Bins of equal width."""
    return Axis(name, unit, _edges(np.linspace(low, high, n_bins + 1)))


def log_axis(name: str, unit: str, low: float, high: float, n_bins: int) -> Axis:
    """Bins of equal width in the logarithm.

    Raises
    ------
    UserError
        If the lower edge is not positive.
    """
    log_low, log_high = _logarithms(name, low, high)
    return Axis(name, unit, _edges(np.logspace(log_low, log_high, n_bins + 1)))


def decade_axis(name: str, unit: str, low: float, high: float, n_bins: int) -> Axis:
    """Bins of about the same number in each decade, from ``low`` to ``high`` exactly.

    As the axes of ``ctapipe-compute-irf``; see `whole_decade_axis`.

    Raises
    ------
    UserError
        If the lower edge is not positive.
    """
    log_low, log_high = _logarithms(name, low, high)
    return log_axis(name, unit, low, high, math.ceil((log_high - log_low) * n_bins))


def whole_decade_axis(
    name: str, unit: str, low: float, high: float, n_bins: int
) -> Axis:
    """Bins of exactly the same number in each decade; the last one ends by ``high``.

    As ``pyirf.binning.create_bins_per_decade``: a rest at the upper end that is no
    whole bin is left out.

    Raises
    ------
    UserError
        If the lower edge is not positive.
    """
    log_low, log_high = _logarithms(name, low, high)
    step = 1.0 / n_bins
    logarithms = np.arange(log_low, log_high + step / 1e4, step)
    return Axis(name, unit, _edges(10**logarithms))


def class_axis(name: str, classes: Iterable[int]) -> Axis:
    """One bin for each of some neighbouring whole numbers, as of types or telescopes.

    Raises
    ------
    UserError
        If there is a gap between the numbers.
    """
    numbers = sorted(classes)
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise UserError(f"axis {name!r}: {numbers} are not all numbers of a range")
    return Axis(name, "", tuple(number - 0.5 for number in (*numbers, numbers[-1] + 1)))


def _logarithms(name: str, low: float, high: float) -> tuple[float, float]:
    if not 0 < low < high:
        raise UserError(f"axis {name!r}: no logarithmic bins from {low:g} to {high:g}")
    return float(np.log10(low)), float(np.log10(high))


def _edges(values: F8) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
