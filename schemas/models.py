"""Trained models: trees, linear coefficients, and the features they read.

A model is a folder with these tables and ``model.json``. Trees are stored level by
level: the two children of a node stand side by side, and each inner node finds its
children after those of the inner nodes before it.
"""

import pyarrow as pa

from cta_columnar.schemas.columns import column

_TREE = column("tree", pa.int32(), "", "number of the tree")
_NODE = column("node", pa.int32(), "", "number of the node in its tree, 0 the root")
_OUTPUT = column("output", pa.int32(), "", "number of the raw output")

FEATURES = pa.schema(
    [
        column("feature", pa.int32(), "", "number of the feature"),
        column("name", pa.string(), "", "name of the feature"),
        column("unit", pa.string(), "", "unit of the feature"),
        column("expression", pa.string(), "", "how columns make it, in SQL"),
    ]
)

OUTPUTS = pa.schema(
    [
        _OUTPUT,
        column("base", pa.float64(), "", "what the trees or coefficients add to"),
    ]
)

TREES = pa.schema(
    [
        _TREE,
        column("output", pa.int32(), "", "first raw output that its values add to"),
    ]
)

NODES = pa.schema(
    [
        _TREE,
        _NODE,
        column("feature", pa.int16(), "", "the one that decides; -1 in a leaf"),
        column("threshold", pa.float64(), "", "left if not above; NaN in a leaf"),
        column("nan_left", pa.bool_(), "", "NaN goes left; false in a leaf"),
        column(
            "left",
            pa.int32(),
            "",
            "left child, right before the right one; -1 in a leaf",
        ),
    ]
)

LEAVES = pa.schema(
    [
        _TREE,
        _NODE,
        column("value", pa.float64(), "", "added, after scaling, to the outputs from the "
               "first one of the tree on", axes=("value",)),
    ]
)  # fmt: skip

COEFFICIENTS = pa.schema(
    [
        _OUTPUT,
        column("coefficient", pa.float64(), "", "of each feature", axes=("feature",)),
    ]
)

CLASSES = pa.schema(
    [
        column("energy_low", pa.float64(), "TeV", "lower edge of the reconstructed energy"),
        column("energy_high", pa.float64(), "TeV", "upper edge, which is outside"),
        column("edge", pa.float64(), "", "largest predicted error of each class but the "
               "last, in the unit of the error", axes=("edge",)),
    ]
)  # fmt: skip

TABLES = {
    "features": FEATURES,
    "outputs": OUTPUTS,
    "trees": TREES,
    "nodes": NODES,
    "leaves": LEAVES,
    "coefficients": COEFFICIENTS,
}
