"""Energy dispersion, migration and psf between points, by pyirf's estimators."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pyirf.interpolation import (
    DiscretePDFComponentEstimator,
    MomentMorphInterpolator,
    MomentMorphNearestSimplexExtrapolator,
    PDFNormalization,
    QuantileInterpolator,
)

from cta_columnar.array_types import F8, I8
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle

# Along which axis each is a distribution.
ALONG = {
    "energy_dispersion": "migration",
    "energy_migration": "reco_energy",
    "psf": "theta",
}


def distribution_at(
    rows: Sequence[Component],
    points: F8,
    target: F8,
    weights: F8,
    *,
    by_moments: bool,
    is_outside: bool,
) -> Component:
    """Interpolate a distribution.

    Parameters
    ----------
    rows : sequence of Component
        One of `ALONG`, at each point, with the same axes.
    points, target : float64[p, d], float64[1, d]
        Coordinates.
    weights : float64[p]
        Of the points at the target, for the errors.
    by_moments : bool
        Whether to morph moments instead of interpolating quantiles.
    is_outside : bool
        Whether the target is outside of the grid. Then moments are morphed in any case:
        pyirf has no other way to extrapolate.

    Returns
    -------
    component : Component
        Normalised as those of the points; 0, without a count, where one of the points
        around has no events, or all of it is extrapolated out of the axis. Errors are
        multinomial for as many events as would scatter as the weighted ones do; counts
        are those of all points around.
    """
    first = rows[0]
    name = first.name
    place = place_along(first)
    axis = first.axes[place]
    values = np.stack([np.moveaxis(row[name], place, -1) for row in rows])
    counts = np.stack([np.moveaxis(row["n_events"], place, -1) for row in rows])
    kinds: dict[str, Any] = {
        "interpolator_cls": MomentMorphInterpolator
        if by_moments
        else QuantileInterpolator
    }
    if is_outside:
        kinds["extrapolator_cls"] = MomentMorphNearestSimplexExtrapolator
    found = _estimated(name, axis, points, values, target, kinds)
    size = sizes(name, axis)
    used = np.abs(weights) > 1e-12
    is_there = (counts[used].sum(axis=-1) > 0).all(axis=0) & (found.sum(axis=-1) > 0)
    found = np.where(is_there[..., np.newaxis], found, 0.0)
    share = found * size
    n_effective = _effective(counts[used].sum(axis=-1), weights[used])
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(
            share * (1 - np.minimum(share, 1)) / n_effective[..., np.newaxis]
        )
    error = np.where(is_there[..., np.newaxis], error / size, 0.0)
    n_events: I8 = np.where(is_there[..., np.newaxis], counts[used].sum(axis=0), 0)
    columns = {name: found, f"{name}_uncert": error, "n_events": n_events}
    return Component(
        name,
        first.axes,
        {each: np.moveaxis(column, -1, place) for each, column in columns.items()},
        first.metadata,
    )


def place_along(component: Component) -> int:
    """Which axis of a distribution it is along."""
    return [axis.name for axis in component.axes].index(ALONG[component.name])


def sizes(name: str, axis: Axis) -> F8:
    """Return what shares of events are divided by, in each bin."""
    if name == "psf":
        return np.diff(cone_solid_angle(axis.array))
    return axis.width if name == "energy_dispersion" else np.ones(axis.n_bins)


def _effective(counts: I8, weights: F8) -> F8:
    """How many events scatter as the weighted shares of several points do.

    Parameters
    ----------
    counts : int64[p, ...]
        Events of each point.
    weights : float64[p]
        Of the points.
    """
    shape = (-1,) + (1,) * (counts.ndim - 1)
    with np.errstate(divide="ignore"):
        effective: F8 = 1.0 / np.sum(weights.reshape(shape) ** 2 / counts, axis=0)
    return effective


def _estimated(
    name: str, axis: Axis, points: F8, values: F8, target: F8, kinds: dict[str, Any]
) -> F8:
    """Values at the target, the axis of the distribution being the last."""
    edges, density = axis.array, values
    if name == "psf":
        # What PSFTableEstimator does, whose units moments cannot be morphed with.
        edges = np.radians(edges)
        kind = {"normalization": PDFNormalization.CONE_SOLID_ANGLE}
        kinds = {**kinds, "interpolator_kwargs": kind, "extrapolator_kwargs": kind}
    elif name == "energy_migration":
        # Shares of bins: a density is what these estimators are of.
        density = values / axis.width
    estimator = DiscretePDFComponentEstimator(points, edges, density, **kinds)
    found: F8 = np.asarray(estimator(target))[0]
    return found * axis.width if name == "energy_migration" else found
