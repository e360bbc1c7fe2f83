"""The arrays of a model as Arrow tables, and back."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Literal

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.models import NODE, Description, Feature, Forest, Linear, Model
from cta_columnar.schemas import models as schemas
from cta_columnar.schemas.columns import bind

Reader = Callable[[str, str], pa.ChunkedArray]

_FOREST = ("features", "outputs", "trees", "nodes", "leaves")
_LINEAR = ("features", "outputs", "coefficients")
TABLES_OF = {"forest": _FOREST, "linear": _LINEAR}
"""Names of the tables of each kind of body."""


def kind_of(model: Model) -> Literal["forest", "linear"]:
    """``"forest"`` or ``"linear"``."""
    return "forest" if isinstance(model.body, Forest) else "linear"


def to_tables(model: Model) -> dict[str, pa.RecordBatch]:
    """Return the tables of a model by their names."""
    body = model.body
    of_body = _forest_columns(body) if isinstance(body, Forest) else _linear(body)
    columns = _common(model.description.features, body.base) | of_body
    return {name: _batch(name, columns[name]) for name in TABLES_OF[kind_of(model)]}


def _batch(name: str, columns: Mapping[str, AnyArray | pa.Array]) -> pa.RecordBatch:
    schema = schemas.TABLES[name]
    sizes = {"leaves": ("value", "value"), "coefficients": ("feature", "coefficient")}
    if name in sizes:
        axis, column = sizes[name]
        schema = bind(schema, {axis: columns[column].shape[1]})
    return to_batch(columns, schema)


def _common(
    features: tuple[Feature, ...], base: F8
) -> dict[str, dict[str, AnyArray | pa.Array]]:
    texts = {
        name: pa.array([getattr(each, name) for each in features], pa.string())
        for name in ("name", "unit", "expression")
    }
    return {
        "features": {"feature": np.arange(len(features), dtype=np.int32), **texts},
        "outputs": {"output": np.arange(base.size, dtype=np.int32), "base": base},
    }


def _linear(body: Linear) -> dict[str, dict[str, AnyArray]]:
    numbers = np.arange(body.n_outputs, dtype=np.int32)
    return {"coefficients": {"output": numbers, "coefficient": body.coefficient}}


def _forest_columns(body: Forest) -> dict[str, dict[str, AnyArray]]:
    trees = np.arange(body.n_trees, dtype=np.int32)
    tree = np.repeat(trees, np.diff(body.node_start))
    node = (np.arange(tree.size) - body.node_start[tree]).astype(np.int32)
    leaf = body.nodes["is_leaf"]
    return {
        "trees": {"tree": trees, "output": body.output},
        "nodes": {
            "tree": tree,
            "node": node,
            "feature": np.where(leaf, np.int16(-1), body.nodes["feature"]),
            "threshold": np.where(leaf, np.nan, body.nodes["threshold"]),
            "nan_left": ~leaf & body.nodes["nan_left"],
            "left": np.where(leaf, np.int32(-1), body.nodes["left"]),
        },
        "leaves": {"tree": tree[leaf], "node": node[leaf], "value": body.leaf_value},
    }


def to_model(
    description: Description,
    read: Reader,
    *,
    kind: Literal["forest", "linear"],
    scale: float,
    single_precision: bool,
) -> Model:
    """Return the model whose tables these are.

    Parameters
    ----------
    description : Description
        Besides its tables.
    read : callable
        Gives a column by the names of table and column. One at a time is asked for,
        since those of deep trees may be hundreds of megabytes.
    kind : str
        Of the body.
    scale, single_precision
        Of a forest.

    Raises
    ------
    ValueError
        If they are not the tables of a model.
    """
    _check_features(description.features, read)
    base = _to_array(read("outputs", "base"))
    _check_count(read, "outputs", "output", base.size)
    if kind == "linear":
        coefficient = _to_array(read("coefficients", "coefficient"))
        _check_count(read, "coefficients", "output", base.size)
        return Model(description, Linear(coefficient, base))
    output = _to_array(read("trees", "output"))
    _check_count(read, "trees", "tree", output.size)
    nodes, node_start = _nodes(read, output.size)
    forest = Forest(
        nodes=nodes,
        node_start=node_start,
        leaf_value=_to_array(read("leaves", "value")),
        output=output,
        base=base,
        scale=scale,
        n_features=len(description.features),
        single_precision=single_precision,
    )
    _check_leaves(forest, read)
    return Model(description, forest)


def _check_features(features: tuple[Feature, ...], read: Reader) -> None:
    for name in ("name", "expression", "unit"):
        there = read("features", name).to_pylist()
        if there != [getattr(each, name) for each in features]:
            raise ValueError("the table of features is not that of the description")
    _check_count(read, "features", "feature", len(features))


def _check_count(read: Reader, table: str, name: str, n: int) -> None:
    if not np.array_equal(_to_array(read(table, name)), np.arange(n)):
        raise ValueError(f"column {name} does not count from 0 to {n - 1}")


def _nodes(read: Reader, n_trees: int) -> tuple[AnyArray, I8]:
    """Put together the nodes of all trees, and where each tree begins."""
    tree = _to_array(read("nodes", "tree"))
    if (tree[1:] < tree[:-1]).any():
        raise ValueError("nodes are not sorted by tree")
    node_start = np.searchsorted(tree, np.arange(n_trees + 1))
    if node_start[0] != 0 or node_start[-1] != tree.size:
        raise ValueError(f"nodes of other than {n_trees} trees")
    node = _to_array(read("nodes", "node"))
    nodes = np.zeros(node.size, NODE)
    for name in ("feature", "threshold", "left", "nan_left"):
        nodes[name] = _to_array(read("nodes", name))
    nodes["is_leaf"] = is_leaf = nodes["feature"] == -1
    for name in ("feature", "threshold", "left", "nan_left"):
        nodes[name][is_leaf] = 0
    for first, last in pairwise(node_start):
        if not np.array_equal(node[first:last], np.arange(last - first)):
            raise ValueError("nodes of a tree do not count from 0")
        leaf = nodes["is_leaf"][first:last]
        nodes["left"][first:last][leaf] = np.arange(np.count_nonzero(leaf))
    return nodes, node_start


def _check_leaves(forest: Forest, read: Reader) -> None:
    tree, node = (_to_array(read("leaves", each)) for each in ("tree", "node"))
    for number, (first, last) in enumerate(pairwise(forest.leaf_start)):
        places = np.flatnonzero(forest.tree(number)["is_leaf"])
        is_here = (tree[first:last] == number).all()
        if not (is_here and np.array_equal(node[first:last], places)):
            raise ValueError("leaves with values are not those of the trees")


def _to_array(column: pa.ChunkedArray) -> AnyArray:
    """Array of a column, in one piece."""
    chunks = column.combine_chunks()
    if isinstance(chunks, pa.ChunkedArray):
        chunks = pa.concat_arrays(chunks.chunks)
    return np.ascontiguousarray(to_numpy(chunks))
