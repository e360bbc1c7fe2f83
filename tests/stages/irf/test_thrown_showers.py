import numpy as np
import pyarrow as pa
import pytest
from toy_thrown import DIFFUSE, run_row, run_table, simulated

from cta_columnar.errors import UserError
from cta_columnar.schemas.simulation import THROWN
from cta_columnar.stages.irf.axes import Axis, class_axis, linear_axis, log_axis
from cta_columnar.stages.irf.simulated_runs import read_simulated_runs
from cta_columnar.stages.irf.thrown_accounts import check_thrown
from cta_columnar.stages.irf.thrown_showers import (
    counted_showers,
    thrown_showers,
)

ENERGY = log_axis("true_energy", "TeV", 0.001, 1000, 24)
RINGS = linear_axis("true_source_fov_offset", "deg", 0, 12, 6)
ZENITH = class_axis("zenith", [20, 21])


def thrown_table(run, edges, counts):
    """A row per bin of energy and of two core distances."""
    rows = [
        {
            "obs_id": run["obs_id"],
            "hist_id": 6,
            "n_entries": int(sum(counts)),
            "energy_low": low,
            "energy_high": high,
            "core_dist_low": 500.0 * half,
            "core_dist_high": 500.0 * (half + 1),
            "n_thrown": n / 2,
        }
        for low, high, n in zip(edges, edges[1:], counts, strict=False)
        for half in range(2)
    ]
    return pa.Table.from_pylist(rows, schema=THROWN)


def test_all_showers_are_somewhere():
    runs = simulated(run_row(), run_row(obs_id=1, spectral_index=-1.0))
    got = thrown_showers((ENERGY,), runs)
    assert got.sum() == pytest.approx(2_000_000)
    outside = (ENERGY.high <= 0.01) | (ENERGY.low >= 100)
    assert (got[outside] == 0).all()
    # Of the index -1, each bin of the logarithm has as many.
    flat = thrown_showers((ENERGY,), simulated(run_row(spectral_index=-1.0)))
    np.testing.assert_allclose(flat[flat > 0], 1_000_000 / 16)


def test_shares_of_rings_and_of_a_cone_with_a_hole():
    runs = simulated(run_row(min_viewcone_radius=3.0, **DIFFUSE))
    got = thrown_showers((ENERGY, RINGS), runs)
    assert got.sum() == pytest.approx(1_000_000)
    by_ring = got.sum(axis=0)
    assert by_ring[0] == by_ring[5] == 0
    half, whole = (np.cos(np.radians([3, 4])), np.cos(np.radians([6, 8])))
    want = (half[0] - half[1]) / (whole[0] - whole[1])
    assert by_ring[1] / by_ring[3] == pytest.approx(want)


def test_a_source_is_in_one_ring():
    wobble = {"pointing_alt": 70.0, "pointing_az": 180.0, "min_alt": 73.0}
    wobble |= {"max_alt": 73.0, "min_az": 180.0, "max_az": 180.0}
    got = thrown_showers((ENERGY, RINGS), simulated(run_row(**wobble)))
    assert (got.sum(axis=0) > 0).tolist() == [False, True, *[False] * 4]
    moved = simulated(run_row(**wobble | {"max_az": 181.0}))
    with pytest.raises(UserError, match="run 0: its source moved"):
        thrown_showers((ENERGY, RINGS), moved)


def test_axes_of_runs_and_axes_of_events():
    runs = simulated(run_row(obs_id=1), run_row(obs_id=2, n_showers=10))
    types = Axis("event_type", "", (-0.5, 0.5, np.inf))
    got = thrown_showers(
        *((ZENITH, types, ENERGY), runs, {"zenith": np.array([21.0, 20.0])}),
        of_events=["event_type"],
    )
    assert got.shape == (2, 2, 24)
    np.testing.assert_allclose(got.sum(axis=2), [[200, 200], [1e6, 1e6]])
    # The same for whatever order of the axes.
    turned = thrown_showers(
        *((ENERGY, types, ZENITH), runs, {"zenith": np.array([21.0, 20.0])}),
        of_events=["event_type"],
    )
    np.testing.assert_allclose(turned, got.transpose(2, 1, 0))


def test_cells_add_up_to_the_cone():
    lon = linear_axis("true_fov_lon", "deg", -12, 12, 16)
    lat = linear_axis("true_fov_lat", "deg", -11, 11, 11)
    got = thrown_showers((lat, ENERGY, lon), simulated(run_row(**DIFFUSE)))
    assert got.shape == (11, 24, 16)
    assert got.sum() == pytest.approx(1_000_000, rel=2e-3)
    with pytest.raises(UserError, match="these are from a point source"):
        thrown_showers((lat, ENERGY, lon), simulated(run_row()))


