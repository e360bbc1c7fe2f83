import astropy.units as u
import numpy as np
import pytest
from pyirf.benchmarks import angular_resolution as pyirf_angular
from pyirf.benchmarks import energy_bias_resolution
from toy_responses import make_events, to_qtable

from cta_columnar.stages.irf.axes import Axis, decade_axis
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.stages.irf.resolution import (
    ONE_SIGMA,
    angular_resolution,
    energy_resolution,
    quantile_with_error,
)

AXIS = decade_axis("true_energy", "TeV", 0.001, 150, 5)
ONE_BIN = Axis("true_energy", "TeV", (0.0, 2.0, 3.0))


@pytest.fixture(scope="module")
def events():
    made = make_events(8000, 30)
    kept = ~np.isnan(made["reco_energy"])
    return {name: column[kept] for name, column in made.items()}


@pytest.mark.parametrize("quantile", [0.25, 0.5, 0.68, 0.95, ONE_SIGMA])
def test_angular_resolution_equals_that_of_pyirf(events, quantile):
    got = angular_resolution(events["theta"], events["true_energy"], AXIS, quantile)
    want = pyirf_angular(to_qtable(events), AXIS.array * u.TeV, quantile=[quantile])
    name = f"angular_resolution_{100 * quantile:.0f}"
    np.testing.assert_allclose(
        got["angular_resolution"], want[name].to_value(u.deg), rtol=1e-12
    )
    np.testing.assert_array_equal(got["n_events"], want["n_events"])
    assert np.isnan(got["angular_resolution"][0])


@pytest.mark.parametrize(
    ("bias", "function"), [("median", np.nanmedian), ("mean", np.mean)]
)
@pytest.mark.parametrize("kind", ["true", "reco"])
def test_energy_resolution_equals_that_of_pyirf(events, bias, function, kind):
    got = energy_resolution(events["migration"], events[f"{kind}_energy"], AXIS, bias)
    want = energy_bias_resolution(
        to_qtable(events), AXIS.array * u.TeV, kind, bias_function=function
    )
    np.testing.assert_allclose(got["energy_bias"], want["bias"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(got["energy_resolution"], want["resolution"], rtol=1e-9)
    assert to_table(got).num_rows == AXIS.n_bins


@pytest.mark.parametrize("quantile", [0.1, 0.5, ONE_SIGMA, 0.95])
def test_errors_of_quantiles_are_their_scatter(quantile):
    rng = np.random.default_rng(0)
    found = [quantile_with_error(rng.rayleigh(1, 400), quantile) for _ in range(400)]
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.15)


@pytest.mark.parametrize("bias", ["median", "mean"])
def test_errors_of_bias_and_resolution_are_their_scatter(bias):
    rng = np.random.default_rng(1)
    energy, rows = np.ones(300), []
    for _ in range(300):
        got = energy_resolution(rng.normal(1.1, 0.2, 300), energy, ONE_BIN, bias)
        rows.append([got[name][0] for name in got.columns])
    bias_, bias_error, width, width_error, _ = np.array(rows).T
    assert bias_.mean() == pytest.approx(0.1, abs=0.003)
    assert width.mean() == pytest.approx(0.2, rel=0.02)
    assert bias_error.mean() == pytest.approx(bias_.std(), rel=0.15)
    assert width_error.mean() == pytest.approx(width.std(), rel=0.15)


def test_bins_of_no_and_of_one_event_and_nan():
    energy = np.array([1.0, 1.0])
    theta = np.array([0.3, np.nan])
    got = angular_resolution(theta, energy, ONE_BIN)
    assert got["n_events"].tolist() == [1, 0]
    assert got["angular_resolution"][0] == 0.3
    assert np.isnan(got["angular_resolution"][1])
    assert np.isnan(got["angular_resolution_uncert"]).all()
    for bias in ("median", "mean"):
        got = energy_resolution(theta, energy, ONE_BIN, bias)
        assert got["energy_bias"][0] == pytest.approx(-0.7)
        assert np.isnan(got["energy_bias_uncert"]).all()
        assert np.isnan(got["energy_resolution"][1])
