"""What benchmarks conclude from their figures."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

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
