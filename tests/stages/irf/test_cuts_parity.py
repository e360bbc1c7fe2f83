"""Cuts and sensitivity beside the functions of pyirf, on the same events."""

import operator

import astropy.units as u
import numpy as np
import pytest
from pyirf import cut_optimization, cuts, sensitivity
from pyirf.binning import create_histogram_table
from toy_responses import make_events, to_qtable

from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import decade_axis
from cta_columnar.stages.irf.cut_optimisation import (
    GridOptions,
    optimise_gh,
    optimise_grid,
)
from cta_columnar.stages.irf.cuts import energy_bins
from cta_columnar.stages.irf.off_region import off_weights
from cta_columnar.stages.irf.percentile_cuts import (
    PercentileOptions,
    percentile_cut,
    percentile_cuts,
)
from cta_columnar.stages.irf.sensitivity import (
    Detection,
    background_selection,
    sensitivity_histograms,
)
from cta_columnar.stages.irf.sensitivity import sensitivity as our_sensitivity
from cta_columnar.stages.irf.spectra import power_law

AXIS = decade_axis("reco_energy", "TeV", 0.02, 50, 4)
EDGES = AXIS.array * u.TeV
RING = {"fov_offset_min": 0 * u.deg, "fov_offset_max": 5 * u.deg}


@pytest.fixture(scope="module")
def gammas():
    return make_events(15_000, 10)


@pytest.fixture(scope="module")
def protons():
    return make_events(15_000, 11, gamma=False)


@pytest.mark.parametrize("smoothing", [None, 1])
@pytest.mark.parametrize("efficiency", [0.4, 0.68])
def test_percentile_cuts(gammas, efficiency, smoothing):
    table = to_qtable(gammas)
    bins = energy_bins(gammas, AXIS)
    options = PercentileOptions(
        efficiency, fill=0.5, low=0.02, high=0.5, smoothing=smoothing
    )
    got = percentile_cut(gammas["theta"], bins, AXIS.n_bins, options, from_below=False)
    want = cuts.calculate_percentile_cut(
        *(table["theta"], table["reco_energy"], EDGES),
        fill_value=0.5 * u.deg,
        percentile=100 * efficiency,
        min_value=0.02 * u.deg,
        max_value=0.5 * u.deg,
        smoothing=smoothing,
    )
    np.testing.assert_allclose(got, want["cut"].to_value(u.deg), rtol=1e-12)


def test_default_cuts_and_who_passes_them(gammas):
    table = to_qtable(gammas)
    got = percentile_cuts(gammas, AXIS)
    gh = cuts.calculate_percentile_cut(
        *(table["gh_score"], table["reco_energy"], EDGES),
        fill_value=table["gh_score"].max(),
        percentile=32,
    )
    np.testing.assert_allclose(got.gh, gh["cut"], rtol=1e-12)
    passed = cuts.evaluate_binned_cut(
        table["gh_score"], table["reco_energy"], gh, operator.ge
    )
    np.testing.assert_array_equal(got.passes_gh(gammas), passed)
    theta = cuts.calculate_percentile_cut(
        *(table["theta"][passed], table["reco_energy"][passed], EDGES),
        fill_value=0.5 * u.deg,
        percentile=68,
        max_value=0.5 * u.deg,
    )
    np.testing.assert_allclose(got.theta, theta["cut"].to_value(u.deg), rtol=1e-12)
    inside = cuts.evaluate_binned_cut(
        table["theta"], table["reco_energy"], theta, operator.le
    )
    np.testing.assert_array_equal(got.passes_theta(gammas), inside)


