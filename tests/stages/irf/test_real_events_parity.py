"""Products of real files beside the functions of pyirf."""

from dataclasses import replace

import astropy.units as u
import numpy as np
import pyarrow as pa
import pytest
from pyirf import benchmarks, cuts, irf
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
from cta_columnar.stages.irf.event_columns import (
    RECO_COLUMNS,
    TRUE_COLUMNS,
    event_columns,
)
from cta_columnar.stages.irf.percentile_cuts import PercentileOptions, percentile_cuts
from cta_columnar.stages.irf.resolution import angular_resolution, energy_resolution
from cta_columnar.stages.irf.thrown_showers import (
    check_thrown,
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
