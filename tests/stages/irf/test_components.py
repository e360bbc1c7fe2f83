from dataclasses import replace

import numpy as np
import pytest
from toy_responses import make_events
from toy_thrown import DIFFUSE, run_row, simulated

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import class_axis, linear_axis, log_axis
from cta_columnar.stages.irf.background import (
    OnRegion,
    background_2d,
    background_rate,
)
from cta_columnar.stages.irf.components import (
    background_components,
    background_histograms,
    default_axes,
    signal_components,
    signal_histograms,
)
from cta_columnar.stages.irf.effective_area import effective_area
from cta_columnar.stages.irf.energy_dispersion import energy_dispersion
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.limits import MOST_UNSEEN
from cta_columnar.stages.irf.psf import psf_table
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle
from cta_columnar.stages.irf.thrown_showers import thrown_showers

ENERGY = log_axis("true_energy", "TeV", 0.01, 100, 4)
RECO = log_axis("reco_energy", "TeV", 0.01, 100, 4)
THETA = linear_axis("theta", "deg", 0, 1, 10)
MIGRATION = linear_axis("migration", "", 0, 3, 30)
OFFSET = linear_axis("reco_source_fov_offset", "deg", 0, 6, 3)
TYPES = class_axis("event_type", [0, 1])


def fill(axes, events, weight=""):
    spec = HistogramSpec("h", axes, "", weight)
    return Accumulator([spec]).fill(events)["h"]


@pytest.fixture(scope="module")
def events():
    made = make_events(5000, 4)
    made["event_type"] = np.random.default_rng(0).integers(0, 2, 5000)
    made["selected"] = made["selected_gh"] = made["gh_score"] > 0.5
    return made


def test_area_is_the_thrown_one_by_the_share():
    selected = fill((ENERGY,), {"true_energy": np.array([0.02] * 3 + [20.0] * 10)})
    got = effective_area(selected, np.array([12.0, 0.0, 5.0, 10.0]), 1000.0)
    np.testing.assert_allclose(got["effective_area"], [250, 0, 0, 1000])
    assert got["is_simulated"].tolist() == [True, False, True, True]
    want = [np.sqrt(0.25 * 0.75 / 12), 0, np.sqrt(1 / 7 * 6 / 7 / 5), np.sqrt(10) / 10]
    np.testing.assert_allclose(got["effective_area_uncert"], 1000 * np.array(want))


def test_area_errors_are_the_scatter_of_repeated_simulations():
    rng = np.random.default_rng(0)
    areas, errors = [], []
    for n in rng.binomial(400, 0.3, 300):
        selected = fill((ENERGY,), {"true_energy": np.full(n, 1.5)})
        got = effective_area(selected, np.array([0.0, 0.0, 400.0, 0.0]), 1.0)
        areas.append(got["effective_area"][2])
        errors.append(got["effective_area_uncert"][2])
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.1)


@pytest.mark.parametrize(
    ("energy", "n_thrown", "said"),
    [
        ([1.5], [0.0] * 4, "no shower was thrown into any bin"),
        ([], [1.0] * 4, "no event is left for 'h': 0 selected events are outside"),
        ([1e3, np.nan], [1.0] * 4, "1 selected events are outside .* 1 are not reco"),
        ([1.5], [9.0, 9.0, 0.0, 9.0], "1 events are selected in bins into which no"),
    ],
)
def test_areas_that_cannot_be(energy, n_thrown, said):
    selected = fill((ENERGY,), {"true_energy": np.array(energy)})
    with pytest.raises(UserError, match=said):
        effective_area(selected, np.array(n_thrown), 1.0)


def test_densities_have_the_integral_one(events):
    dispersion = energy_dispersion(fill((TYPES, ENERGY, MIGRATION), events))
    total = (dispersion["energy_dispersion"] * MIGRATION.width).sum(axis=2)
    np.testing.assert_allclose(total, 1)
    psf = psf_table(fill((TYPES, ENERGY, THETA), events))
    rings = np.diff(cone_solid_angle(THETA.array))
    np.testing.assert_allclose((psf["psf"] * rings).sum(axis=2), 1)


def test_bins_without_events_have_no_density(events):
    only_low = {
        name: column[events["true_energy"] < 0.1] for name, column in events.items()
    }
    for component in (
        energy_dispersion(fill((ENERGY, MIGRATION), only_low)),
        psf_table(fill((ENERGY, THETA), only_low)),
    ):
        value, error, counts = component.columns.values()
        assert (value[1:] == 0).all()
        assert (error[1:] == 0).all()
        assert (counts[1:] == 0).all()
        assert np.isfinite(value).all()


def test_errors_of_shares_are_multinomial():
    rng = np.random.default_rng(2)
    values, errors = [], []
    for _ in range(300):
        migration = rng.choice([0.95, 1.05, 1.15], 200, p=[0.2, 0.5, 0.3])
        columns = {"true_energy": np.full(200, 1.5), "migration": migration}
        got = energy_dispersion(fill((ENERGY, MIGRATION), columns))
        values.append(got["energy_dispersion"][2])
        errors.append(got["energy_dispersion_uncert"][2])
    np.testing.assert_allclose(
        np.mean(errors, axis=0), np.std(values, axis=0), rtol=0.15, atol=1e-12
    )


