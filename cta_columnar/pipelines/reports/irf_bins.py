"""Responses with bins of further axes, bin by bin: so they are drawn like others."""

from collections.abc import Collection, Iterator, Mapping

from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.further_axes import bins_of, in_bins


def by_bin(
    components: Mapping[str, Component], further: Collection[str]
) -> Iterator[tuple[str, dict[str, Component]]]:
    """Give responses in each bin, and then what has no bins.

    Parameters
    ----------
    components : mapping of str to Component
        Of one point and event type.
    further : collection of str
        Names of further axes.

    Yields
    ------
    said : str
        Which bin, in words; empty if there are none.
    components : dict of str to Component
        Those of it, without these axes.
    """
    every = {axis: None for each in components.values() for axis in each.axes}
    axes = [axis for axis in every if axis.name in further]
    if not axes:
        yield "", dict(components)
        return
    names = {axis.name for axis in axes}
    has_bins = {
        name: any(axis.name in names for axis in each.axes)
        for name, each in components.items()
    }
    for numbers in bins_of(axes):
        said = ", ".join(
            f"{axis.name} {axis.low[k]:g} to {axis.high[k]:g} {axis.unit}".rstrip()
            for axis, k in zip(axes, numbers.values(), strict=True)
        )
        own = {name: each for name, each in components.items() if has_bins[name]}
        yield said, {name: in_bins(each, numbers) for name, each in own.items()}
    whole = {name: each for name, each in components.items() if not has_bins[name]}
    if whole:
        yield "all bins", whole
