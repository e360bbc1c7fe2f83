"""What benchmarks conclude from their figures."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest


@pytest.fixture
def benchmark_named(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    return lambda name: import_module(f"benchmarks.{name}")


def test_two_readers_that_read_nothing_do_not_agree(benchmark_named):
    make = benchmark_named("simulated_parity").Difference
    good = make(events=3, telescope_events=7, image=1e-4, parameters={"width": 0.9})
    assert good.is_within_bounds
    assert not make().is_within_bounds
    for bad in (
        {"events": 0},
        {"telescope_events": 0},
        {"missing": 1},
        {"masks": 1},
        {"true_images": 1},
        {"image": 0.1},
        {"peak_time": 0.1},
        {"parameters": {"width": 0.9, "length": 1.1}},
        {"warnings": ["WARNING: something"]},
    ):
        assert not replace(good, **bad).is_within_bounds, bad


def test_gain_of_a_second_core(benchmark_named):
    make = benchmark_named("two_cores").Gain
    gain = make("simulate", {1: 19.0, 2: 10.0}, {1: 19.0, 2: 20.0}, 900.0)
    assert gain.factor == pytest.approx(1.9)
    assert gain.is_as_wanted
    assert not replace(gain, peak_mb=1600.0).is_as_wanted
    assert not replace(gain, wall_s={1: 19.0, 2: 11.0}).is_as_wanted


def test_memory_of_all_descendants(benchmark_named):
    """A child of a child, which holds 60 MB."""
    measured = benchmark_named("two_cores").descendants_mb
    inner = "import sys; held = b'x' * (60 << 20); print(); sys.stdin.read()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    before = measured(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        assert 60 < measured(os.getpid()) - before < 200


def test_the_readme_says_what_is_wanted_from_raw_and_dl0(benchmark_named):
    page = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    wanted = {
        cells[1].strip(): cells[-2].strip()
        for cells in (line.split("|") for line in page.split("\n"))
        if len(cells) > 3
    }
    rows = benchmark_named("report").dl0([]).split("\n")[2:]
    ratios = [cells for cells in (row.split("|") for row in rows) if "**" in cells[1]]
    assert len(ratios) == 3
    for _, name, cell, _ in ratios:
        assert wanted[name.strip()] == cell.strip() != ""


def test_responses_that_have_nothing_in_common_are_not_equal(benchmark_named):
    compare = benchmark_named("irf_differences").Difference.of
    nan = float("nan")
    same = compare("x", np.array([1.0, 0.0, nan, 2.0]), np.array([1.0, 0.0, nan, 2.0]))
    assert same.is_equal
    assert (same.bins, same.only_ours, same.only_theirs) == (2, 0, 0)
    for ours, theirs in (
        ([1.0, 2.0], [1.0, 2.0001]),
        ([1.0, 0.0], [1.0, 2.0]),
        ([1.0, 2.0], [1.0, 0.0]),
        ([0.0, nan], [0.0, nan]),
    ):
        apart = compare("x", np.array(ours), np.array(theirs))
        assert not apart.is_equal
        assert not (apart + same).is_equal or apart.bins == 0
    one_sided = compare("x", np.array([1.0, 2.0, nan]), np.array([1.0, nan, 3.0]))
    assert (one_sided.bins, one_sided.only_ours, one_sided.only_theirs) == (1, 1, 1)


def test_tables_for_the_peer_have_the_showers_that_count(benchmark_named):
    """A tenth of the showers was kept, of which a half is to make responses."""
    module = benchmark_named("irf_export")
    keys = {"obs_id": [7, 7], "event_id": [100, 200]}
    floats = ("true_energy", "true_alt", "true_az")
    columns = {**keys, "multiplicity": [2, 4]}
    columns |= {name: [1.0, 2.0] for name in floats}
    for ours, _, _, values in module.RECONSTRUCTED:
        for name in values:
            columns[f"{ours}_{name.partition(':')[0]}"] = [0.5, 0.6]
        columns[f"{ours}_is_valid"] = [True, False]
    run = {"obs_id": [7], "n_showers": [1000], "kept_share": [0.05]}
    run |= {name.partition(":")[0]: [1.0] for name in module.RUN}
    run |= {"pointing_alt": [70.0], "pointing_az": [180.0]}
    tables = module.tables_of_peer(pa.table(columns), pa.table(run), 5)
    assert tables["configuration/simulation/run/n_showers"] == [50.0]
    energy = "dl2/event/subarray/energy/RandomForestRegressor/RandomForestRegressor"
    assert tables[f"{energy}_energy:TeV"].tolist() == [0.5, 0.6]
    assert tables[f"{energy}_is_valid"].tolist() == [True, False]
    assert tables[f"{energy}_telescopes"].sum(axis=1).tolist() == [2, 4]
    assert tables[f"{energy}_telescopes"].shape == (2, 5)


def test_directions_of_all_events_at_once_are_those_of_astropy(benchmark_named):
    icrs = benchmark_named("icrs")
    events = icrs.directions(3)
    with icrs.iers.conf.set_temp("auto_download", False):
        one_by_one = icrs.by_astropy(*events)
    assert 0 < icrs.arcsec_apart(icrs.by_us(*events), one_by_one) < 0.1
    shifted = (one_by_one[0], one_by_one[1] + 1 / 3600)
    assert icrs.arcsec_apart(shifted, one_by_one) == pytest.approx(1.0, rel=1e-3)
