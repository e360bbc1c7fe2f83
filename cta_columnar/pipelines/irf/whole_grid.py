"""Whether each point of a grid has all particles, and each bin of an axis of runs."""

from collections.abc import Collection, Mapping, Sequence

from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.places import RunPlace, free_of, places_of
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.further_axes import bin_at

Bins = tuple[int, ...]


def check_whole(
    sources: Sequence[IrfSource], points: Sequence[RunPlace], config: IrfConfig
) -> None:
    """Refuse points, and bins of axes of runs, that lack a particle.

    Parameters
    ----------
    sources : sequence of IrfSource
        Inputs, on the grid.
    points : sequence of RunPlace
        By number.
    config : IrfConfig
        Names the particles, and the axes.

    Raises
    ------
    UserError
        If one is missing, or a run is in no bin.
    """
    wanted = [config.signal]
    wanted += config.background if config.wanting_background else ()
    names = free_of(config.axes.further)
    axes = [Axis(name, "", config.axes.further[name]) for name in names]
    for number, point in enumerate(points):
        there = _bins_by_particle(sources, number, axes)
        if missing := [name for name in wanted if name not in there]:
            others = ", ".join(
                f"{p.zenith:.3f}/{p.azimuth:.3f}/{p.nsb:g}" for p in points
            )
            raise UserError(
                f"mixed pointings: at {point} there is "
                f"{', '.join(sorted(there))}, but no {' and no '.join(missing)} "
                f"(all points: {others}). Give runs of all particles at each point, or "
                "a larger pointing_tolerance if these are meant to be one"
            )
        _check_bins(there, wanted, axes)


def _bins_by_particle(
    sources: Sequence[IrfSource], point: int, axes: Sequence[Axis]
) -> dict[str, set[Bins]]:
    """Return the bins of the runs at a point."""
    there: dict[str, set[Bins]] = {}
    for source in sources:
        numbers = source.runs["point"].to_pylist()
        obs_ids = source.runs["obs_id"].to_pylist()
        places = places_of(source.runs)
        for number, obs_id, place in zip(numbers, obs_ids, places, strict=True):
            if number != point:
                continue
            try:
                bins = tuple(bin_at(axis, getattr(place, axis.name)) for axis in axes)
            except UserError as error:
                raise UserError(
                    f"run {obs_id} of {source.path}: {error}; leave it out, or give "
                    "axes.further a bin for it"
                ) from error
            there.setdefault(source.particle, set()).add(bins)
    return there


def _check_bins(
    there: Mapping[str, Collection[Bins]], wanted: Sequence[str], axes: Sequence[Axis]
) -> None:
    for name in wanted:
        for bins in sorted(set().union(*there.values()) - set(there[name])):
            listed = ", ".join(
                f"{axis.name} {axis.low[k]:g} to {axis.high[k]:g}"
                for axis, k in zip(axes, bins, strict=True)
            )
            raise UserError(
                f"mixed pointings: in the bin {listed} of axes.further there are runs, "
                f"but none of {name}. Give runs of all particles in each bin, or wider "
                "bins"
            )
