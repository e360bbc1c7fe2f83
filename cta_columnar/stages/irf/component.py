"""A component of the response, or any other product: numbers in bins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.accumulator import Histogram
from cta_columnar.stages.irf.axes import Axis


@dataclass(frozen=True, eq=False)
class Component:
    """Numbers with their statistical errors, in the bins of some axes.

    Attributes
    ----------
    name : str
        One of ``schemas.irf.TABLES``, which says what its columns are.
    axes : tuple of Axis
        Axes, the last one running fastest.
    columns : mapping of str to array
        Each in the shape of the axes.
    metadata : mapping of str to str
        What else is to be known of it.
    """

    name: str
    axes: tuple[Axis, ...]
    columns: Mapping[str, AnyArray]
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> AnyArray:
        """Values of a column."""
        return self.columns[name]


def place_of(histogram: Histogram, name: str) -> int:
    """Which axis of a histogram is of a column.

    Raises
    ------
    UserError
        If none is.
    """
    names = [axis.name for axis in histogram.spec.axes]
    if name not in names:
        raise UserError(
            f"histogram {histogram.spec.name!r} wants an axis {name!r}; it has "
            f"{', '.join(names)}"
        )
    return names.index(name)


def along(values: F8, histogram: Histogram, name: str) -> F8:
    """Give values in bins of one axis the shape to go with a whole histogram."""
    shape = [1] * len(histogram.spec.axes)
    shape[place_of(histogram, name)] = -1
    return values.reshape(shape)


def require_events(histogram: Histogram) -> None:
    """Refuse a histogram without a single event.

    Raises
    ------
    UserError
        If it is empty.
    """
    if histogram.counts.sum() == 0:
        outside, undefined = histogram.left_out
        raise UserError(
            f"no event is left for {histogram.spec.name!r}: {outside} selected events "
            f"are outside of its bins and {undefined} are not reconstructed (NaN); are "
            "the cuts too hard, or is an input missing?"
        )


def shares(counts: I8, axis: int) -> tuple[F8, F8]:
    """Shares of events along an axis, and their errors.

    Parameters
    ----------
    counts : int64, of any shape
        Events.
    axis : int
        Along it the shares add up to 1, or are 0 if there are no events.

    Returns
    -------
    share, error : float64, in the shape of the counts
        Errors are those of a multinomial distribution.
    """
    total = np.maximum(counts.sum(axis=axis, keepdims=True), 1)
    share = counts / total
    return share, np.sqrt(share * (1 - share) / total)
