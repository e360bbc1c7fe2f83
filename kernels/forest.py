"""Sums over the trees of a forest.

Shapes: ``r`` rows, ``f`` features, ``n`` nodes, ``t`` trees, ``v`` values of a leaf,
``o`` outputs.

A row alone would wait at every node of a tree: for the outcome of a comparison that
cannot be foreseen, and deep down for memory. So many rows go down a tree together, each
a step at a time and without a branch, and their waits overlap.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels._types import F8, I4, I8, U4, AnyArray, Mask

TOGETHER = 256  # rows that go down a tree together
FIRST_STEPS = 4  # before rows that have reached a leaf are taken out
STEPS = 3  # the same, after that


@lean
def _has_nan(x: AnyArray) -> bool:
    found = False
    for value in x:
        found |= math.isnan(value)
    return found


@lean
def _step(
    feature: U4,
    threshold: AnyArray,
    left: U4,
    nan_right: Mask,
    x: AnyArray,
    width: int,
    row: U4,
    place: U4,
    n_active: int,
    with_nan: bool,
) -> None:
    """Take rows x[r * f] one node down; those in a leaf stay there."""
    # Unsigned, as all that is an index here: none may count from the end.
    n_features = np.uint32(width)
    for a in range(n_active):
        p = place[a]
        value = x[row[a] * n_features + feature[p]]
        right = value > threshold[p]
        if with_nan:
            right |= math.isnan(value) & nan_right[p]
        place[a] = left[p] + np.uint32(right)


@lean
def _take_out(left: U4, row: U4, place: U4, leaf: U4, n_active: int) -> int:
    """Keep rows that are not in a leaf yet in front, and count them."""
    n_left = 0
    for a in range(n_active):
        p, i = place[a], row[a]
        leaf[i] = p  # the last that is written is one
        place[n_left], row[n_left] = p, i
        n_left += left[p] != p
    return n_left


@njit
def add_trees(
    feature: U4,
    threshold: AnyArray,
    left: U4,
    nan_right: Mask,
    value: F8,
    node_start: I8,
    output: I4,
    x: AnyArray,
    out: F8,
) -> None:
    """Add to each row the values of the leaves that it ends in.

    A row goes from a node to ``left``, or to the one behind it if its feature is above
    the threshold, or NaN where ``nan_right`` holds. A leaf is a node that it does not
    leave: its own ``left``, below a threshold of infinity and without ``nan_right``.

    Parameters
    ----------
    feature : uint32[n]
        Of the trees one after the other.
    threshold : float32[n] or float64[n]
        In the precision of the features.
    left : uint32[n]
        The left child, counted from the root of its tree.
    nan_right : bool[n]
        Whether NaN goes to the right one.
    value : float64[n, v]
        What a leaf adds; of other nodes anything.
    node_start : int64[t + 1]
        First node of each tree.
    output : int32[t]
        First of the outputs that a tree adds to.
    x : float32[r, f] or float64[r, f]
        Features, C-contiguous.
    out : float64[r, o]
        Is added to, tree by tree.
    """
    n_rows, width = x.shape
    flat = x.ravel()
    with_nan = _has_nan(flat)
    row, place, leaf = np.empty((3, TOGETHER), np.uint32)
    for t in range(output.size):
        tree = slice(node_start[t], node_start[t + 1])
        of_tree = feature[tree], threshold[tree], left[tree], nan_right[tree]
        values = value[tree]
        for first in range(0, n_rows, TOGETHER):
            n_here = min(TOGETHER, n_rows - first)
            rows = flat[first * width : (first + n_here) * width]
            n_active = n_here
            for i in range(n_here):
                place[i], row[i] = 0, i
            n_steps = FIRST_STEPS
            while n_active > 0:
                for _ in range(n_steps):
                    _step(*of_tree, rows, width, row, place, n_active, with_nan)
                n_active = _take_out(of_tree[2], row, place, leaf, n_active)
                n_steps = STEPS
            for i in range(n_here):
                for k in range(values.shape[1]):
                    out[first + i, output[t] + k] += values[leaf[i], k]
