"""Counts of events and exact sums of their weights, in bins."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cta_columnar.array_types import F8, I4, I8
from cta_columnar.errors import UserError
from cta_columnar.kernels import histograms as kernels
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.fixed_point import SQUARES, WEIGHTS


@dataclass(frozen=True)
class HistogramSpec:
    """What a histogram counts.

    Attributes
    ----------
    name : str
        Its name among others.
    axes : tuple of Axis
        The last one runs fastest.
    selection : str
        Column of booleans: events that count; empty for all.
    weight : str
        Column of weights, which are summed as well; empty for none.
    """

    name: str
    axes: tuple[Axis, ...]
    selection: str = ""
    weight: str = ""

    def __post_init__(self) -> None:
        if self.n_bins >= 2**31:
            raise UserError(f"histogram {self.name!r}: {self.n_bins} bins are too many")

    @property
    def shape(self) -> tuple[int, ...]:
        """Bins along each axis."""
        return tuple(axis.n_bins for axis in self.axes)

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(np.prod(self.shape, dtype=object))


@dataclass(eq=False)
class Histogram:
    """Counts of events, and sums of their weights, in bins.

    Attributes
    ----------
    spec : HistogramSpec
        What is counted.
    counts : int64[b]
        Events in each bin, the last axis running fastest.
    pairs : int64[b]
        Ordered pairs of different events of one shower in each bin.
    sums, squares : int64[b, l]
        Weights, and squares of those of each shower, in fixed point; without rows if
        there are none.
    left_out : int64[2]
        Selected events outside of the axes, and those with a NaN.
    """

    spec: HistogramSpec
    counts: I8 = field(init=False)
    pairs: I8 = field(init=False)
    sums: I8 = field(init=False)
    squares: I8 = field(init=False)
    left_out: I8 = field(init=False)

    def __post_init__(self) -> None:
        n_bins = self.spec.n_bins
        self.counts = np.zeros(n_bins, np.int64)
        self.pairs = np.zeros(n_bins, np.int64)
        self.sums = WEIGHTS.zeros(n_bins if self.spec.weight else 0)
        self.squares = SQUARES.zeros(n_bins if self.spec.weight else 0)
        self.left_out = np.zeros(2, np.int64)

    @property
    def n(self) -> I8:
        """Events in each bin, in the shape of the axes."""
        return self.counts.reshape(self.spec.shape)

    @property
    def weighted(self) -> F8:
        """Sum of weights in each bin; of ones if there are none."""
        if not self.spec.weight:
            return self.n.astype(np.float64)
        return WEIGHTS.to_float(self.sums).reshape(self.spec.shape)

    @property
    def variance(self) -> F8:
        """Sum over showers of their squared weights.

        Variance of the sum if the number of showers is Poissonian; each event is one if
        it was filled without a column of showers.
        """
        if not self.spec.weight:
            squares = self.counts + self.pairs
            return squares.reshape(self.spec.shape).astype(np.float64)
        return SQUARES.to_float(self.squares).reshape(self.spec.shape)

    def add(self, place: I4, weights: F8 | None, shower: I8 | None) -> None:
        """Add events at their places; see `Accumulator.fill`."""
        kernels.count(place, self.counts, self.left_out)
        if shower is None:
            shared = np.zeros(place.size)
        else:
            each = np.ones(place.size) if weights is None else weights
            shared = kernels.shared_weights(place, shower, each)
        if weights is None:
            rows = np.flatnonzero(shared)
            np.add.at(self.pairs, place[rows], shared[rows].astype(np.int64))
        else:
            what = f"histogram {self.spec.name!r}, column {self.spec.weight!r}"
            WEIGHTS.add(self.sums, place, weights, what)
            SQUARES.add(self.squares, place, weights * weights + shared, what)
        self._check()

    def merge(self, other: "Histogram") -> None:
        """Add the content of another histogram of the same kind.

        Raises
        ------
        UserError
            If it counts something else, or a sum gets too large.
        """
        if other.spec != self.spec:
            raise UserError(
                f"histogram {self.spec.name!r} cannot be merged with one of other "
                "axes, selection or weight"
            )
        self.counts = self.counts + other.counts
        self.pairs = self.pairs + other.pairs
        self.left_out = self.left_out + other.left_out
        self.sums = WEIGHTS.merged(self.sums, other.sums, self.spec.weight)
        self.squares = SQUARES.merged(self.squares, other.squares, self.spec.weight)
        self._check()

    def _check(self) -> None:
        if self.spec.weight and self.counts.max(initial=0) >= kernels.MOST_ADDED:
            raise UserError(
                f"histogram {self.spec.name!r}: more than {kernels.MOST_ADDED} events "
                "in one bin; use narrower bins"
            )


class _Total(Histogram):
    """Several histograms of other weights, added up.

    Parameters
    ----------
    parts : sequence of (Histogram, float or float64)
        Each with what its weights are multiplied by, in all bins or each.
    """

    def __init__(self, parts: Sequence[tuple[Histogram, F8 | float]]) -> None:
        super().__init__(parts[0][0].spec)
        self._parts = parts
        for part, _ in parts:
            self.counts = self.counts + part.counts
            self.pairs = self.pairs + part.pairs
            self.left_out = self.left_out + part.left_out

    @property
    def weighted(self) -> F8:
        """Sum of the weights as they are to be."""
        first, *others = (scale * part.weighted for part, scale in self._parts)
        return sum(others, first)

    @property
    def variance(self) -> F8:
        """Sum of their squares."""
        first, *others = (scale**2 * part.variance for part, scale in self._parts)
        return sum(others, first)


def scaled_total(parts: Sequence[tuple[Histogram, F8 | float]]) -> Histogram:
    """Add up histograms whose weights are to be multiplied by different numbers.

    So events can be weighed before it is known how many showers were thrown in all.

    Parameters
    ----------
    parts : sequence of (Histogram, float or float64)
        Histograms of the same kind, each with its number, or one for each bin in a
        shape that goes with that of the histogram.

    Returns
    -------
    total : Histogram
        To be read, not to be filled.

    Raises
    ------
    UserError
        If they count different things.
    """
    specs = {part.spec for part, _ in parts}
    if len(specs) != 1:
        names = ", ".join(sorted(spec.name for spec in specs))
        raise UserError(f"histograms of different kinds cannot be added: {names}")
    return _Total(parts)
