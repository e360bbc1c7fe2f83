"""Responses on a grid, whose truth is linear in the coordinates to interpolate in."""

import numpy as np
from scipy.stats import norm

from cta_columnar.stages.irf.axes import linear_axis, log_axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.grid import Grid, MagneticField, sine_to_field
from cta_columnar.stages.irf.place import Place
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle

LA_PALMA = MagneticField(37.0, -5.0)
ENERGY = log_axis("true_energy", "TeV", 0.1, 10, 4)
RECO = log_axis("reco_energy", "TeV", 0.1, 10, 8)
OFFSET = linear_axis("true_source_fov_offset", "deg", 0, 2, 2)
RING = linear_axis("reco_source_fov_offset", "deg", 0, 2, 2)
MIGRATION = linear_axis("migration", "", 0.2, 2.2, 100)
THETA = linear_axis("theta", "deg", 0, 0.5, 50)
ENCLOSURE = {"enclosure": "POINT-LIKE"}


def grid_of(*places):
    return Grid(tuple(Place(*each) for each in places), LA_PALMA)


def level(place, field=1.0):
    """A number that is linear in the coordinates."""
    sine = sine_to_field(place.zenith, place.azimuth, LA_PALMA)
    return 1 + 2 * np.cos(np.radians(place.zenith)) + field * sine + 0.5 * place.nsb


def shares(cumulative):
    """Shares of bins from a distribution at their edges, normalised over these."""
    share = np.diff(cumulative, axis=-1)
    return share / share.sum(axis=-1, keepdims=True)


def toy_point(place, n_events=10_000, field=1.0):
    """Products at a place; only energies, not offsets, differ.

    ``field`` is how much they depend on the angle to the magnetic field, which a grid
    of zenith angles alone does not know.
    """
    at = level(place, field)
    strength = np.array([1.0, 2.0, 3.0, 4.0])[:, None] * np.ones(OFFSET.n_bins)
    area = np.exp(8 + at * strength / 4)
    counts = np.full(strength.shape, n_events)
    mean = 1.0 + 0.1 * (at - 2) * strength / 4
    spread = norm.cdf(MIGRATION.array, mean[..., None], 0.15)
    dispersion = shares(spread).swapaxes(1, 2) / MIGRATION.width[:, None]
    width = 0.05 + 0.01 * at * strength[..., None] / 4
    rings = shares(1 - np.exp(-((THETA.array / width) ** 2) / 2))
    psf = rings / np.diff(cone_solid_angle(THETA.array))
    moved = np.log(RECO.array) - np.log(ENERGY.centre)[:, None, None] - 0.05 * at
    migration = shares(norm.cdf(moved + 0 * strength[..., None], 0, 0.3)).swapaxes(1, 2)
    rate = np.full((RECO.n_bins, RING.n_bins), 3.0) * at
    of_energy = np.full(RECO.n_bins, at)
    return {
        "effective_area": component(
            "effective_area", (ENERGY, OFFSET), area, n_selected=counts,
            n_thrown=10.0 * counts, is_simulated=counts > 0,
        ),
        "energy_dispersion": counted(
            "energy_dispersion", (ENERGY, MIGRATION, OFFSET), dispersion, n_events, 1
        ),
        "energy_migration": counted(
            "energy_migration", (ENERGY, RECO, OFFSET), migration, n_events, 1
        ),
        "psf": counted("psf", (ENERGY, OFFSET, THETA), psf, n_events, 2),
        "background_2d": component(
            "background_2d", (RECO, RING), rate, "background",
            n_events=np.full(rate.shape, n_events),
        ),
        "rad_max": Component("rad_max", (RECO, RING), {"rad_max": 0.1 * rate}),
        "cuts": Component("cuts", (RECO,), {
            "gh_cut": 0.1 * of_energy, "theta_cut": 0.05 * of_energy,
            "multiplicity_cut": np.full(RECO.n_bins, 2),
            "gh_efficiency": np.full(RECO.n_bins, 0.7),
            "theta_efficiency": np.full(RECO.n_bins, np.nan),
            "is_valid": np.ones(RECO.n_bins, bool),
        }),
    }  # fmt: skip


def component(name, axes, values, column="", **others):
    column = column or name
    columns = {column: values, f"{column}_uncert": 0.1 * values, **others}
    return Component(name, axes, columns, ENCLOSURE)


def counted(name, axes, values, n_events, place):
    """A distribution along an axis, with so many events in each."""
    size = np.moveaxis(values, place, -1).shape[-1]
    counts = np.full(values.shape, n_events // size)
    return component(name, axes, values, n_events=counts)
