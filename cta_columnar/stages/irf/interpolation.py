"""Responses and cuts between the points of a grid, with the estimators of pyirf.

Everything that is a number per bin is a weighted sum of the points around the target,
and so are its errors. Distributions (energy dispersion and migration, psf) are
interpolated as a whole, by their quantiles or their moments.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cta_columnar.array_types import AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.grid import Grid
from cta_columnar.stages.irf.interpolated_distributions import (
    distribution_at,
    place_along,
)
from cta_columnar.stages.irf.interpolation_weights import (
    Interpolation,
    Weights,
    quietly,
    weights_at,
)

# Below this an effective area counts as none, as in pyirf.
_LEAST_AREA = 1.0


def interpolate(
    points: Sequence[Mapping[str, Component]],
    grid: Grid,
    target: Mapping[str, float],
    how: Interpolation,
) -> dict[str, Component]:
    """Interpolate responses and cuts to a place.

    Parameters
    ----------
    points : sequence of mapping of str to Component
        Products of each point of the grid.
    grid : Grid
        Where the points are.
    target : mapping of str to float
        ``zenith``, ``azimuth`` (deg), ``nsb``; those that are the same at all points
        may be left out.
    how : Interpolation
        What to do.

    Returns
    -------
    components : dict
        Those of `INTERPOLATED`; figures of merit are not interpolated. They tell as
        ``interpolated`` of which points they are. A place that is a point of the grid
        gets what is there, errors and counts included; elsewhere see docs/irf.md.

    Raises
    ------
    UserError
        As `weights_at`, or if points differ in their products or axes.
    """
    place = grid.place(target)
    weights = weights_at(grid, place, how)
    names = [name for name in INTERPOLATED if any(name in each for each in points)]
    _check(points, names)
    if weights.single is not None:
        found = {name: points[weights.single][name] for name in names}
    else:
        with quietly():
            found = {
                name: INTERPOLATED[name]([each[name] for each in points], weights, how)
                for name in names
            }
        found = _agreeing(found)
    return {name: each.told(interpolated=str(weights)) for name, each in found.items()}


def _agreeing(found: dict[str, Component]) -> dict[str, Component]:
    """Take the area away where there is no distribution to go with it."""
    if "effective_area" not in found:
        return found
    area = found["effective_area"]
    has_all = np.ones_like(area["is_simulated"])
    for name in ("energy_dispersion", "psf"):
        if name in found:
            has_all &= found[name]["n_events"].sum(axis=place_along(found[name])) > 0
    columns = {
        **area.columns,
        "effective_area": np.where(has_all, area["effective_area"], 0.0),
    }
    return {**found, "effective_area": replace(area, columns=columns)}


def _check(points: Sequence[Mapping[str, Component]], names: Sequence[str]) -> None:
    """Refuse points that are not of one kind."""
    for name in names:
        for number, each in enumerate(points):
            if name not in each:
                raise UserError(f"point {number} of the grid has no {name}")
            first = points[0][name]
            for one, other in zip(first.axes, each[name].axes, strict=False):
                if one != other:
                    raise UserError(
                        f"{name}: the bins of {one.name!r} at point 0 are not those of "
                        f"{other.name!r} at point {number}; make all points with the "
                        "same axes"
                    )
            enclosures = [c.metadata.get("enclosure") for c in (first, each[name])]
            if len(first.axes) != len(each[name].axes) or len(set(enclosures)) > 1:
                raise UserError(f"{name}: points 0 and {number} are not of one kind")


def _area(
    rows: Sequence[Component], weights: Weights, _how: Interpolation
) -> Component:
    """Interpolate the logarithm, as ``EffectiveAreaEstimator`` of pyirf does.

    0 where a point around has selected nothing, as distributions are; pyirf takes 1 m2
    for such a point.
    """
    areas = [np.maximum(row["effective_area"], _LEAST_AREA) for row in rows]
    errors = [row["effective_area_uncert"] for row in rows]
    area = np.exp(weights.mix([np.log(each) for each in areas]))
    shares = [error / each for error, each in zip(errors, areas, strict=True)]
    is_seen = np.all([rows[i]["n_selected"] > 0 for i in weights.used], axis=0)
    error = np.where(is_seen, area * weights.error(shares), weights.error(errors))
    is_simulated = np.all([rows[i]["is_simulated"] for i in weights.used], axis=0)
    # Where a point saw nothing, its logarithm would be that of the least area, without
    # a distribution to go with it. Rounding must not make an area of none.
    is_some = is_simulated & is_seen & (area > _LEAST_AREA * (1 + 1e-9))
    columns = {
        "effective_area": np.where(is_some, area, 0.0),
        "effective_area_uncert": np.where(is_simulated, error, 0.0),
        "n_selected": weights.total([row["n_selected"] for row in rows]),
        "n_thrown": weights.total([row["n_thrown"] for row in rows]),
        "is_simulated": is_simulated,
    }
    return Component("effective_area", rows[0].axes, columns, rows[0].metadata)


def _background(
    rows: Sequence[Component], weights: Weights, _how: Interpolation
) -> Component:
    columns = {
        "background": np.maximum(weights.mix([r["background"] for r in rows]), 0.0),
        "background_uncert": weights.error([r["background_uncert"] for r in rows]),
        "n_events": weights.total([r["n_events"] for r in rows]),
    }
    return Component(rows[0].name, rows[0].axes, columns, rows[0].metadata)


def _radius(
    rows: Sequence[Component], weights: Weights, _how: Interpolation
) -> Component:
    radius = np.maximum(weights.mix([row["rad_max"] for row in rows]), 0.0)
    return Component("rad_max", rows[0].axes, {"rad_max": radius}, rows[0].metadata)


def _cuts(
    rows: Sequence[Component], weights: Weights, _how: Interpolation
) -> Component:
    columns: dict[str, AnyArray] = {
        name: weights.mix([row[name] for row in rows])
        for name in ("gh_cut", "theta_cut", "gh_efficiency", "theta_efficiency")
    }
    columns["theta_cut"] = np.maximum(columns["theta_cut"], 0.0)
    # There are no parts of telescopes: that of the point with the largest weight.
    main = int(np.argmax(weights.of_points))
    columns["multiplicity_cut"] = rows[main]["multiplicity_cut"]
    columns["is_valid"] = np.all([rows[i]["is_valid"] for i in weights.used], axis=0)
    return Component("cuts", rows[0].axes, columns, rows[0].metadata)


def _distribution(
    rows: Sequence[Component], weights: Weights, how: Interpolation
) -> Component:
    if how.distributions == "moment_morph" and weights.target.shape[1] > 2:
        raise UserError(
            "moments are morphed in two coordinates at most, not in "
            f"{', '.join(weights.grid.varying)}: interpolate by quantiles"
        )
    by_moments = how.distributions == "moment_morph"
    return distribution_at(
        rows,
        weights.grid.points,
        weights.target,
        weights.of_points,
        by_moments=by_moments,
        is_outside=weights.is_outside,
    )


INTERPOLATED: Mapping[
    str, Callable[[Sequence[Component], Weights, Interpolation], Component]
] = {
    "cuts": _cuts,
    "effective_area": _area,
    "energy_dispersion": _distribution,
    "energy_migration": _distribution,
    "psf": _distribution,
    "background_2d": _background,
    "background_3d": _background,
    "rad_max": _radius,
}