def test_optimised_score(gammas, protons):
    """As ``PointSourceSensitivityGhOptimizer``, with the calls that it makes."""
    signal, background = to_qtable(gammas), to_qtable(protons)
    efficiencies = np.arange(0.1, 0.8 + 0.05, 0.1)

    def theta_cut(mask):
        return cuts.calculate_percentile_cut(
            *(signal["theta"][mask], signal["reco_energy"][mask], EDGES),
            fill_value=0.5 * u.deg,
            max_value=0.5 * u.deg,
            percentile=68,
        )

    first = cuts.calculate_percentile_cut(
        *(signal["gh_score"], signal["reco_energy"], EDGES),
        *(0.0, 100 * (1 - 0.4)),
        smoothing=1,
    )
    above = cuts.evaluate_binned_cut(
        signal["gh_score"], signal["reco_energy"], first, operator.gt
    )
    _, gh = cut_optimization.optimize_gh_cut(
        *(signal, background, EDGES, efficiencies),
        theta_cuts=theta_cut(above),
        alpha=0.2,
        progress=False,
        **RING,
    )
    got = optimise_gh(gammas, protons, AXIS)
    np.testing.assert_allclose(got.gh, gh["cut"], rtol=1e-12)
    np.testing.assert_allclose(got.gh_efficiency, gh["efficiency"], rtol=1e-12)
    survive = cuts.evaluate_binned_cut(
        signal["gh_score"], signal["reco_energy"], gh, operator.ge
    )
    want = theta_cut(survive)["cut"].to_value(u.deg)
    np.testing.assert_allclose(got.theta, want, rtol=1e-12)
    assert got.is_valid.all()
    assert np.unique(got.gh_efficiency).size > 2


def test_optimised_grid(gammas, protons):
    options = GridOptions((0.2, 0.5, 0.8), (0.3, 0.6, 0.8), (2, 4, 7))
    want, multiplicity, theta, gh = cut_optimization.optimize_cuts(
        *(to_qtable(gammas), to_qtable(protons), EDGES),
        *(np.array(options.multiplicities), np.array(options.gh_efficiencies)),
        np.array(options.theta_efficiencies),
        theta_min_value=None,
        theta_max_value=0.5 * u.deg,
        alpha=0.2,
        progress=False,
        **RING,
    )
    got = optimise_grid(gammas, protons, AXIS, options)
    np.testing.assert_array_equal(got.multiplicity, multiplicity["cut"])
    np.testing.assert_allclose(got.gh, gh["cut"], rtol=1e-12)
    np.testing.assert_allclose(got.theta, theta["cut"].to_value(u.deg), rtol=1e-12)
    np.testing.assert_allclose(got.gh_efficiency, gh["efficiency"])
    np.testing.assert_allclose(got.theta_efficiency, theta["efficiency"])
    assert np.unique(got.multiplicity).size > 1
    # And the sensitivity that these cuts were chosen for.
    ours = sensitivity_of(gammas, protons, got)["relative_sensitivity"]
    np.testing.assert_allclose(ours, want["relative_sensitivity"], rtol=1e-6)


def sensitivity_of(gammas, protons, chosen):
    detection = Detection()
    signal_spec, background_spec = sensitivity_histograms(AXIS)
    signal = Accumulator([signal_spec]).fill(
        gammas | chosen.select(gammas, point_like=True)
    )
    selection = background_selection(protons, chosen, detection)
    background = Accumulator([background_spec]).fill(
        protons
        | {
            "selected_background": selection,
            "off_weight": off_weights(protons, chosen, detection),
        }
    )
    return our_sensitivity(
        signal["sensitivity_signal"],
        background["sensitivity_background"],
        power_law(1e-7, -2.6),
        detection,
    )


def test_sensitivity(gammas, protons):
    chosen = percentile_cuts(gammas, AXIS)
    got = sensitivity_of(gammas, protons, chosen)
    theta = cuts.QTable({"center": AXIS.centre * u.TeV, "cut": chosen.theta * u.deg})
    selected = chosen.select(gammas, point_like=True)["selected"]
    signal = create_histogram_table(to_qtable(gammas, selected), EDGES)
    background = sensitivity.estimate_background(
        *(to_qtable(protons, chosen.passes_gh(protons)), EDGES, theta, 0.2), **RING
    )
    want = sensitivity.calculate_sensitivity(signal, background, alpha=0.2)
    for ours, theirs in {
        "relative_sensitivity": "relative_sensitivity",
        "n_background_weighted": "n_background_weighted",
        "significance": "significance",
    }.items():
        np.testing.assert_allclose(got[ours], want[theirs], rtol=1e-6)
    np.testing.assert_allclose(got["n_signal_weighted"], signal["n_weighted"])
    np.testing.assert_array_equal(got["n_signal"], signal["n"])
