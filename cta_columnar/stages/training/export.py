"""Take the arrays of a model out of a fitted estimator.

Some of what is read here is private to scikit-learn. So every export is compared with
the estimator itself, and refused if the two do not agree.
"""

from typing import Any

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.models import LINKS, NODE, Forest, Linear
from cta_columnar.stages.training.catalogue import (
    BOOSTING,
    FOREST,
    HISTOGRAM,
    EstimatorKind,
    kind_of,
)

TOLERANCE = 1e-6


class NotExportedError(RuntimeError):
    """A model does not predict what its estimator predicts."""


def accepts_nan(estimator: Any) -> bool:  # noqa: ANN401
    """Whether an estimator, fitted or not, knows what to do with a NaN."""
    from sklearn.utils import get_tags  # noqa: PLC0415 - only training needs it

    return bool(get_tags(estimator).input_tags.allow_nan)


def export(name: str, estimator: Any, probe: F8) -> tuple[Forest | Linear, str]:  # noqa: ANN401
    """Return the body of a model, and its link.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        Fitted.
    probe : float64[r, f]
        Rows for which model and estimator must agree to `TOLERANCE`.

    Raises
    ------
    NotExportedError
        If they do not.
    """
    kind = kind_of(name)
    body = _EXPORTS.get(kind.family, _linear)(estimator)
    link = _link(kind, estimator)
    got = LINKS[link](body.evaluate(probe))
    if kind.classifies:
        want = estimator.predict_proba(probe)
    else:
        want = estimator.predict(probe)[:, np.newaxis]
    if not np.allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE * np.abs(want).max()):
        worst = np.abs(got - want).max()
        raise NotExportedError(
            f"{name}: the exported model is off by up to {worst:g}; this version of "
            "scikit-learn keeps its models in another way than is known here"
        )
    return body, link


def _link(kind: EstimatorKind, estimator: Any) -> str:  # noqa: ANN401
    if kind.family == FOREST:
        return "identity"
    link = kind.links[getattr(estimator, "loss", "")]
    if link == "classes":
        return "logistic" if estimator.classes_.size == 2 else "softmax"
    return link


def _linear(estimator: Any) -> Linear:  # noqa: ANN401
    coefficient = np.atleast_2d(np.asarray(estimator.coef_, np.float64))
    base = np.atleast_1d(np.asarray(estimator.intercept_, np.float64))
    return Linear(coefficient, np.broadcast_to(base, len(coefficient)).copy())


def _bagged(estimator: Any) -> Forest:  # noqa: ANN401
    """Export a random forest: the mean of its trees, each of which has all outputs."""
    trees = [_Tree.of_tree(each.tree_) for each in estimator.estimators_]
    return _assembled(
        trees,
        output=np.zeros(len(trees), np.int32),
        base=np.zeros(trees[0].value.shape[1]),
        scale=1 / len(trees),
        n_features=estimator.n_features_in_,
        single_precision=True,
    )


def _boosted(estimator: Any) -> Forest:  # noqa: ANN401
    """Export gradient boosting: a tree for each class in each iteration."""
    n_outputs = estimator.estimators_.shape[1]
    grown = estimator.estimators_.ravel()
    # The same for all rows: `init` cannot be an estimator of its own.
    first_row = np.zeros((1, estimator.n_features_in_))
    base = estimator._raw_predict_init(first_row)[0].astype(np.float64)
    # Half the log-odds.
    double = 2.0 if estimator.loss == "exponential" else 1.0
    return _assembled(
        [_Tree.of_tree(each.tree_) for each in grown],
        output=np.arange(grown.size, dtype=np.int32) % n_outputs,
        base=double * base,
        scale=double * estimator.learning_rate,
        n_features=estimator.n_features_in_,
        single_precision=True,
    )


def _histogram(estimator: Any) -> Forest:  # noqa: ANN401
    """Export histogram boosting, whose values contain the learning rate."""
    grown = [tree for iteration in estimator._predictors for tree in iteration]
    base = np.ravel(estimator._baseline_prediction).astype(np.float64)
    return _assembled(
        [_Tree.of_predictor(each.nodes) for each in grown],
        output=np.arange(len(grown), dtype=np.int32) % base.size,
        base=base,
        scale=1.0,
        n_features=estimator.n_features_in_,
        single_precision=False,
    )


_EXPORTS: dict[str, Any] = {
    FOREST: _bagged,
    BOOSTING: _boosted,
    HISTOGRAM: _histogram,
}


class _Tree:
    """The nodes of one tree, level by level, and the values[l, v] of its leaves."""

    def __init__(
        self,
        left: I8,
        right: I8,
        is_leaf: Mask,
        columns: dict[str, AnyArray],
        value: F8,
    ) -> None:
        order = _by_level(left, right, is_leaf)
        leaf = is_leaf[order]
        self.nodes = np.zeros(order.size, NODE)
        for name in ("feature", "threshold", "nan_left"):
            self.nodes[name][~leaf] = columns[name][order[~leaf]]
        self.nodes["is_leaf"] = leaf
        self.nodes["left"][~leaf] = 1 + 2 * np.arange(np.count_nonzero(~leaf))
        self.nodes["left"][leaf] = np.arange(np.count_nonzero(leaf))
        self.value = value[order[leaf]]

    @classmethod
    def of_tree(cls, tree: Any) -> "_Tree":  # noqa: ANN401
        columns = {
            "feature": tree.feature,
            "threshold": tree.threshold,
            "nan_left": tree.missing_go_to_left,
        }
        left, right = tree.children_left, tree.children_right
        value = tree.value.reshape(left.size, -1)
        return cls(left, right, left < 0, columns, value)

    @classmethod
    def of_predictor(cls, nodes: AnyArray) -> "_Tree":
        columns = {
            "feature": nodes["feature_idx"],
            "threshold": nodes["num_threshold"],
            "nan_left": nodes["missing_go_to_left"],
        }
        left, right = (nodes[side].astype(np.int64) for side in ("left", "right"))
        is_leaf = nodes["is_leaf"].astype(bool)
        return cls(left, right, is_leaf, columns, nodes["value"][:, np.newaxis])


def _by_level(left: I8, right: I8, is_leaf: Mask) -> I8:
    """int64[n]: nodes in the order of their levels, children side by side."""
    level = np.zeros(1, np.int64)
    levels = []
    while level.size:
        levels.append(level)
        inner = level[~is_leaf[level]]
        level = np.stack([left[inner], right[inner]], axis=1).ravel()
    return np.concatenate(levels)


def _assembled(trees: list[_Tree], **facts: Any) -> Forest:  # noqa: ANN401
    sizes = [tree.nodes.size for tree in trees]
    return Forest(
        nodes=np.concatenate([tree.nodes for tree in trees]),
        node_start=np.concatenate([[0], np.cumsum(sizes)]),
        leaf_value=np.concatenate([tree.value for tree in trees]),
        **facts,
    )
