"""Predictions of what was not seen, and what features are worth."""

from dataclasses import replace

import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.stages.training.cross_fitting import (
    PERMUTED_ROWS,
    Problem,
    answers,
    cross_fitted,
)

TREES = {"n_estimators": 10, "bootstrap": False}


def problem(n=300, name="RandomForestRegressor", classes=(), **changes):
    """Feature 0 says what is to be learned, feature 1 nothing."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(n, 2))
    y = x[:, 0] + 0.01 * rng.normal(size=n)
    known = {
        "estimator": name,
        "arguments": TREES,
        "x": x,
        "y": (y > 0).astype(np.int64) if classes else y,
        "trains": np.ones(n, bool),
        "weight": np.ones(n),
        "fold": np.arange(n) % 3,
        "n_folds": 3,
        "classes": classes,
    }
    return Problem(**(known | changes))


def fitted(of):
    told = []
    done = cross_fitted(of, lambda: told.append(1))
    assert len(told) == of.n_folds + 1
    return done


def test_rows_are_predicted_by_models_that_have_not_seen_them():
    # Noise can be learned by heart, but not predicted.
    noise = np.random.default_rng(7).normal(size=300)
    of = replace(problem(), y=noise)
    done = fitted(of)
    learned = answers(done.fitted, of.x)[:, 0]
    np.testing.assert_allclose(learned, noise, rtol=1e-6, atol=1e-9)
    assert abs(np.corrcoef(done.predictions[:, 0], noise)[0, 1]) < 0.2


def test_a_fold_is_predicted_by_the_others_alone():
    of = problem()
    done = fitted(of)
    # Whatever is said of the rows of a fold, they are predicted alike.
    changed = of.y.copy()
    changed[of.fold == 1] = 1e3
    again = fitted(replace(of, y=changed))
    rows = of.fold == 1
    np.testing.assert_array_equal(done.predictions[rows], again.predictions[rows])
    assert (done.predictions[~rows] != again.predictions[~rows]).mean() > 0.3


def test_rows_that_do_not_train_are_predicted_too():
    of = problem()
    trains = np.arange(300) < 200
    blind = np.where(trains, of.y, np.nan)
    done = fitted(replace(of, trains=trains, y=blind))
    off = done.predictions[:, 0] - of.y
    assert np.isfinite(off).all()
    assert np.std(off[~trains]) < 0.5


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("RandomForestRegressor", ()),
        ("ExtraTreesClassifier", ("no", "yes")),
    ],
)
def test_a_feature_is_worth_what_is_lost_without_it(name, classes):
    done = fitted(problem(name=name, classes=classes))
    assert done.permutation.shape == (3, 2)
    useful, useless = done.permutation.T
    assert (useful > 1).all()
    assert useless.max() < 0.3
    assert done.predictions.shape == (300, max(len(classes), 1))


def test_importances_look_at_some_rows_only(monkeypatch):
    monkeypatch.setattr("cta_columnar.stages.training.cross_fitting.PERMUTED_ROWS", 50)
    assert fitted(problem()).permutation.shape == (3, 2)
    assert PERMUTED_ROWS > 50


def test_threads_change_nothing():
    one, two = (fitted(problem(workers=n)) for n in (1, 2))
    np.testing.assert_array_equal(one.predictions, two.predictions)
    np.testing.assert_array_equal(one.permutation, two.permutation)


def test_weights_reach_the_estimator():
    of = problem(name="LinearRegression", arguments={})
    of = replace(of, x=np.ones((300, 1)), y=np.repeat([0.0, 1.0], 150))
    heavy = replace(of, weight=np.repeat([1.0, 3.0], 150))
    assert fitted(of).predictions.mean() == pytest.approx(0.5)
    assert fitted(heavy).predictions.mean() == pytest.approx(0.75)


def test_an_empty_fold():
    of = problem()
    done = fitted(replace(of, n_folds=4))
    assert np.isfinite(done.predictions).all()
    assert done.permutation.shape == (3, 2)
    with pytest.raises(UserError, match="no row to train on"):
        fitted(replace(of, fold=np.zeros(300, np.int64)))
