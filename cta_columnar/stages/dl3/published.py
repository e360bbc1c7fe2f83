"""Responses of files, of whoever made them, as components: to be compared with."""

from collections.abc import Iterable

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.gadf import Hdu
from cta_columnar.schemas import gadf
from cta_columnar.stages.dl3.responses import FORMS, VALUES
from cta_columnar.stages.irf.axes import Axis, linear_axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle

PER_TEV = 1e6
# A psf of three normal distributions has no rings; these are ours.
_RINGS = linear_axis("theta", "deg", 0.0, 1.0, 500)
# What a component says of its events, which is not known here.
_COUNTS = {"effective_area": "n_selected"}


def components_of_hdus(hdus: Iterable[Hdu]) -> dict[str, Component]:
    """Read responses that GADF knows; errors are NaN and counts 0.

    Parameters
    ----------
    hdus : iterable of Hdu
        Tables of a file; those that are no response are left out. A psf of three
        normal distributions becomes one in rings, a background in cells one in
        rings as well.

    Raises
    ------
    UserError
        If the axes of a table are no bins.
    """
    found = {}
    for hdu in hdus:
        if hdu.kind == "psf_3gauss":
            found["psf"] = _three_gaussians(hdu)
        for name, form in FORMS.items():
            if form.kind == hdu.kind:
                found[name] = _component(name, hdu)
    if "background_3d" in found and "background_2d" not in found:
        found["background_2d"] = in_rings(found["background_3d"])
    return found


def _component(name: str, hdu: Hdu) -> Component:
    form = FORMS[name]
    known = gadf.CLASSES[form.kind]
    axes = tuple(
        _axis(hdu, of_file, ours)
        for of_file, ours in zip(known.axes, form.axes, strict=True)
    )
    # Of axes with one bin, files may say nothing.
    shape = tuple(axis.n_bins for axis in reversed(axes))
    values = np.asarray(hdu[known.values], np.float64).reshape(shape).T
    if known.values == "BKG":
        values = values * PER_TEV
    if name == "energy_dispersion":
        values = _as_density(values, axes[1])
    value = VALUES.get(name, name)
    columns: dict[str, AnyArray] = {value: values}
    if name != "rad_max":
        columns |= {
            f"{value}_uncert": np.full(values.shape, np.nan),
            _COUNTS.get(name, "n_events"): np.zeros(values.shape, np.int64),
        }
    if name == "effective_area":
        columns |= {"n_thrown": np.zeros(values.shape), "is_simulated": values > 0}
    return Component(name, axes, columns)


def _as_density(values: F8, migration: Axis) -> F8:
    """Divide by the widths of bins what are shares of these, as in files of CTAO."""
    width = migration.width[:, np.newaxis]
    sums, integrals = values.sum(axis=1), (values * width).sum(axis=1)
    filled = sums > 0
    if not filled.any():
        return values
    away = [abs(float(np.median(each[filled])) - 1) for each in (sums, integrals)]
    return values / width if away[0] < away[1] else values


def _axis(hdu: Hdu, of_file: str, ours: str) -> Axis:
    low, high = (
        np.atleast_1d(np.asarray(hdu[f"{of_file}_{end}"][0])) for end in ("LO", "HI")
    )
    unit = gadf.AXES[of_file]
    if of_file == "THETA" and np.array_equal(low, high):
        raise UserError(f"{hdu.name}: {of_file} has points, and bins are wanted")
    edges = np.append(low, high[-1]).astype(np.float64)
    return Axis(ours, unit, tuple(float(edge) for edge in edges))


def _three_gaussians(hdu: Hdu) -> Component:
    """Share of each ring in ``S * sum(A_i * exp(-r**2 / 2 / sigma_i**2))``, over it."""
    energy = _axis(hdu, "ENERG", "true_energy")
    offset = _axis(hdu, "THETA", "true_source_fov_offset")
    radius = _RINGS.array
    within = np.zeros((energy.n_bins, offset.n_bins, radius.size))
    for i in (1, 2, 3):
        sigma = np.asarray(hdu[f"SIGMA_{i}"][0], np.float64).T[..., np.newaxis]
        height: F8 = np.ones(1)
        if i > 1:
            height = np.asarray(hdu[f"AMPL_{i}"][0], np.float64).T[..., np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            part = height * sigma**2 * -np.expm1(-(radius**2) / 2 / sigma**2)
        within += np.nan_to_num(part)
    share = np.diff(within, axis=-1)
    total = share.sum(axis=-1, keepdims=True)
    density: F8 = share / np.where(total > 0, total, 1.0)
    density /= np.diff(cone_solid_angle(radius))
    columns = {
        "psf": density,
        "psf_uncert": np.full(density.shape, np.nan),
        "n_events": np.zeros(density.shape, np.int64),
    }
    return Component("psf", (energy, offset, _RINGS), columns)


def in_rings(cells: Component, width: float = 1.0) -> Component:
    """Mean of a background in cells over rings of the field of view.

    Parameters
    ----------
    cells : Component
        ``background_3d``.
    width : float
        Of the rings, deg; those that lie whole in the map are made.
    """
    energy, lon, lat = cells.axes
    x, y = np.meshgrid(lon.centre, lat.centre, indexing="ij")
    distance = np.hypot(x, y)
    reach = min(-lon.array[0], lon.array[-1], -lat.array[0], lat.array[-1])
    n_rings = max(int(reach / width + 1e-6), 1)
    ring = linear_axis("reco_source_fov_offset", "deg", 0.0, n_rings * width, n_rings)
    values = np.zeros((energy.n_bins, n_rings))
    for i in range(n_rings):
        inside = (distance >= ring.low[i]) & (distance < ring.high[i])
        if inside.any():
            values[:, i] = cells["background"][:, inside].mean(axis=1)
    columns = {
        "background": values,
        "background_uncert": np.full(values.shape, np.nan),
        "n_events": np.zeros(values.shape, np.int64),
    }
    return Component("background_2d", (energy, ring), columns)
