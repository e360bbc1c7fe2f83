"""A component of the response, or any other product: numbers in bins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.histogram import Histogram


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

    def told(self, **metadata: str) -> "Component":
        """Return the same with more to be known of it."""
        return replace(self, metadata={**self.metadata, **metadata})

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


class NoEventsError(UserError):
    """There is not a single event to make a component of."""


def require_events(histogram: Histogram) -> None:
    """Refuse a histogram without a single event.

    Raises
    ------
    NoEventsError
        If it is empty.
    """
    if histogram.counts.sum() == 0:
        outside, undefined = histogram.left_out
        raise NoEventsError(
            f"no event is left for {histogram.spec.name!r}: {outside} selected events "
            f"are outside of its bins and {undefined} are not reconstructed (NaN); are "
            "the cuts too hard, or is an input missing?"
        )


def share_component(
    name: str,
    selected: Histogram,
    axis_name: str,
    size_of: Callable[[Axis], F8] | None = None,
) -> Component:
    """Make the component whose values are shares of events along one axis.

    Parameters
    ----------
    name : str
        Name of the component, and of its column.
    selected : Histogram
        Unweighted events.
    axis_name : str
        Along this axis the shares add up to 1, or are 0 if there are no events.
    size_of : callable, optional
        From that axis to sizes of its bins, float64[b], that shares are divided by.

    Returns
    -------
    component : Component
        Errors are those of a multinomial distribution.

    Raises
    ------
    UserError
        If there is not a single event, or no such axis.
    """
    place = place_of(selected, axis_name)
    require_events(selected)
    axis = selected.spec.axes[place]
    size = along(
        size_of(axis) if size_of else np.ones(axis.n_bins), selected, axis_name
    )
    total = np.maximum(selected.n.sum(axis=place, keepdims=True), 1)
    share = selected.n / total
    columns = {
        name: share / size,
        f"{name}_uncert": np.sqrt(share * (1 - share) / total) / size,
        "n_events": selected.n,
    }
    return Component(name, selected.spec.axes, columns)
