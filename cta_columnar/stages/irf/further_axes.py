"""Bins of axes that responses have besides their own: of zenith angle, multiplicity.

For those of runs, as the zenith angle, each shower was thrown into one bin; for those
of events, as their multiplicity, all were thrown into each.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component


def bins_of(axes: Sequence[Axis]) -> Iterator[dict[str, int]]:
    """Give all combinations of bins, by the names of their axes."""
    for numbers in product(*(range(axis.n_bins) for axis in axes)):
        yield dict(zip((axis.name for axis in axes), numbers, strict=True))


def bin_at(axis: Axis, value: float) -> int:
    """Return the bin of a value.

    Raises
    ------
    UserError
        If it is in none.
    """
    number = int(np.searchsorted(axis.array, value, side="right")) - 1
    if not 0 <= number < axis.n_bins:
        low, high = axis.edges[0], axis.edges[-1]
        raise UserError(
            f"{axis.name} {value:g} {axis.unit}".rstrip()
            + f" is in no bin of the responses, which go from {low:g} to {high:g}"
        )
    return number


def in_bins(component: Component, numbers: Mapping[str, int]) -> Component:
    """Take a component in a bin of some axes, which it then has no more.

    Parameters
    ----------
    component : Component
        Axes that it has not, as cuts have none of these, do not matter.
    numbers : mapping of str to int
        Bins by the names of their axes.
    """
    where = tuple(numbers.get(axis.name, slice(None)) for axis in component.axes)
    shape = tuple(axis.n_bins for axis in component.axes)
    return replace(
        component,
        axes=tuple(axis for axis in component.axes if axis.name not in numbers),
        columns={
            name: np.broadcast_to(values, shape)[where]
            for name, values in component.columns.items()
        },
    )


def further_axes(
    components: Mapping[str, Component], known: Mapping[str, Collection[str]]
) -> tuple[Axis, ...]:
    """Return the axes that components have besides those that are known of them."""
    axes = [
        axis
        for name, component in components.items()
        if name in known
        for axis in component.axes
        if axis.name not in known[name]
    ]
    return tuple(dict.fromkeys(axes))