def test_it_is_said_what_other_axes_are_of():
    with pytest.raises(UserError, match="axis 'zenith': is it of runs"):
        thrown_showers((ZENITH, ENERGY), simulated(run_row()))
    lon = linear_axis("true_fov_lon", "deg", -12, 12, 16)
    with pytest.raises(UserError, match="true_fov_lon and true_fov_lat both"):
        thrown_showers((lon, ENERGY), simulated(run_row(**DIFFUSE)))


def test_axes_want_an_energy():
    with pytest.raises(UserError, match="want an axis 'true_energy'"):
        thrown_showers((RINGS,), simulated(run_row()))


def test_showers_are_counted_by_the_simulation():
    run = run_row(obs_id=7, n_showers=100, shower_reuse=1, spectral_index=-2.0)
    table = thrown_table(run, [0.01, 0.1, 1.0, 10.0], [60, 30, 10])
    axis = log_axis("true_energy", "TeV", 0.1, 100, 3)
    got = counted_showers(axis, simulated(run), table)
    np.testing.assert_allclose(got, [[30, 10, 0]])
    # Bins that do not match are shared by the power law.
    uneven = Axis("true_energy", "TeV", (0.05, 0.1, 0.2, 1.0))
    got = counted_showers(uneven, simulated(run), table)
    per_share = np.array([60 * 10 / 90, 30 * 5 / 9, 30 * 4 / 9])
    np.testing.assert_allclose(got, [per_share])
    in_bins = thrown_showers((uneven,), simulated(run), in_energy=got)
    np.testing.assert_allclose(in_bins, per_share)


def test_runs_that_are_kept_in_part_are_counted_in_part():
    run = run_row(obs_id=7, n_showers=100, shower_reuse=1)
    table = run_table(run).append_column("kept_share", [[0.5]])
    from_table = read_simulated_runs(table)
    counts = thrown_table(run, [0.01, 0.1, 1.0], [60, 40])
    axis = log_axis("true_energy", "TeV", 0.01, 1, 2)
    np.testing.assert_allclose(counted_showers(axis, from_table, counts), [[30, 20]])


def test_what_is_not_counted_cannot_be_used():
    run = run_row(obs_id=7)
    empty = thrown_table(run, [], [])
    with pytest.raises(UserError, match="run 7: its table of thrown showers is empty"):
        counted_showers(ENERGY, simulated(run), empty)


def test_both_accounts_must_agree():
    one = run_row(obs_id=1, n_showers=10, shower_reuse=3)
    other = run_row(obs_id=2, n_showers=10, shower_reuse=3)
    runs = run_table(one, other)
    edges, counts = [0.01, 0.1, 1.0], [20, 10]
    tables = [thrown_table(run, edges, counts) for run in (one, other)]
    check_thrown(runs, pa.concat_tables(tables))
    with pytest.raises(UserError, match=r"run 2: its header tells of 30 .* of 0;"):
        check_thrown(runs, tables[0])
    with pytest.raises(UserError, match=r"run 1: its header tells of 30 .* of 60;"):
        check_thrown(runs, pa.concat_tables([tables[0], *tables]))


def account(run, index, n_bins=20, seed=1):
    """What a simulation of another index counts, each shower as often as it is used."""
    rng = np.random.default_rng(seed)
    low, high, reuse = (
        run[n] for n in ("energy_range_min", "energy_range_max", "shower_reuse")
    )
    power = index + 1
    uniform = rng.random(run["n_showers"])
    energy = (low**power + uniform * (high**power - low**power)) ** (1 / power)
    edges = np.geomspace(0.5 * low, 2 * high, n_bins + 1)
    counts = reuse * np.histogram(energy, edges)[0]
    return thrown_table(run, edges.tolist(), counts.tolist())


def test_the_histogram_has_the_spectrum_and_range_of_the_header():
    run = run_row(obs_id=1, n_showers=2000, shower_reuse=10)
    runs = run_table(run)
    for seed in range(20):
        check_thrown(runs, account(run, -2.0, seed=seed))
    with pytest.raises(UserError, match=r"run 1: its histogram .* law E\^-2 "):
        check_thrown(runs, account(run, -1.8))
    narrow = run_table({**run, "energy_range_max": 5.0})
    with pytest.raises(UserError, match=r"showers outside of 0\.01 to 5 TeV"):
        check_thrown(narrow, account(run, -2.0))
    # Half of the range without a shower.
    wide = run_table({**run, "energy_range_min": 0.001})
    with pytest.raises(UserError, match="not of the power law"):
        check_thrown(wide, account(run, -2.0))
