"""Sums over the trees of a forest.

Shapes: ``r`` rows, ``f`` features, ``n`` nodes, ``t`` trees, ``l`` leaves, ``v`` values
of a leaf, ``o`` outputs.

A row alone would wait at every node of a tree: for the outcome of a comparison that
cannot be foreseen, and deep down for memory. So many rows go down a tree together, each
a step at a time and without a branch, and their waits overlap.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels._types import F8, I4, I8, AnyArray

TOGETHER = 256  # rows that go down a tree together
UPPER = 10  # levels: a thousand nodes, which stay in the cache
STEPS = 2  # below those, before rows that have reached a leaf are taken out


@lean
def _step(tree: AnyArray, place: int, x: F8, i: int, with_nan: bool) -> int:
    """Where row i goes from a node; from a leaf nowhere."""
    node = tree[place]
    value = x[i, node["feature"]]
    right = value > node["threshold"]
    if with_nan:
        right |= math.isnan(value) & (not node["nan_left"])
    return place if node["is_leaf"] else node["left"] + right


@lean
def _upper_levels(tree: AnyArray) -> int:
    """Count the levels below the root, up to `UPPER`."""
    n_levels, first, last = 0, 0, 1
    while n_levels < UPPER and first < last:
        n_inner = 0
        for p in range(first, last):
            n_inner += not tree[p]["is_leaf"]
        first, last = last, last + 2 * n_inner
        n_levels += n_inner > 0
    return n_levels


@lean
def _descend_upper(tree: AnyArray, x: F8, with_nan: bool, place: I8) -> None:
    """Take rows x[i, f] from the root down the upper levels, eight at a time."""
    n_levels = _upper_levels(tree)
    n_rows = x.shape[0]
    n_in_eights = n_rows - n_rows % 8
    for i in range(0, n_in_eights, 8):
        # By name, so that they are kept in registers.
        a = b = c = d = e = f = g = h = 0
        for _ in range(n_levels):
            a = _step(tree, a, x, i, with_nan)
            b = _step(tree, b, x, i + 1, with_nan)
            c = _step(tree, c, x, i + 2, with_nan)
            d = _step(tree, d, x, i + 3, with_nan)
            e = _step(tree, e, x, i + 4, with_nan)
            f = _step(tree, f, x, i + 5, with_nan)
            g = _step(tree, g, x, i + 6, with_nan)
            h = _step(tree, h, x, i + 7, with_nan)
        place[i], place[i + 1], place[i + 2], place[i + 3] = a, b, c, d
        place[i + 4], place[i + 5], place[i + 6], place[i + 7] = e, f, g, h
    for i in range(n_in_eights, n_rows):
        place[i] = 0
        for _ in range(n_levels):
            place[i] = _step(tree, place[i], x, i, with_nan)


@lean
def _descend_rest(tree: AnyArray, x: F8, with_nan: bool, place: I8, active: I8) -> None:
    """Take rows that are not in a leaf yet down to theirs."""
    n_active = 0
    for i in range(x.shape[0]):
        active[n_active] = i
        n_active += not tree[place[i]]["is_leaf"]
    while n_active > 0:
        for _ in range(STEPS):
            for a in range(n_active):
                i = active[a]
                place[i] = _step(tree, place[i], x, i, with_nan)
        n_left = 0
        for a in range(n_active):
            i = active[a]
            active[n_left] = i
            n_left += not tree[place[i]]["is_leaf"]
        n_active = n_left


@lean
def _has_nan(x: F8) -> bool:
    found = False
    for r in range(x.shape[0]):
        for k in range(x.shape[1]):
            found |= math.isnan(x[r, k])
    return found


@njit
def add_trees(
    nodes: AnyArray,
    node_start: I8,
    leaf_start: I8,
    leaf_value: F8,
    output: I4,
    x: F8,
    out: F8,
) -> None:
    """Add to each row the values of the leaves that it ends in.

    Parameters
    ----------
    nodes : record[n]
        Trees one after the other, each level by level, with the fields ``threshold``
        (float64), ``left`` (left child, counted from the root of its tree, with the
        right one next to it; in a leaf the number of the leaf in its tree),
        ``feature``, ``nan_left`` and ``is_leaf``. A row goes left if its feature is
        not above the threshold, or NaN where ``nan_left`` holds.
    node_start : int64[t + 1]
        First node of each tree.
    leaf_start : int64[t + 1]
        First leaf of each tree.
    leaf_value : float64[l, v]
        Values of the leaves of all trees.
    output : int32[t]
        First of the outputs that a tree adds to.
    x : float64[r, f]
        Features.
    out : float64[r, o]
        Is added to, tree by tree.
    """
    n_rows = x.shape[0]
    with_nan = _has_nan(x)
    place = np.empty(TOGETHER, np.int64)
    active = np.empty(TOGETHER, np.int64)
    for t in range(output.size):
        tree = nodes[node_start[t] : node_start[t + 1]]
        for first in range(0, n_rows, TOGETHER):
            rows = x[first : first + TOGETHER]
            _descend_upper(tree, rows, with_nan, place)
            _descend_rest(tree, rows, with_nan, place, active)
            for i in range(rows.shape[0]):
                leaf = leaf_start[t] + tree[place[i]]["left"]
                for k in range(leaf_value.shape[1]):
                    out[first + i, output[t] + k] += leaf_value[leaf, k]
