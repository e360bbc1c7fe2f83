from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from toy_responses import make_events

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis, decade_axis
from cta_columnar.stages.irf.cut_optimisation import (
    GridOptions,
    optimise_gh,
    optimise_grid,
)
from cta_columnar.stages.irf.cut_scan import best, samples, scan
from cta_columnar.stages.irf.cuts import energy_bins
from cta_columnar.stages.irf.percentile_cuts import PercentileOptions
from cta_columnar.stages.irf.sensitivity import Detection

AXIS = decade_axis("reco_energy", "TeV", 0.02, 50, 2)
OPTIONS = GridOptions((0.2, 0.5, 0.8), (0.3, 0.6), (2, 5))


@pytest.fixture(scope="module")
def gammas():
    return make_events(6000, 20)


@pytest.fixture(scope="module")
def protons():
    return make_events(6000, 21, gamma=False)


def test_all_combinations_equal_those_tried_one_by_one(gammas, protons):
    rng = np.random.default_rng(0)
    detection, shape = Detection(), (2, AXIS.n_bins)
    gh_cuts = -np.sort(-rng.random((*shape, 3)), axis=2)
    theta_cuts = np.sort(rng.random((*shape, 2)) * 0.3, axis=2)
    signal, background = samples(
        *(gammas, protons, AXIS, detection), with_multiplicity=True
    )
    got = scan(signal, background, gh_cuts, theta_cuts, (2, 5), detection)
    assert got.shape == (2, 3, 2, AXIS.n_bins)
    for m, least in enumerate((2, 5)):
        for k, row, b in np.ndindex(3, 2, AXIS.n_bins):
            n = []
            for events in (signal, background):
                passed = (events.bins == b) & (events.multiplicity >= least)
                passed &= events.gh_score >= gh_cuts[m, b, k]
                if events is signal:
                    passed &= events.theta <= theta_cuts[m, b, row]
                n.append(np.array([events.weight[passed].sum()]))
            n[1] = n[1] * detection.off_ratio(theta_cuts[m, b, row])
            want = detection.relative_sensitivity(*n)[0]
            assert got[m, k, row, b] == pytest.approx(want, rel=1e-9)


def test_of_equal_ones_the_first_is_best():
    shares = np.full((2, 2, 2, 3), 5.0)
    shares[1, 1, 0, 1] = 4.0
    shares[..., 2] = np.nan
    assert best(shares).tolist() == [0, 6, 0]
    shares[0, 1, 1, 2] = np.inf
    assert best(shares)[2] == 0


