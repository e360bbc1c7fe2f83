from dataclasses import replace

import numpy as np
import pytest
from pyirf.benchmarks import energy_bias_resolution_from_energy_dispersion
from toy_responses import make_events

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import linear_axis, log_axis
from cta_columnar.stages.irf.energy_dispersion import energy_dispersion
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.stages.irf.psf import psf_table
from cta_columnar.stages.irf.resolution import angular_resolution, energy_resolution
from cta_columnar.stages.irf.resolution_of_response import (
    angular_resolution_of,
    energy_resolution_of,
)

ENERGY = log_axis("true_energy", "TeV", 0.001, 100, 5)
OFFSET = linear_axis("true_source_fov_offset", "deg", 0, 6, 2)
MIGRATION = log_axis("migration", "", 0.2, 5, 60)
THETA = linear_axis("theta", "deg", 0, 2, 400)


@pytest.fixture(scope="module")
def events():
    return make_events(20_000, 40)


def fill(events, *axes):
    return Accumulator([HistogramSpec("h", axes)]).fill(events)["h"]


def test_energy_resolution_equals_that_of_pyirf(events):
    dispersion = energy_dispersion(fill(events, ENERGY, MIGRATION, OFFSET))
    got = energy_resolution_of(dispersion)
    bias, resolution = energy_bias_resolution_from_energy_dispersion(
        dispersion["energy_dispersion"], MIGRATION.array
    )
    np.testing.assert_allclose(got["energy_bias"], bias, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(got["energy_resolution"], resolution, rtol=1e-9)
    assert np.isnan(got["energy_bias"][0]).all()
    assert got.axes == (ENERGY, OFFSET)
    assert to_table(got).num_rows == 10


def test_resolutions_are_near_to_those_of_the_events(events):
    kept = {
        name: column[~np.isnan(events["reco_energy"])]
        for name, column in events.items()
    }
    got = energy_resolution_of(energy_dispersion(fill(kept, ENERGY, MIGRATION)))
    want = energy_resolution(kept["migration"], kept["true_energy"], ENERGY)
    rows = slice(1, None)
    for name in ("energy_bias", "energy_resolution"):
        np.testing.assert_allclose(got[name][rows], want[name][rows], atol=0.03)
        errors = f"{name}_uncert"
        np.testing.assert_allclose(got[errors][rows], want[errors][rows], rtol=0.5)

    for quantile in (0.5, 0.68, 0.95):
        got = angular_resolution_of(psf_table(fill(kept, ENERGY, THETA)), quantile)
        want = angular_resolution(kept["theta"], kept["true_energy"], ENERGY, quantile)
        for name, bound in (
            ("angular_resolution", 0.02),
            ("angular_resolution_uncert", 0.5),
        ):
            np.testing.assert_allclose(got[name][rows], want[name][rows], rtol=bound)
        assert np.isnan(got["angular_resolution"][0])
        np.testing.assert_array_equal(got["n_events"], want["n_events"])
        assert to_table(got).num_rows == 5


def test_an_even_disc_has_half_its_light_at_the_root_of_half():
    disc = 0.5 * np.sqrt((np.arange(1000) + 0.5) / 1000)
    events = {"theta": disc, "true_energy": np.ones(1000)}
    coarse = replace(THETA, edges=(0.0, 0.5))
    got = angular_resolution_of(psf_table(fill(events, ENERGY, coarse)), 0.5)
    assert got["angular_resolution"][3] == pytest.approx(0.5 * np.sqrt(0.5), rel=1e-5)


def test_other_components_have_no_resolution(events):
    psf = psf_table(fill(events, ENERGY, THETA))
    with pytest.raises(UserError, match="wanted is the component 'energy_dispersion'"):
        energy_resolution_of(psf)
    with pytest.raises(
        UserError, match="not 'energy_dispersion' with true_energy, migr"
    ):
        angular_resolution_of(energy_dispersion(fill(events, ENERGY, MIGRATION)))
