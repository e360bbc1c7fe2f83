"""Resolutions that a response implies, where there are no events any more.

Quantiles are found on the cumulative distribution over the bins, which is taken to be
straight between the edges. With events at hand, `stages.irf.resolution` is exact.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.resolution import HIGH, LOW, ONE_SIGMA, error_of_width
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle


def energy_resolution_of(dispersion: Component) -> Component:
    """Bias (by the median) and resolution of an energy dispersion.

    As ``energy_bias_resolution_from_energy_dispersion`` of pyirf.

    Parameters
    ----------
    dispersion : Component
        ``energy_dispersion``, with an axis ``migration``.

    Returns
    -------
    component : Component
        NaN where the dispersion has no events.

    Raises
    ------
    UserError
        If it is another component.
    """
    place, others = _split(dispersion, "energy_dispersion", "migration")
    axis = dispersion.axes[place]
    rows = []
    for density, n_events in _rows(dispersion, place):
        cumulative = np.cumsum(density * axis.width)
        (low, low_error), (middle, error), (high, high_error) = (
            _quantile(cumulative, axis.high, share, n_events)
            for share in (LOW, 0.5, HIGH)
        )
        of_width = error_of_width(low_error, high_error)
        rows.append((middle - 1, error, (high - low) / 2, of_width / 2, n_events))
    names = ("energy_bias", "energy_resolution")
    return _component("energy_resolution", names, others, rows, {})


def angular_resolution_of(psf: Component, quantile: float = ONE_SIGMA) -> Component:
    """Radius that contains a share of a point-spread function.

    Parameters
    ----------
    psf : Component
        ``psf``, with an axis ``theta``.
    quantile : float
        Share of what is within the range of theta.

    Returns
    -------
    component : Component
        NaN where there are no events.

    Raises
    ------
    UserError
        If it is another component.
    """
    place, others = _split(psf, "psf", "theta")
    # Within a ring the share grows as the solid angle does.
    solid_angle = cone_solid_angle(psf.axes[place].array)
    rows = []
    for density, n_events in _rows(psf, place):
        shares = np.append(0.0, np.cumsum(density * np.diff(solid_angle)))
        found, error = _quantile(shares, solid_angle, quantile, n_events)
        radius = math.degrees(2 * math.asin(math.sqrt(found / 4 / math.pi)))
        # The solid angle of a cone grows by 2 pi sin(radius).
        slope = 2 * math.pi * math.sin(math.radians(radius))
        rows.append((radius, math.degrees(error / slope) if slope else error, n_events))
    columns = {"quantile": np.full(math.prod(a.n_bins for a in others), quantile)}
    return _component(
        "angular_resolution", ("angular_resolution",), others, rows, columns
    )


def _split(
    component: Component, wanted: str, name: str
) -> tuple[int, tuple[Axis, ...]]:
    """Find an axis and the others of a component."""
    names = [axis.name for axis in component.axes]
    if component.name != wanted or name not in names:
        raise UserError(
            f"wanted is the component {wanted!r} with an axis {name!r}, not "
            f"{component.name!r} with {', '.join(names)}"
        )
    place = names.index(name)
    return place, tuple(axis for axis in component.axes if axis.name != name)


def _rows(component: Component, place: int) -> Iterator[tuple[F8, int]]:
    """Values along an axis, and their events, for each bin of the others."""
    values = np.moveaxis(component[component.name], place, -1)
    counts = component["n_events"].sum(axis=place).reshape(-1)
    for row, n_events in zip(values.reshape(counts.size, -1), counts, strict=True):
        yield row, int(n_events)


def _quantile(
    cumulative: F8, edges: F8, share: float, n_events: int
) -> tuple[float, float]:
    """Quantile and its error, as `resolution.quantile_with_error` has it."""
    if not cumulative[-1] > 0:
        return math.nan, math.nan
    scatter = math.sqrt(share * (1 - share) / max(n_events, 1))
    shares = np.clip([share - scatter, share, share + scatter], 0, 1)
    low, value, high = (float(each) for each in np.interp(shares, cumulative, edges))
    return value, (high - low) / 2 if n_events > 1 else math.nan


def _component(
    name: str,
    values: tuple[str, ...],
    axes: tuple[Axis, ...],
    rows: Sequence[tuple[float, ...]],
    columns: dict[str, F8],
) -> Component:
    """Put values with their errors, and counts, in the shape of the axes."""
    shape = tuple(axis.n_bins for axis in axes)
    *found, counts = np.array(rows).T
    names = [each for value in values for each in (value, f"{value}_uncert")]
    columns = columns | dict(zip(names, found, strict=True))
    shaped = {each: column.reshape(shape) for each, column in columns.items()}
    n_events = counts.astype(np.int64).reshape(shape)
    return Component(name, axes, {**shaped, "n_events": n_events})