@pytest.mark.parametrize("optimise", [optimise_gh, optimise_grid])
def test_the_order_of_events_does_not_matter(gammas, protons, optimise):
    one = optimise(gammas, protons, AXIS, OPTIONS)
    order = np.random.default_rng(1).permutation(6000)
    turned = [{n: c[order] for n, c in events.items()} for events in (gammas, protons)]
    other = optimise(*turned, AXIS, OPTIONS)
    for name in ("gh", "theta", "multiplicity", "gh_efficiency", "is_valid"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_inputs_are_not_changed(gammas, protons):
    before = {name: column.copy() for name, column in gammas.items()}
    optimise_gh(gammas, protons, AXIS, OPTIONS)
    for name, column in before.items():
        np.testing.assert_array_equal(gammas[name], column)


def test_bins_beyond_the_signal_are_not_valid(gammas, protons):
    wide = Axis("reco_energy", "TeV", (1e-4, 1e-3, *AXIS.edges, 1e4, 1e5))
    got = optimise_grid(gammas, protons, wide, OPTIONS)
    assert got.is_valid.tolist() == [0, *[1] * (wide.n_bins - 2), 0]


def test_a_gap_is_an_error(gammas, protons):
    outside = (gammas["reco_energy"] < 0.2) | (gammas["reco_energy"] > 1)
    holed = {name: column[outside] for name, column in gammas.items()}
    axis = Axis("reco_energy", "TeV", (0.02, 0.2, 1.0, 50.0))
    with pytest.raises(UserError, match=r"from 0.2 to 1 TeV have no sensitivity, but"):
        optimise_gh(holed, protons, axis, OPTIONS)


def test_nothing_to_optimise(gammas, protons):
    none = {name: column[:0] for name, column in protons.items()}
    with pytest.raises(UserError, match="no background to optimise cuts with"):
        optimise_gh(gammas, none, AXIS, OPTIONS)
    with pytest.raises(UserError, match="no signal to optimise cuts with: none of 0"):
        optimise_grid(none, protons, AXIS, OPTIONS)
    far = protons | {"reco_source_fov_offset": np.full(6000, 7.0)}
    with pytest.raises(UserError, match=r"no background .* none of 6000 events"):
        optimise_gh(gammas, far, AXIS, OPTIONS)
    worthless = gammas | {"weight": np.zeros(6000)}
    with pytest.raises(UserError, match="no bin of energy has a sensitivity"):
        optimise_gh(worthless, protons, AXIS, OPTIONS)


@pytest.mark.parametrize(
    "name", ["reco_energy", "gh_score", "theta", "weight", "multiplicity"]
)
def test_a_missing_column_is_named(gammas, protons, name):
    less = {other: column for other, column in gammas.items() if other != name}
    with pytest.raises(UserError, match=f"cuts want the column '{name}'"):
        optimise_grid(less, protons, AXIS, OPTIONS)
    if name != "multiplicity":
        with pytest.raises(UserError, match=f"cuts want the column '{name}'"):
            optimise_gh(less, protons, AXIS, OPTIONS)


def test_bad_weights_and_options(gammas, protons):
    bad = protons | {"weight": np.full(6000, np.nan)}
    with pytest.raises(UserError, match=r"column 'weight': nan .* is no weight"):
        optimise_gh(gammas, bad, AXIS, OPTIONS)
    with pytest.raises(UserError, match=r"gh_efficiencies .* ascending order"):
        GridOptions(gh_efficiencies=(0.8, 0.2))
    with pytest.raises(UserError, match=r"multiplicities .* ascending order"):
        GridOptions(multiplicities=())
    with pytest.raises(UserError, match="upper bound of the cut on theta"):
        GridOptions(theta=PercentileOptions())


def smoothing_by(width):
    return replace(
        OPTIONS,
        gh=PercentileOptions(smoothing=width),
        theta=PercentileOptions(fill=0.5, high=0.5, smoothing=width),
    )


@pytest.mark.parametrize("optimise", [optimise_gh, optimise_grid])
def test_optimised_cuts_are_smoothed_where_they_are_valid(gammas, protons, optimise):
    wide = Axis("reco_energy", "TeV", (1e-4, 1e-3, *AXIS.edges, 1e4))
    rough = optimise(gammas, protons, wide, OPTIONS)
    smooth = optimise(gammas, protons, wide, smoothing_by(1.5))
    valid = rough.is_valid
    assert smooth.is_valid.tolist() == valid.tolist()
    assert 0 < np.count_nonzero(~valid) < valid.size
    wanted = gaussian_filter1d(rough.gh[valid], 1.5, mode="nearest")
    np.testing.assert_allclose(smooth.gh[valid], wanted, rtol=1e-12)
    np.testing.assert_array_equal(smooth.gh[~valid], rough.gh[~valid])
    assert (
        np.abs(np.diff(smooth.gh[valid])).sum() < np.abs(np.diff(rough.gh[valid])).sum()
    )
    np.testing.assert_array_equal(smooth.multiplicity, rough.multiplicity)
    if optimise is optimise_grid:
        wanted = gaussian_filter1d(rough.theta[valid], 1.5, mode="nearest")
        np.testing.assert_allclose(smooth.theta[valid], wanted, rtol=1e-12)


def test_theta_is_set_behind_the_smoothed_score(gammas, protons):
    """As the share that was asked for passes; theta itself is not smoothed here."""
    options = replace(OPTIONS, gh=PercentileOptions(smoothing=2.0))
    cuts = optimise_gh(gammas, protons, AXIS, options)
    selected = cuts.select(gammas, point_like=True)
    free = cuts.theta < 0.5
    bins = energy_bins(gammas, AXIS)
    for b in np.flatnonzero(free):
        here = bins == b
        share = selected["selected"][here].sum() / selected["selected_gh"][here].sum()
        n = np.count_nonzero(selected["selected_gh"] & here)
        assert share == pytest.approx(0.68, abs=1 / n)
    assert free.sum() > 3


@pytest.mark.parametrize("optimise", [optimise_gh, optimise_grid])
def test_bins_of_few_events_get_the_hardest_cuts(gammas, protons, optimise):
    """None has as many events as are asked for."""
    options = replace(OPTIONS, gh=PercentileOptions(min_events=10_000))
    cuts = optimise(gammas, protons, AXIS, options)
    np.testing.assert_array_equal(cuts.gh, gammas["gh_score"].max())
    assert (optimise(gammas, protons, AXIS, OPTIONS).gh < cuts.gh).all()


def test_smoothing_that_leaves_nothing_is_an_error():
    axis = Axis("reco_energy", "TeV", (0.1, 1.0, 10.0))
    energy = np.repeat([0.5, 5.0], 50)
    signal = {
        "reco_energy": energy,
        "gh_score": np.where(energy < 1, 0.1, 0.9),
        "theta": np.full(100, 0.05),
        "weight": np.ones(100),
    }
    background = {
        "reco_energy": energy,
        "gh_score": np.full(100, 0.05),
        "reco_source_fov_offset": np.full(100, 1.0),
        "weight": np.ones(100),
    }
    with pytest.raises(UserError, match=r"no signal from 0.1 to 1 TeV: smooth less"):
        optimise_gh(signal, background, axis, smoothing_by(1.0))
