"""Responses of a folder, and where they are, to those of another place."""

from collections.abc import Mapping
from dataclasses import dataclass

from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.places import OF_RUNS
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.grid import Grid, MagneticField
from cta_columnar.stages.irf.interpolation import INTERPOLATED, interpolate
from cta_columnar.stages.irf.interpolation_weights import (
    Interpolation,
    UnreachedError,
    Weights,
    weights_at,
)
from cta_columnar.stages.irf.place import NAMES, Alike, Place
from cta_columnar.stages.irf.product_tables import from_table
from cta_columnar.store import ALL_TYPES, IrfDataset

Cells = dict[tuple[int, int], dict[str, Component]]

_FIELD = ("prod_site_B_inclination", "prod_site_B_declination")
# Fields of simulations of one site agree like this.
_SAME_FIELD = 0.5


def parse_target(text: str) -> dict[str, float]:
    """Read ``zenith=23,azimuth=170``.

    Raises
    ------
    UserError
        If it is not written like that, or names something twice.
    """
    target = {}
    for part in text.split(","):
        name, equals, value = (each.strip() for each in part.partition("="))
        if name in target:
            raise UserError(f"--interpolate-to {text!r}: {name} is given twice")
        try:
            target[name] = float(value)
        except ValueError:
            equals = ""
        if not equals or name not in NAMES:
            raise UserError(
                f"--interpolate-to {text!r}: wants {', '.join(NAMES)} with numbers, as "
                "zenith=23,azimuth=170"
            )
    return target


def grid_of(dataset: IrfDataset) -> Grid:
    """Read where the points of a folder of responses are.

    What differs by less than runs of one point may is the same at all points, and so is
    what is an axis of the responses: those have it as their first point.

    Raises
    ------
    UserError
        If two are at the same place, or the simulations had different fields.
    """
    rows = dataset.grid.to_pylist()
    same = {name: rows[0][name] for name in run_axes(dataset)}
    places = tuple(Place(**({n: row[n] for n in NAMES} | same)) for row in rows)
    fields = [tuple(row[name] for name in _FIELD) for row in rows]
    if not all(row["prod_site_B_total"] > 0 for row in rows):
        return Grid(places, alike=_tolerance(dataset))
    for found in fields:
        if any(abs(a - b) > _SAME_FIELD for a, b in zip(found, fields[0], strict=True)):
            raise UserError(
                f"{dataset.root}: points were simulated in magnetic fields of other "
                f"directions, {fields[0]} and {found} deg: they are of different sites"
            )
    return Grid(places, MagneticField(*fields[0]), _tolerance(dataset))


def run_axes(dataset: IrfDataset) -> list[str]:
    """Return which of zenith, azimuth and nsb are axes of the responses."""
    known = dataset.manifest.configuration.get("axes", {}).get("further", {})
    return [name for name in OF_RUNS if name in known]


def _tolerance(dataset: IrfDataset) -> Alike:
    """Return what is tolerated between runs of one point."""
    keys = ("pointing_tolerance", "nsb_tolerance")
    known = dataset.manifest.configuration
    fields = IrfConfig.model_fields
    return Alike(*(known.get(key, fields[key].default) for key in keys))


@dataclass(frozen=True, eq=False)
class InterpolatedIrf:
    """One response of a grid of them.

    Attributes
    ----------
    place : Place
        Where it is for.
    weights : Weights
        Of which points it is.
    cells : dict of (int, int) to dict
        Components by point, always 0, and event type.
    """

    place: Place
    weights: Weights
    cells: Cells


def interpolate_irf(
    dataset: IrfDataset, target: Mapping[str, float], how: Interpolation
) -> InterpolatedIrf:
    """Interpolate all products and event types of a folder of responses.

    Parameters
    ----------
    dataset : IrfDataset
        The grid.
    target : mapping of str to float
        ``zenith``, ``azimuth`` (deg), ``nsb``.
    how : Interpolation
        What to do.

    Raises
    ------
    UserError
        As `stages.irf.interpolation.interpolate`, or if it is an axis of the responses.
    """
    grid = grid_of(dataset)
    if axes := [name for name in run_axes(dataset) if name in target]:
        raise UserError(
            f"{dataset.root}: {axes[0]} is an axis of these responses, which have a "
            "bin for it: they are not interpolated in it"
        )
    place = grid.place(target)
    weights = _weights_at(grid, place, how)
    products = [name for name in dataset.products if name in INTERPOLATED]
    if not products:
        raise UserError(
            f"{dataset.root} has nothing that is interpolated; that are "
            f"{', '.join(INTERPOLATED)}"
        )
    cells: Cells = {}
    for event_type in (ALL_TYPES, *dataset.manifest.event_types):
        points = [
            {
                product: from_table(dataset.read(product, point, event_type))
                for product in products
                if (point, event_type) in dataset.cells(product)
            }
            for point in range(len(grid.places))
        ]
        if any(points):
            cells[0, event_type] = interpolate(points, grid, target, how)
    return InterpolatedIrf(place, weights, cells)


def _weights_at(grid: Grid, place: Place, how: Interpolation) -> Weights:
    """As `weights_at`; errors say which keys do something about them."""
    try:
        return weights_at(grid, place, how)
    except UnreachedError as error:
        keys = "--set interpolation.nearest=true takes the nearest"
        if error.can_extrapolate:
            keys += ", --set interpolation.extrapolate=true extrapolates"
        raise UserError(f"{error}. Here, {keys}") from error
