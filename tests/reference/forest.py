"""Slow, obvious sum over the trees of a forest: what `kernels.forest` must equal."""

import math


def leaf_of(tree, row):
    """Number of the leaf in which a row ends, one question after the other."""
    node = tree[0]
    while not node["is_leaf"]:
        value = row[node["feature"]]
        if math.isnan(value):
            goes_left = bool(node["nan_left"])
        else:
            goes_left = value <= node["threshold"]
        node = tree[node["left"]] if goes_left else tree[node["left"] + 1]
    return node["left"]


def add_trees(nodes, node_start, leaf_start, leaf_value, output, x, out):
    for t, first in enumerate(output):
        tree = nodes[node_start[t] : node_start[t + 1]]
        values = leaf_value[leaf_start[t] : leaf_start[t + 1]]
        for r, row in enumerate(x):
            for k, value in enumerate(values[leaf_of(tree, row)]):
                out[r, first + k] += value
