"""Models as values: what they refuse to be, and how predictions come out."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import forest as reference
from toy_forests import random_forest
from toy_models import describe, toy_data, toy_model

from cta_columnar.errors import UserError
from cta_columnar.models import LINKS, NODE, Forest, Linear, Model, Target
from cta_columnar.schemas import dl1
from cta_columnar.stages.features import feature_matrix, input_units, read_features
from cta_columnar.stages.training import fit
from cta_columnar.store import open_models, save_model


def forest(nodes, node_start, _, leaf_value, changes=None):
    facts = {
        "nodes": nodes,
        "node_start": node_start,
        "leaf_value": leaf_value,
        "output": np.zeros(node_start.size - 1, np.int32),
        "base": np.zeros(leaf_value.shape[1]),
        "scale": 1.0,
        "n_features": 3,
        "single_precision": False,
    }
    return Forest(**(facts | (changes or {})))


@pytest.fixture
def arrays():
    return random_forest(np.random.default_rng(2), [0, 5, 9], 3, 2)


def test_a_forest_is_base_and_scaled_sum(arrays):
    x, _ = toy_data(30)
    plain = forest(*arrays).evaluate(x[:, :3])
    base = np.array([1.0, -2.0])
    other = forest(*arrays, {"base": base, "scale": 0.5}).evaluate(x[:, :3])
    np.testing.assert_allclose(other, base + 0.5 * plain)


def nodes_of(text):
    """A tree from a letter for each node, L a leaf, with children in their places."""
    nodes = np.zeros(len(text), NODE)
    leaf = np.array([letter == "L" for letter in text])
    nodes["is_leaf"] = leaf
    nodes["left"][~leaf] = 1 + 2 * np.arange(np.count_nonzero(~leaf))
    nodes["left"][leaf] = np.arange(np.count_nonzero(leaf))
    return nodes


@pytest.mark.parametrize("text", ["L", "iLL", "iiLLL", "iLiLL", "iiiLLLL"])
def test_trees(text):
    nodes = nodes_of(text)
    value = np.ones((text.count("L"), 1))
    done = forest(nodes, np.array([0, nodes.size]), None, value)
    assert (done.evaluate(np.zeros((2, 3))) == 1).all()


NO_TREES = {
    "a root that nobody leaves, and its own child": ("LiL", "node 1: lost child"),
    "children cut off": ("iiL", "too many or too few nodes"),
    "nodes that nobody reaches": ("iLLLL", "too many or too few nodes"),
}


@pytest.mark.parametrize("case", NO_TREES)
def test_what_is_no_tree(case):
    text, message = NO_TREES[case]
    nodes = nodes_of(text)
    value = np.ones((text.count("L"), 1))
    with pytest.raises(ValueError, match=f"tree 0: {message}"):
        forest(nodes, np.array([0, nodes.size]), None, value)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 17),
    st.sampled_from(["left", "feature", "is_leaf", "nan_left", "threshold"]),
    st.integers(-3, 20),
)
def test_any_other_number_in_a_tree_is_refused_or_followed_to_a_leaf(
    row, field, number
):
    nodes, *rest = random_forest(np.random.default_rng(2), [0, 8], 3, 1)
    nodes[field][row] = number
    try:
        done = forest(nodes, *rest)
    except ValueError:
        return
    x, _ = toy_data(6)
    want = np.zeros((6, 1))
    reference.add_trees(nodes, *rest, done.output, x[:, :3], want)
    np.testing.assert_allclose(done.evaluate(x[:, :3]), want)


NO_FOREST = {
    "a leaf lost": ({"leaf_value": np.ones((2, 2))}, "leaves with values of shape"),
    "no features": ({"n_features": 1}, "none of 1 features"),
    "too many": ({"n_features": 40_000}, "are too many"),
    "scale": ({"scale": np.inf}, "scale is not finite"),
    "outputs": ({"base": np.zeros(1)}, "none of the 1 outputs"),
    "starts": ({"node_start": np.array([0, 1, 5, 9])}, "do not fill"),
    "empty tree": ({"output": np.zeros(4, np.int32)}, "do not fill"),
}


@pytest.mark.parametrize("case", NO_FOREST)
def test_what_is_no_forest(arrays, case):
    changes, message = NO_FOREST[case]
    with pytest.raises(ValueError, match=message):
        forest(*arrays, changes)


def test_what_is_no_linear_model():
    with pytest.raises(ValueError, match="do not fit"):
        Linear(np.ones((2, 3)), np.ones(1))
    with pytest.raises(ValueError, match="not finite"):
        Linear(np.ones((1, 3)), np.array([np.nan]))


def test_links():
    raw = np.array([[0.0], [np.log(3.0)], [-1e4], [1e4], [np.nan]])
    logistic = LINKS["logistic"](raw)
    np.testing.assert_allclose(logistic[:4, 1], [0.5, 0.75, 0, 1])
    assert np.isnan(logistic[4]).all()
    np.testing.assert_allclose(LINKS["exp"](raw)[:2, 0], [1, 3])
    many = LINKS["softmax"](np.array([[1e4, 1e4, -1e4], [0, 0, np.log(2)]]))
    np.testing.assert_allclose(many, [[0.5, 0.5, 0], [0.25, 0.25, 0.5]])


def test_a_target_on_a_logarithm():
    target = Target("true_energy", "TeV", "log10")
    energy = np.array([0.01, 1, 300])
    np.testing.assert_allclose(target.forward(energy), [-2, 0, np.log10(300)])
    np.testing.assert_allclose(target.inverse(target.forward(energy)), energy)
    with pytest.raises(UserError, match="true_energy: 2 of 3 values are not positive"):
        target.forward(np.array([1, 0, np.nan]))
    model = toy_model()
    x, _ = toy_data(10)
    logs = Model(replace(model.description, target=target), model.body)
    np.testing.assert_allclose(logs.predict(x), 10 ** model.predict(x))
    np.testing.assert_array_equal(logs.estimate(x), model.estimate(x))


def test_a_body_must_fit_its_description():
    model = toy_model()
    known = model.description
    with pytest.raises(ValueError, match="made for 4 features, described with 3"):
        Model(replace(known, features=known.features[:3]), model.body)
    with pytest.raises(ValueError, match="of 3 classes wants 3"):
        Model(replace(known, classes=("a", "b", "c")), model.body)
    with pytest.raises(ValueError, match=r"wants float64\[r, 4\], got \(5, 3\)"):
        model.predict(np.zeros((5, 3)))


def test_from_a_frame_to_predictions_of_a_stored_model(tmp_path):
    """All of it as in a notebook: no pipeline, no configuration."""
    x, y = toy_data(200)
    frame = pl.DataFrame({"hillas_width": 0.1 * x[:, 0], "hillas_length": x[:, 1]})
    expressions = {"width": "hillas_width", "size": "hillas_length * hillas_length"}
    features = read_features(expressions, dl1.HILLAS, {"size": "deg2"})
    target = Target("true_energy", "TeV", "log10")
    matrix = feature_matrix(frame, features)
    arguments = {"n_estimators": 20, "min_samples_leaf": 5}
    fitted = fit("ExtraTreesRegressor", arguments, matrix.x, target.forward(y), seed=2)
    described = describe(
        fitted,
        features=features,
        inputs=input_units(features, dl1.HILLAS),
        target=target,
    )
    save_model(tmp_path, Model(described, fitted.body))

    model = open_models(tmp_path).load("energy", described.tel_type)
    units = {"hillas_width": "deg", "hillas_length": "deg"}
    model.check_inputs(units, "the frame")
    again = feature_matrix(frame, model.description.features)
    assert again.valid.all()
    energy = model.predict(again.x)
    np.testing.assert_allclose(energy, 10 ** fitted.estimator.predict(matrix.x))
    assert np.std(np.log(energy / y)) < 0.5 * np.std(np.log(y))