def test_background_and_its_error():
    energy, offset = np.array([0.02, 0.02, 5.0]), np.array([1.0, 1.5, 5.0])
    columns = {
        "reco_energy": energy,
        "reco_source_fov_offset": offset,
        "weight": np.array([2.0, 3.0, 7.0]),
    }
    got = background_2d(fill((RECO, OFFSET), columns, "weight"), 10.0)
    first = 10 * RECO.width[0] * cone_solid_angle(2.0)
    assert got["background"][0, 0] == pytest.approx(5 / first)
    assert got["background_uncert"][0, 0] == pytest.approx(np.sqrt(13) / first)
    assert got["background"].sum(axis=1).astype(bool).tolist() == [1, 0, 1, 0]
    counted = background_2d(fill((RECO, OFFSET), columns), 10.0)
    assert counted["background"][0, 0] == pytest.approx(2 / first)


def test_background_that_cannot_be():
    none = {name: np.zeros(0) for name in ("reco_energy", "reco_source_fov_offset")}
    with pytest.raises(UserError, match="no event is left"):
        background_2d(fill((RECO, OFFSET), none), 10.0)
    with pytest.raises(UserError, match="-1 s is not positive"):
        background_2d(fill((RECO, OFFSET), none), -1.0)
    with pytest.raises(
        UserError, match="wants an axis 'reco_source_fov_offset'; it has"
    ):
        background_2d(fill((RECO,), none), 10.0)


def test_further_axes_come_first_and_thrown_showers_count_for_each(events):
    axes = replace(default_axes(), further=(TYPES,), true_energy=ENERGY)
    filled = Accumulator(signal_histograms(axes)).fill(events)
    runs = simulated(run_row(n_showers=10**8, **DIFFUSE))
    n_thrown = thrown_showers(axes.effective_area, runs, of_events=["event_type"])
    got = signal_components(filled, n_thrown, runs.total_area, point_like=True)
    np.testing.assert_array_equal(n_thrown[0], n_thrown[1])
    alone = replace(axes, further=())
    both = Accumulator(signal_histograms(alone)).fill(events)
    want = signal_components(
        *(both, thrown_showers(alone.effective_area, runs), runs.total_area),
        point_like=False,
    )
    np.testing.assert_allclose(
        got["effective_area"]["effective_area"].sum(axis=0),
        want["effective_area"]["effective_area"],
    )
    for name, component in got.items():
        assert component.axes[0] == TYPES
        assert component.name == name
        assert component.metadata["enclosure"] == "POINT-LIKE"
        assert want[name].metadata["enclosure"] == "FULL-ENCLOSURE"

    background = Accumulator(background_histograms(axes)).fill(events)
    assert background_components(background, 1.0)["background_3d"].axes[0] == TYPES


def test_rate_of_background():
    columns = {
        "reco_energy": np.array([0.02, 0.02, 5.0]),
        "weight": np.array([2, 3, 7]),
    }
    got = background_rate(fill((RECO,), columns, "weight"), 10.0)
    np.testing.assert_allclose(got["background_rate"], [0.5, 0, 0.7, 0])
    want = np.array([np.sqrt(13), 0, 7, 0]) / 10
    np.testing.assert_allclose(got["background_rate_uncert"], want)
    assert got["n_events"].tolist() == [2, 0, 1, 0]
    with pytest.raises(UserError, match="0 s is not positive"):
        background_rate(fill((RECO,), columns, "weight"), 0.0)


def test_bins_without_an_event_have_a_limit_of_three():
    """95 % of all Poisson distributions of 3 are not 0."""
    columns = {
        "reco_energy": np.array([0.5, 0.5]),
        "reco_source_fov_offset": np.array([0.5, 0.5]),
        "weight": np.array([4.0, 4.0]),
    }
    assert np.exp(-MOST_UNSEEN) == pytest.approx(0.05)
    counted = background_2d(fill((RECO, OFFSET), columns), 10.0)
    is_empty = counted["n_events"] == 0
    assert np.isnan(counted["background_upper"][~is_empty]).all()
    assert (counted["background_upper"][is_empty] > 0).all()
    one = np.linspace(1, 2, RECO.n_bins)[:, np.newaxis]
    histogram = fill((RECO, OFFSET), columns, "weight")
    weighted = background_2d(histogram, 10.0, one)["background_upper"]
    ratio = (weighted / counted["background_upper"])[is_empty]
    np.testing.assert_allclose(ratio, np.broadcast_to(one, is_empty.shape)[is_empty])
    # Weights that nobody knows have no limit.
    assert np.isnan(background_2d(histogram, 10.0)["background_upper"]).all()


def test_the_rate_of_the_on_region_is_that_of_the_off_region():
    columns = {
        "reco_energy": np.array([0.5, 0.5, 5.0]),
        "weight": np.array([2.0, 1, 4]),
    }
    rings = fill((RECO,), columns, "weight")
    columns["weight"] = columns["weight"] / 10
    off = fill((RECO,), columns, "weight")
    got = background_rate(rings, 10.0, OnRegion(off, 0.2))
    share = got["on_region_rate"] / np.where(rings.n, got["background_rate"], 1)
    np.testing.assert_allclose(share[rings.n > 0], 0.02)
    assert "on_region_rate" not in background_rate(rings, 10.0).columns
