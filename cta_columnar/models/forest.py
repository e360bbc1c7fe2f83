"""Ensembles of binary trees: random forests and boosted trees alike."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cta_columnar.array_types import F8, I4, I8, AnyArray, Mask
from cta_columnar.kernels.forest import add_trees
from cta_columnar.models.paths import Paths

NODE = np.dtype(
    [
        ("threshold", np.float64),
        ("left", np.int32),
        ("feature", np.int16),
        ("nan_left", np.bool_),
        ("is_leaf", np.bool_),
    ]
)
"""A node. ``left`` is a place in the tree; in a leaf, the number of the leaf in it."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Binary trees whose leaves add up: ``base + scale * sum of leaf values``.

    Trees are stored level by level: the two children of a node stand side by side,
    after those of the inner nodes before it. So no node comes before its parent, and
    none is reached twice.

    Attributes
    ----------
    nodes : NODE[n]
        The trees, one after the other. A row goes left where its feature is not above
        the threshold, or is NaN and ``nan_left`` holds.
    node_start : int64[t + 1]
        Where the trees begin, and the last one ends.
    leaf_value : float64[l, v]
        Of the leaves of all trees.
    output : int32[t]
        First of the ``v`` outputs that the leaves of a tree add to.
    base : float64[o]
        What the trees add to.
    scale : float
        Factor of all leaf values.
    n_features : int
        Features of a row.
    single_precision : bool
        Whether features are rounded to float32 first, as scikit-learn's trees do; its
        histogram boosting does not.

    Raises
    ------
    ValueError
        If these are no trees: a cycle, a child, feature or output that is not there, a
        leaf that is not finite.
    """

    nodes: AnyArray
    node_start: I8
    leaf_value: F8
    output: I4
    base: F8
    scale: float
    n_features: int
    single_precision: bool

    def __post_init__(self) -> None:
        """Refuse what is no forest: a kernel that follows it would never return."""
        _check_starts(self.node_start, self.nodes.size, self.output.size)
        if self.n_features > np.iinfo(NODE["feature"]).max:
            raise ValueError(f"{self.n_features} features are too many")
        for number in range(self.n_trees):
            try:
                _check_tree(self.tree(number), self.n_features)
            except ValueError as error:
                raise ValueError(f"tree {number}: {error}") from error
        _check_values(self)

    @property
    def n_outputs(self) -> int:
        """Numbers it gives for each row."""
        return self.base.size

    @cached_property
    def leaf_start(self) -> I8:
        """int64[t + 1]: number of the first leaf of each tree, and of all leaves."""
        n_leaves = (np.diff(self.node_start) + 1) // 2
        return np.concatenate([[0], np.cumsum(n_leaves)])

    @cached_property
    def paths(self) -> Paths:
        """The trees again, as rows go down them."""
        dtype = np.float32 if self.single_precision else np.float64
        return Paths.of(self.nodes, self.node_start, self.leaf_value, dtype)

    @property
    def n_trees(self) -> int:
        """Trees."""
        return self.output.size

    def tree(self, number: int) -> AnyArray:
        """NODE[k]: the nodes of one tree."""
        nodes: AnyArray = self.nodes[
            self.node_start[number] : self.node_start[number + 1]
        ]
        return nodes

    def evaluate(self, x: F8) -> F8:
        """float64[r, o]: raw outputs of rows x[r, f], NaN among them or not."""
        raw = np.zeros((len(x), self.n_outputs))
        # Beyond the range of float32 are infinities, which have their way, too.
        with np.errstate(over="ignore"):
            rows = np.ascontiguousarray(x, dtype=self.paths.threshold.dtype)
        add_trees(*self.paths, self.node_start, self.output, rows, raw)
        raw *= self.scale
        raw += self.base
        return raw


def _check_starts(node_start: I8, n_nodes: int, n_trees: int) -> None:
    fits = node_start.shape == (n_trees + 1,) and n_trees > 0
    if not (fits and node_start[0] == 0 and node_start[-1] == n_nodes):
        raise ValueError(f"{n_trees} trees do not fill {n_nodes} nodes")
    if (np.diff(node_start) < 1).any():
        raise ValueError("a tree has no nodes")


def _check_tree(tree: AnyArray, n_features: int) -> None:
    """Check that a tree is as `Forest` says, without following it."""
    place = np.arange(tree.size)
    leaf = tree["is_leaf"]
    n_leaves_before = np.cumsum(leaf) - leaf
    # Every node but the root is the child of one that comes before it. With that and
    # the number of nodes, each is reached once.
    child = 1 + 2 * (place - n_leaves_before)
    left = tree["left"]
    _refuse(~leaf & ((left != child) | (left <= place)), "lost child")
    if tree.size != 2 * np.count_nonzero(~leaf) + 1:
        raise ValueError("too many or too few nodes")
    _refuse(leaf & (left != n_leaves_before), "lost leaf")
    feature = tree["feature"]
    out_of_range = (feature < 0) | (feature >= n_features)
    _refuse(~leaf & out_of_range, f"none of {n_features} features")
    _refuse(~leaf & np.isnan(tree["threshold"]), "a threshold of NaN")


def _refuse(bad: Mask, what: str) -> None:
    if bad.any():
        raise ValueError(f"node {np.argmax(bad)}: {what}")


def _check_values(forest: Forest) -> None:
    value, base = forest.leaf_value, forest.base
    n_leaves = np.count_nonzero(forest.nodes["is_leaf"])
    if value.ndim != 2 or len(value) != n_leaves:
        raise ValueError(f"{n_leaves} leaves with values of shape {value.shape}")
    if not np.isfinite(value).all():
        raise ValueError("the value of a leaf is not finite")
    if not (np.isfinite(base).all() and np.isfinite(forest.scale)):
        raise ValueError("a base value or the scale is not finite")
    first, last = forest.output.min(), forest.output.max()
    if first < 0 or last + value.shape[1] > base.size:
        raise ValueError(f"a tree adds to none of the {base.size} outputs")
