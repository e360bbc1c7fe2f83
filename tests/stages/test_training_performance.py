"""Figures of merit: by hand, and beside scikit-learn."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from cta_columnar.stages.training import performance as figures

EVERYTHING = slice(None)


def values(metrics, rows=EVERYTHING):
    return {each.name: each.figure(rows) for each in metrics}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_roc_auc_is_that_of_scikit_learn(pairs):
    score, is_signal = (np.array(each) for each in zip(*pairs, strict=True))
    got = figures.roc_auc(score.astype(float), is_signal)
    if is_signal.all() or not is_signal.any():
        assert np.isnan(got)
    else:
        assert got == pytest.approx(roc_auc_score(is_signal, score))


def test_energies():
    off = np.random.default_rng(1).normal(0.1, 0.2, 100_000)
    got = values(figures.energy_metrics(5 * (1 + off), np.full(off.size, 5.0)))
    assert got["bias"] == pytest.approx(0.1, abs=0.003)
    assert got["resolution"] == pytest.approx(0.2, abs=0.003)


def test_directions_and_signs():
    error = np.linspace(0, 1, 101)
    got = values(figures.direction_metrics(error))
    assert got == {"angular_resolution": pytest.approx(0.68)}
    signs = figures.sign_metrics(
        np.array([1.0, -2.0, 3.0, -4.0]), np.array([1, 1, 1, -1])
    )
    assert values(signs) == {"sign_accuracy": 0.75}


def test_each_class_against_the_signal():
    score = np.array([0.9, 0.8, 0.7, 0.1, 0.85, 0.2])
    label = np.array([0, 0, 1, 1, 2, 2])
    got = values(
        figures.class_metrics(score, label, 0, ("gamma", "proton", "electron"))
    )
    assert got["roc_auc_proton"] == 1
    assert got["roc_auc_electron"] == 0.75
    assert got["roc_auc"] == 0.875
    two = figures.class_metrics(
        score[:4], label[:4], 0, ("gamma", "proton", "electron")
    )
    assert values(two) == {"roc_auc": 1}


def test_errors_and_their_classes():
    error = np.repeat([0.1, 0.5], 20) * np.tile(np.linspace(0.9, 1.1, 20), 2)
    number = np.repeat([0, 1], 20)
    got = values(figures.error_metrics(error, error**2, number, "deg"))
    assert got["rank_correlation"] == pytest.approx(1)
    assert got["containment_68_class_0"] == pytest.approx(0.1, rel=0.1)
    assert got["containment_68_class_1"] == pytest.approx(0.5, rel=0.1)
    flat = values(figures.error_metrics(error, np.ones(40), number[:0], ""))
    assert list(flat) == ["rank_correlation"]
    assert np.isnan(flat["rank_correlation"])


def test_a_table_has_bins_of_energy_and_all_together():
    rng = np.random.default_rng(5)
    energy = np.concatenate([rng.uniform(1, 1.5, 60), rng.uniform(11, 15, 60), [200.0]])
    right = np.repeat([1.0, -1.0], [60, 61])
    metrics = figures.sign_metrics(np.ones(121), right)
    fold = np.arange(121) % 3
    table = figures.performance("disp_sign", "LST", metrics, energy, fold)
    rows = pl.DataFrame(pl.from_arrow(table))
    assert rows["n_rows"].to_list() == [121, 60, 60, 1]
    np.testing.assert_allclose(rows["energy_low"], [0, 1, 10, 10**2.2], rtol=1e-9)
    np.testing.assert_allclose(rows["value"], [60 / 121, 1, 0, np.nan])
    # Where all folds agree, nothing is uncertain.
    np.testing.assert_allclose(rows["value_uncert"][1:3], 0)
    assert np.isnan(rows["value_uncert"][3])
    assert rows["value_uncert"][0] < 0.02


def test_the_scatter_of_folds():
    right = np.repeat([1.0, -1.0], 30)
    metrics = figures.sign_metrics(np.ones(60), right)
    fold = np.repeat([0, 1], 30)
    table = figures.performance("disp_sign", "LST", metrics, np.ones(60), fold)
    # 1 and 0, so 0.5 +- 0.5.
    assert table["value"].to_pylist()[0] == 0.5
    assert table["value_uncert"].to_pylist()[0] == pytest.approx(0.5)
