"""Products of real files beside the functions of pyirf."""

import operator
from dataclasses import replace

import astropy.units as u
import numpy as np
import pyarrow as pa
import pytest
from pyirf import benchmarks, cut_optimization, cuts, irf
from pyirf.irf.energy_dispersion import energy_migration_matrix
from pyirf.utils import calculate_source_fov_offset, calculate_theta
from real_dl2 import eventdisplay_events, lst_events
from toy_responses import to_qtable
from toy_thrown import pyirf_info, run_row, run_table, simulated

from cta_columnar.errors import UserError
from cta_columnar.schemas.simulation import THROWN
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import decade_axis, linear_axis
from cta_columnar.stages.irf.background import background_2d
from cta_columnar.stages.irf.components import (
    background_histograms,
    default_axes,
    signal_components,
    signal_histograms,
)
from cta_columnar.stages.irf.cut_optimisation import (
    GridOptions,
    optimise_gh,
    optimise_grid,
)
from cta_columnar.stages.irf.event_columns import (
    RECO_COLUMNS,
    TRUE_COLUMNS,
    event_columns,
)
from cta_columnar.stages.irf.off_region import off_weights
from cta_columnar.stages.irf.percentile_cuts import PercentileOptions, percentile_cuts
from cta_columnar.stages.irf.resolution import angular_resolution, energy_resolution
from cta_columnar.stages.irf.sensitivity import (
    Detection,
    background_selection,
    sensitivity_histograms,
)
from cta_columnar.stages.irf.sensitivity import sensitivity as our_sensitivity
from cta_columnar.stages.irf.spectra import power_law
from cta_columnar.stages.irf.thrown_accounts import check_thrown
from cta_columnar.stages.irf.thrown_showers import (
    counted_showers,
    thrown_showers,
)

AXES = replace(
    default_axes(),
    true_offset=linear_axis("true_source_fov_offset", "deg", 0, 6, 3),
    reco_offset=linear_axis("reco_source_fov_offset", "deg", 0, 4, 4),
)
ENERGY = AXES.true_energy.array * u.TeV
RECO = AXES.reco_energy.array * u.TeV
OFFSET = AXES.true_offset.array * u.deg
FEW = PercentileOptions(0.68, min_events=5)


@pytest.fixture(scope="module")
def simulation(shared):
    events, run, thrown = eventdisplay_events(shared)
    events |= event_columns(events, (*RECO_COLUMNS, *TRUE_COLUMNS))
    chosen = percentile_cuts(events, AXES.reco_energy, FEW)
    return events | chosen.select(events, point_like=True), run, thrown


