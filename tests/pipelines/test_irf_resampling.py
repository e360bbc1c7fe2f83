"""Resamplings of `ctacol run irf`: of particles apart, and without a single event."""

import numpy as np
import polars as pl
import pytest
from toy_irf import GAMMA, PROTON, SMALL, toy_irf_input
from toy_training import merged

from cta_columnar import run
from cta_columnar.pipelines.irf import fill
from cta_columnar.store import open_irf

FEW = {"fraction": 1.0, "background_3d": False}
ONLY_GAMMAS = {
    "background": [],
    "sensitivity": None,
    "background_2d": False,
    "benchmarks": {"roc": False},
}


def make(inputs, root, **how):
    return run("irf", input=inputs, output=root, workers=1, **merged(SMALL, FEW, how))


def test_equal_numbers_of_showers_do_not_tie_particles(tmp_path, monkeypatch):
    """Gammas and protons have the same keys: they must not count equally often."""
    drawn = []

    def seen(*how):
        rows = fill_resampled(*how)
        drawn.append(np.bincount(rows, minlength=how[-1].size))
        return rows

    fill_resampled = fill.resampled
    monkeypatch.setattr(fill, "resampled", seen)
    inputs = [toy_irf_input(tmp_path / str(p), p, 300) for p in (GAMMA, PROTON)]
    make(inputs, tmp_path / "irf", background=["proton"], bootstrap=1)
    gammas, protons = drawn
    assert gammas.size == protons.size == 300
    # One draw for each three uses of a shower.
    assert abs(np.corrcoef(gammas[::3], protons[::3])[0, 1]) < 0.35


def test_resamplings_without_an_event_are_counted(tmp_path):
    """All events are uses of one shower, which counts 0 times in one of e draws."""
    energies = {"true_energy": np.full(3, 1.0), "reco_energy": np.full(3, 1.1)}
    gamma = toy_irf_input(
        tmp_path / "gamma", n_events=3, columns=energies | {"gh_score": np.ones(3)}
    )
    config = merged(ONLY_GAMMAS, {"cuts": {"method": "fixed", "gh": 0.5, "theta": 1.0}})
    made = make(gamma, tmp_path / "irf", **config, bootstrap=20)
    told = [each for each in made.warnings if "effective_area" in each]
    (text,) = told
    head, _, tail = text.partition(": 20 resamplings, less those without an event: ")
    assert head == "errors of effective_area"
    n_empty, _, where = tail.partition(" at ")
    assert where == "point0"
    dataset = open_irf(tmp_path / "irf")
    table = dataset.read("effective_area")
    assert table.schema.metadata[b"errors"].decode() == text.partition(": ")[2]
    # 20 exp(-1), to four times its scatter.
    assert 1 <= int(n_empty) <= 16
    every = pl.DataFrame(pl.from_arrow(table)).filter(pl.col("n_thrown") > 0)
    bare = every.filter(pl.col("n_selected") == 0)
    # By Laplace's rule, as without resampling.
    n = bare["n_thrown"].to_numpy()
    guess = np.sqrt((n + 1) / n) / (n + 2) * np.pi * 1e6
    np.testing.assert_allclose(bare["effective_area_uncert"], guess)
    assert bare.height > 0
    frame = every.filter(pl.col("n_selected") > 0)
    # Of counts of at least 3, which all resamplings with the shower have.
    assert (frame["effective_area_uncert"] < frame["effective_area"]).all()
    assert frame["effective_area"][0] == pytest.approx(
        3 / frame["n_thrown"][0] * np.pi * 1e6
    )
    assert b"less" not in dataset.read("angular_resolution").schema.metadata[b"errors"]
