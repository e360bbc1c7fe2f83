"""The bound of memory that a training states before it starts."""

import numpy as np
import pytest

from cta_columnar.config import TrainConfig
from cta_columnar.stages.training import fit
from cta_columnar.stages.training.memory import largest_model, largest_training
from cta_columnar.stages.training.plan import make_plan
from cta_columnar.stages.training.tally import Tally

ROWS = TrainConfig().max_rows
CLASSES = ("gamma", "electron", "proton")


def spread(n_types):
    """Rows of three classes over some telescope types, as many as are allowed."""
    n = ROWS // (3 * n_types)
    left = {f"type {i}": np.full((3, 1), n) for i in range(n_types)}
    return Tally(CLASSES, ("the input",), left, dict.fromkeys(CLASSES, n))


@pytest.mark.parametrize("n_types", [1, 2, 3, 8])
def test_the_default_configuration_takes_less_than_two_gigabytes(n_types):
    config, tally = TrainConfig(), spread(n_types)
    size = largest_training(make_plan(config, tally), tally.counts, config)
    assert 1e9 < size < 2e9


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ExtraTreesRegressor", {"n_estimators": 7, "max_depth": 5}),
        ("RandomForestClassifier", {"n_estimators": 7, "min_samples_leaf": 20}),
        ("ExtraTreesClassifier", {"n_estimators": 7, "min_samples_leaf": 0.05}),
        ("RandomForestRegressor", {"n_estimators": 7, "max_leaf_nodes": 9}),
        ("GradientBoostingClassifier", {"n_estimators": 7}),
        ("HistGradientBoostingClassifier", {"max_iter": 7}),
        ("HistGradientBoostingRegressor", {"max_iter": 7, "max_depth": 3}),
    ],
)
def test_no_forest_has_more_nodes_than_that(name, arguments):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 3))
    classes = CLASSES if "Classifier" in name else ()
    y = rng.integers(0, 3, 600) if classes else rng.normal(size=600)
    forest = fit(name, arguments, x, y, classes=classes).body
    size = largest_model(name, arguments, 600, len(classes) or 1)
    ours = forest.nodes.nbytes + forest.leaf_value.nbytes
    theirs = 64 * forest.nodes.size
    assert theirs + ours < size < 30 * (theirs + ours)


def test_a_linear_model_takes_nothing():
    assert largest_model("Ridge", {}, 10**9) == 0