def thrown_table(thrown, obs_id=0):
    rows = [
        {
            "obs_id": obs_id,
            "hist_id": 6,
            "n_entries": int(thrown[2].sum()),
            "energy_low": low,
            "energy_high": high,
            "core_dist_low": 0.0,
            "core_dist_high": 1900.0,
            "n_thrown": n,
        }
        for low, high, n in zip(*thrown, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=THROWN)


def test_angles(simulation):
    events, _, _ = simulation
    table = to_qtable(events)
    for name in ("reco_alt", "reco_az", "array_pointing_alt", "array_pointing_az"):
        table[name] = events[name] * u.deg
    table["pointing_alt"] = table["array_pointing_alt"]
    table["pointing_az"] = table["array_pointing_az"]
    theta = calculate_theta(
        table, events["true_az"] * u.deg, events["true_alt"] * u.deg
    )
    np.testing.assert_allclose(events["theta"], theta.to_value(u.deg), rtol=1e-6)
    offset = calculate_source_fov_offset(table, prefix="reco").to_value(u.deg)
    np.testing.assert_allclose(events["reco_source_fov_offset"], offset, rtol=1e-6)


def test_components_of_simulated_events(simulation):
    events, run, thrown = simulation
    row = run_row(**run | {"n_showers": int(thrown[2].sum()), "shower_reuse": 1})
    runs = simulated(row)
    n_thrown = thrown_showers(AXES.effective_area, runs)
    filled = Accumulator(signal_histograms(AXES)).fill(events)
    ours = signal_components(filled, n_thrown, runs.total_area, point_like=True)
    selected = to_qtable(events, events["selected"])
    after_score = to_qtable(events, events["selected_gh"])
    area = irf.effective_area_per_energy_and_fov(
        selected, pyirf_info(row), ENERGY, OFFSET
    )
    psf = irf.psf_table(
        *(after_score, ENERGY, AXES.theta.array * u.deg, OFFSET),
    )
    want = {
        "effective_area": area.to_value(u.m**2),
        "energy_dispersion": irf.energy_dispersion(
            selected, ENERGY, OFFSET, AXES.migration.array
        ),
        "energy_migration": energy_migration_matrix(selected, ENERGY, RECO, OFFSET),
        "psf": psf.to_value(1 / u.sr),
    }
    assert events["selected"].sum() > 500
    for name, values in want.items():
        np.testing.assert_allclose(ours[name][name], values, rtol=1e-6)


def test_resolution_of_simulated_events(simulation):
    events, _, _ = simulation
    axis = decade_axis("true_energy", "TeV", 0.02, 20, 2)
    kept = {name: column[events["selected_gh"]] for name, column in events.items()}
    table, edges = to_qtable(kept), axis.array * u.TeV
    got = angular_resolution(kept["theta"], kept["true_energy"], axis)
    want = benchmarks.angular_resolution(table, edges)["angular_resolution_68"]
    np.testing.assert_allclose(
        got["angular_resolution"], want.to_value(u.deg), rtol=1e-6
    )
    got = energy_resolution(kept["migration"], kept["true_energy"], axis)
    want = benchmarks.energy_bias_resolution(table, edges)
    for ours, theirs in (("energy_bias", "bias"), ("energy_resolution", "resolution")):
        np.testing.assert_allclose(got[ours], want[theirs], rtol=1e-6)


def test_thrown_showers_of_a_whole_production(simulation):
    """The power law of the header and the histogram agree; the numbers do not."""
    _, run, thrown = simulation
    total = int(thrown[2].sum())
    runs = simulated(run_row(**run | {"n_showers": total, "shower_reuse": 1}))
    counted = counted_showers(AXES.true_energy, runs, thrown_table(thrown))[0]
    law = runs.n_between(AXES.true_energy.low, AXES.true_energy.high)[0]
    # Each shower was used 20 times, so 20 of them come and go together.
    assert np.abs((counted - law) / np.sqrt(run["shower_reuse"] * law)).max() < 4
    with pytest.raises(UserError, match="tells of 2000000 showers and its histogram"):
        check_thrown(run_table(run_row(**run)), thrown_table(thrown))


def test_cuts_and_background_of_real_events(shared):
    events = lst_events(shared)
    events |= event_columns(events, RECO_COLUMNS)
    events["weight"] = np.ones(events["reco_energy"].size)
    chosen = percentile_cuts(events, AXES.reco_energy, theta=None)
    table = to_qtable(events)
    want = cuts.calculate_percentile_cut(
        *(table["gh_score"], table["reco_energy"], RECO, table["gh_score"].max(), 32)
    )
    np.testing.assert_allclose(chosen.gh, want["cut"], rtol=1e-6)

    duration = float(np.ptp(events["time"]))
    events |= chosen.select(events, point_like=False)
    assert 1000 < events["selected_gh"].sum() < 6000
    filled = Accumulator(background_histograms(AXES)).fill(events)
    got = background_2d(filled["background_2d"], duration)
    want = irf.background_2d(
        to_qtable(events, events["selected_gh"]),
        *(RECO, AXES.reco_offset.array * u.deg, duration * u.s),
    )
    np.testing.assert_allclose(
        got["background"], want.to_value("1/(s TeV sr)"), rtol=1e-6
    )


@pytest.fixture(scope="module")
def background(shared):
    """Events of a real telescope, each for a thousand, moved to lower scores."""
    events = lst_events(shared)
    events |= event_columns(events, RECO_COLUMNS)
    n_events = events["reco_energy"].size
    return events | {
        "weight": np.full(n_events, 1e3),
        "gh_score": events["gh_score"] - 0.15,
        "multiplicity": np.ones(n_events, np.int64),
    }


@pytest.fixture(scope="module")
def signal(simulation):
    """Simulated events, weighted; scores happen to be of the size of the real ones."""
    events, _, _ = simulation
    weight = events["true_energy"] ** -0.6
    return events | {"weight": weight}


def test_cuts_on_score_and_theta(simulation):
    events, _, _ = simulation
    chosen, table = percentile_cuts(events, AXES.reco_energy, FEW), to_qtable(events)
    gh = cuts.calculate_percentile_cut(
        *(table["gh_score"], table["reco_energy"], RECO, table["gh_score"].max(), 32),
        min_events=5,
    )
    passed = table[events["selected_gh"]]
    theta = cuts.calculate_percentile_cut(
        *(passed["theta"], passed["reco_energy"], RECO, 0.5 * u.deg, 68),
        max_value=0.5 * u.deg,
    )
    np.testing.assert_allclose(chosen.gh, gh["cut"], rtol=1e-6)
    np.testing.assert_allclose(chosen.theta, theta["cut"].to_value(u.deg), rtol=1e-6)


def test_sensitivity_and_optimised_cuts(signal, background):
    axis = decade_axis("reco_energy", "TeV", 0.02, 0.2, 3)
    gammas, others, edges = to_qtable(signal), to_qtable(background), axis.array * u.TeV
    grid = GridOptions((0.3, 0.6, 0.9), (0.4, 0.8), (1,))
    best, _, theta, gh = cut_optimization.optimize_cuts(
        *(gammas, others, edges, np.array(grid.multiplicities)),
        *(np.array(grid.gh_efficiencies), np.array(grid.theta_efficiencies)),
        theta_min_value=None,
        theta_max_value=0.5 * u.deg,
        fov_offset_max=5 * u.deg,
        alpha=0.2,
        progress=False,
    )
    got = optimise_grid(signal, background, axis, grid)
    np.testing.assert_allclose(got.gh, gh["cut"], rtol=1e-6)
    np.testing.assert_allclose(got.theta, theta["cut"].to_value(u.deg), rtol=1e-6)
    assert np.unique(got.theta_efficiency).size > 1

    detection = Detection()
    of_signal, of_background = sensitivity_histograms(axis)
    filled = Accumulator([of_signal]).fill(signal | got.select(signal, point_like=True))
    ring = background_selection(background, got, detection)
    weight = off_weights(background, got, detection)
    off = Accumulator([of_background]).fill(
        background | {"selected_background": ring, "off_weight": weight}
    )
    ours = our_sensitivity(
        *(filled[of_signal.name], off[of_background.name]),
        *(power_law(1e-7, -2.6), detection),
    )
    for name in ("relative_sensitivity", "significance", "n_background_weighted"):
        np.testing.assert_allclose(ours[name], best[name], rtol=1e-6)


def test_optimised_score(signal, background):
    axis = decade_axis("reco_energy", "TeV", 0.02, 0.2, 3)
    grid = GridOptions((0.3, 0.6, 0.9))
    got = optimise_gh(signal, background, axis, grid)
    # Behind the first cut on the score, as `test_cuts_parity` has it.
    table, edges = to_qtable(signal), axis.array * u.TeV
    first = cuts.calculate_percentile_cut(
        *(table["gh_score"], table["reco_energy"], edges, 0.0, 60), smoothing=1
    )
    above = cuts.evaluate_binned_cut(
        table["gh_score"], table["reco_energy"], first, operator.gt
    )
    theta = cuts.calculate_percentile_cut(
        *(table["theta"][above], table["reco_energy"][above], edges, 0.5 * u.deg, 68),
        max_value=0.5 * u.deg,
    )
    _, gh = cut_optimization.optimize_gh_cut(
        *(table, to_qtable(background), edges, np.array(grid.gh_efficiencies)),
        theta_cuts=theta,
        fov_offset_max=5 * u.deg,
        alpha=0.2,
        progress=False,
    )
    np.testing.assert_allclose(got.gh, gh["cut"], rtol=1e-6)
