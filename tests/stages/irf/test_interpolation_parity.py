"""Interpolated responses beside what the estimators of pyirf give, called directly."""

import warnings

import astropy.units as u
import numpy as np
import pytest
from pyirf.interpolation import (
    EffectiveAreaEstimator,
    EnergyDispersionEstimator,
    GridDataInterpolator,
    MomentMorphInterpolator,
    MomentMorphNearestSimplexExtrapolator,
    ParametrizedComponentEstimator,
    ParametrizedNearestSimplexExtrapolator,
    PSFTableEstimator,
    RadMaxEstimator,
)
from pyirf.irf.energy_dispersion import energy_dispersion_to_migration
from toy_grid import LA_PALMA, grid_of, toy_point

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import linear_axis, log_axis
from cta_columnar.stages.irf.energy_migration import energy_migration_of
from cta_columnar.stages.irf.grid import sine_to_field
from cta_columnar.stages.irf.interpolation import interpolate
from cta_columnar.stages.irf.interpolation_weights import Interpolation

TRIANGLE = ((20.0, 10.0), (20.0, 120.0), (50.0, 60.0))
LINE = ((20.0, 180.0), (40.0, 180.0), (60.0, 180.0))
CASES = {
    "triangle": (TRIANGLE, {"zenith": 30.0, "azimuth": 70.0}, Interpolation()),
    "line": (LINE, {"zenith": 33.0}, Interpolation()),
    "moments": (LINE, {"zenith": 33.0}, Interpolation(distributions="moment_morph")),
    "beyond": (LINE, {"zenith": 66.0}, Interpolation(extrapolate=True)),
}


def coordinates(places, with_azimuth):
    """As lstchain has them: cos(zenith), and the sine of the angle to the field."""
    zenith, azimuth = (np.array([p[i] for p in places], float) for i in (0, 1))
    columns = [np.cos(np.radians(zenith))]
    if with_azimuth:
        columns.append(sine_to_field(zenith, azimuth, LA_PALMA))
    return np.stack(columns, axis=1)


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request):
    places, target, how = CASES[request.param]
    grid = grid_of(*places)
    points = [toy_point(place) for place in grid.places]
    found = interpolate(points, grid, target, how)
    of_grid = coordinates(places, len(target) > 1)
    there = (target["zenith"], target.get("azimuth", 0.0))
    at = coordinates([there], len(target) > 1)
    return points, found, of_grid, at, how


def close(found, want):
    np.testing.assert_allclose(found, np.asarray(want)[0], rtol=1e-6, atol=1e-12)


def stacked(points, name, column=""):
    return np.stack([point[name][column or name] for point in points])


@pytest.mark.filterwarnings("ignore:Target point")
def test_numbers(case):
    points, found, grid, at, how = case
    beyond = {}
    if how.extrapolate:
        beyond = {"extrapolator_cls": ParametrizedNearestSimplexExtrapolator}
    area = EffectiveAreaEstimator(
        grid, stacked(points, "effective_area") * u.m**2, **beyond
    )
    close(found["effective_area"]["effective_area"], area(at).to_value(u.m**2))
    radius = RadMaxEstimator(grid, stacked(points, "rad_max"), **beyond)
    close(found["rad_max"]["rad_max"], radius(at))
    for name, column in (("background_2d", "background"), ("cuts", "gh_cut")):
        values = stacked(points, name, column)
        rate = ParametrizedComponentEstimator(
            grid, values, GridDataInterpolator, **beyond
        )
        close(found[name][column], rate(at))


def test_distributions(case):
    points, found, grid, at, how = case
    kinds = {}
    if how.distributions == "moment_morph":
        kinds = {"interpolator_cls": MomentMorphInterpolator}
    if how.extrapolate:
        kinds = {"extrapolator_cls": MomentMorphNearestSimplexExtrapolator}
    dispersion, psf = (points[0][name] for name in ("energy_dispersion", "psf"))
    values = stacked(points, "energy_dispersion")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        edisp = EnergyDispersionEstimator(
            grid, dispersion.axes[1].array, values, **kinds
        )
        close(found["energy_dispersion"]["energy_dispersion"], edisp(at))
        # Those of pyirf are not ready for units where moments are morphed.
        if not kinds:
            table = PSFTableEstimator(
                grid, psf.axes[2].array * u.deg, stacked(points, "psf") / u.sr
            )
            close(found["psf"]["psf"], table(at).to_value(1 / u.sr))


def test_migration_on_other_axes():
    dispersion = toy_point(grid_of(*LINE).places[0])["energy_dispersion"]
    true_energy = log_axis("true_energy", "TeV", 0.2, 8, 12)
    reco_energy = log_axis("reco_energy", "TeV", 0.05, 20, 26)
    found = energy_migration_of(dispersion, true_energy, reco_energy)
    want = energy_dispersion_to_migration(
        dispersion["energy_dispersion"],
        dispersion.axes[0].array * u.TeV,
        dispersion.axes[1].array,
        true_energy.array * u.TeV,
        reco_energy.array * u.TeV,
    )
    share = found["energy_migration"]
    np.testing.assert_allclose(share, np.clip(want, 0, 1), atol=1e-12)
    np.testing.assert_allclose(share.sum(axis=1), 1, atol=2e-3)
    mean = (share * reco_energy.centre[:, None]).sum(axis=1)[:, 0] / true_energy.centre
    assert np.abs(mean - 1).max() < 0.2
    assert found["n_events"].sum() == pytest.approx(
        dispersion["n_events"].sum() * 0.8, rel=0.1
    )
    assert np.isfinite(found["energy_migration_uncert"]).all()


def test_migration_of_something_else():
    point = toy_point(grid_of(*LINE).places[0])
    axis = log_axis("true_energy", "TeV", 0.2, 8, 12)
    with pytest.raises(UserError, match="wanted is the component 'energy_dispersion'"):
        energy_migration_of(point["psf"], axis, axis)
    wide = linear_axis("true_energy", "TeV", 0.2, 20, 12)
    with pytest.raises(
        UserError, match=r"0.2 to 20 TeV are wanted; .* of 0.1 to 10 TeV"
    ):
        energy_migration_of(point["energy_dispersion"], wide, axis)
