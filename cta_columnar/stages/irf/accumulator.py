"""Histograms that are filled from batches of events and merged exactly.

Counts are integers and so are sums of weights, hence the same events give identical
histograms however they are split over batches, files and processes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Self

import numpy as np

from cta_columnar.array_types import I4, I8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.kernels import histograms as kernels
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.given import given
from cta_columnar.stages.irf.histogram import Histogram, HistogramSpec

SHOWER = "shower"
"""Column of numbers that differ from shower to shower, whose uses follow each other."""

# Events whose bins on all axes fit in the cache.
_SLICE = 16384


class Accumulator:
    """Histograms that are filled together, each column being binned once.

    Parameters
    ----------
    specs : iterable of HistogramSpec
        What to count; their names differ.

    Raises
    ------
    UserError
        If two histograms have one name.
    """

    def __init__(self, specs: Iterable[HistogramSpec]) -> None:
        self.histograms: dict[str, Histogram] = {}
        for spec in specs:
            if spec.name in self.histograms:
                raise UserError(f"there are two histograms {spec.name!r}")
            self.histograms[spec.name] = Histogram(spec)

    def __getitem__(self, name: str) -> Histogram:
        """Histogram of a name."""
        return self.histograms[name]

    def fill(self, columns: Mapping[str, AnyArray]) -> Self:
        """Count a batch of events.

        Parameters
        ----------
        columns : mapping of str to array[n]
            Columns that axes, selections and weights name; others do not matter.
            Angles, energies and so on have the unit of their axis. With the column
            `SHOWER`, the events of a shower are in one batch.

        Raises
        ------
        UserError
            If a column is missing or has another length, a selection is not boolean,
            or a weight cannot be summed. What was counted before is then of no use.
        """
        names = [*self._names(), *([SHOWER] if SHOWER in columns else [])]
        wanted = {name: given(columns, name, "histograms") for name in names}
        sizes = {name: column.size for name, column in wanted.items()}
        n_events = max(sizes.values(), default=0)
        if short := [name for name, size in sizes.items() if size != n_events]:
            size = sizes[short[0]]
            raise UserError(
                f"column {short[0]!r} has {size} rows, others have {n_events}"
            )
        for rows in _slices(n_events, wanted.get(SHOWER)):
            self._fill_slice({name: column[rows] for name, column in wanted.items()})
        return self

    def merge(self, other: Self) -> Self:
        """Add what another accumulator of the same histograms has counted.

        Raises
        ------
        UserError
            If its histograms are others.
        """
        if list(self.histograms) != list(other.histograms):
            ours, theirs = list(self.histograms), list(other.histograms)
            raise UserError(f"{ours} cannot be merged with {theirs}")
        for name, histogram in self.histograms.items():
            histogram.merge(other[name])
        return self

    def _names(self) -> list[str]:
        names: dict[str, None] = {}
        for histogram in self.histograms.values():
            spec = histogram.spec
            wanted = (*(axis.name for axis in spec.axes), spec.selection, spec.weight)
            names |= dict.fromkeys(name for name in wanted if name)
        return list(names)

    def _fill_slice(self, columns: Mapping[str, AnyArray]) -> None:
        numbers: dict[Axis, I4] = {}
        for histogram in self.histograms.values():
            spec = histogram.spec
            place = self._first_places(spec, columns)
            for axis in spec.axes:
                if axis not in numbers:
                    values = columns[axis.name].astype(np.float64, copy=False)
                    numbers[axis] = kernels.bin_numbers(values, axis.array)
                kernels.add_axis(place, numbers[axis], axis.n_bins)
            weights = columns[spec.weight].astype(np.float64) if spec.weight else None
            histogram.add(place, weights, columns.get(SHOWER))

    @staticmethod
    def _first_places(spec: HistogramSpec, columns: Mapping[str, AnyArray]) -> I4:
        if not spec.selection:
            n_events = next(iter(columns.values())).size
            return np.zeros(n_events, np.int32)
        selected: Mask = columns[spec.selection]
        if selected.dtype != np.bool_:
            raise UserError(
                f"column {spec.selection!r} selects events and is {selected.dtype}, "
                "not boolean"
            )
        return kernels.first_places(selected)


def _slices(n_events: int, shower: I8 | None) -> Iterator[slice]:
    """Yield slices of events, none of which ends within a shower."""
    start = 0
    while start < n_events:
        end = min(start + _SLICE, n_events)
        while shower is not None and end < n_events and shower[end] == shower[end - 1]:
            end += 1
        yield slice(start, end)
        start = end
