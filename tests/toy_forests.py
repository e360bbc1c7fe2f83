"""Random trees, level by level."""

import numpy as np

from cta_columnar.models import NODE


def random_tree(rng, n_inner, n_features):
    """A tree whose inner nodes are drawn at random among the nodes there are."""
    # Of a queue of open nodes, the next is an inner one or a leaf; the last open one
    # must not be a leaf while inner nodes are left.
    nodes, n_open, left_to_make = [], 1, n_inner
    while n_open:
        is_inner = left_to_make > 0 and (n_open == 1 or rng.random() < 0.6)
        nodes.append(is_inner)
        left_to_make -= is_inner
        n_open += 1 if is_inner else -1
    inner = np.array(nodes)
    tree = np.zeros(inner.size, NODE)
    tree["is_leaf"] = ~inner
    tree["left"][inner] = 1 + 2 * np.arange(inner.sum())
    tree["left"][~inner] = np.arange((~inner).sum())
    tree["feature"][inner] = rng.integers(0, n_features, inner.sum())
    tree["threshold"][inner] = np.round(rng.normal(size=inner.sum()), 1)
    tree["nan_left"][inner] = rng.random(inner.sum()) < 0.5
    return tree


def random_forest(rng, sizes, n_features, n_values):
    """Arrays of `Forest`: nodes, node_start, leaf_start, leaf_value."""
    trees = [random_tree(rng, n_inner, n_features) for n_inner in sizes]
    node_start = np.concatenate([[0], np.cumsum([tree.size for tree in trees])])
    leaves = [int(tree["is_leaf"].sum()) for tree in trees]
    leaf_start = np.concatenate([[0], np.cumsum(leaves)])
    value = rng.normal(size=(leaf_start[-1], n_values))
    return np.concatenate(trees), node_start, leaf_start, value
