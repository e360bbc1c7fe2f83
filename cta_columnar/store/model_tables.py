"""The arrays of a model as Arrow tables, and back."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.models import NODE, Description, Feature, Forest, Linear, Model
from cta_columnar.schemas import models as schemas
from cta_columnar.schemas.columns import bind

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
    tables: Mapping[str, pa.Table],
    *,
    scale: float,
    single_precision: bool,
) -> Model:
    """Return the model whose tables these are.

    Parameters
    ----------
    description : Description
        Besides its tables.
    tables : mapping of str to pyarrow.Table
        By their names, of the columns of `schemas.models`.
    scale, single_precision
        Of a forest.

    Raises
    ------
    ValueError
        If they are not the tables of a model.
    """
    _check_features(description.features, tables["features"])
    base = _column(tables["outputs"], "base")
    _check_count(tables["outputs"], "output", base.size)
    if "coefficients" in tables:
        coefficient = _column(tables["coefficients"], "coefficient")
        _check_count(tables["coefficients"], "output", base.size)
        return Model(description, Linear(coefficient, base))
    columns = {
        table: {
            name: _column(tables[table], name) for name in tables[table].schema.names
        }
        for table in ("trees", "nodes", "leaves")
    }
    n_trees = columns["trees"]["tree"].size
    _check_count(tables["trees"], "tree", n_trees)
    nodes, node_start = _nodes(columns["nodes"], n_trees)
    forest = Forest(
        nodes=nodes,
        node_start=node_start,
        leaf_value=columns["leaves"]["value"],
        output=columns["trees"]["output"],
        base=base,
        scale=scale,
        n_features=len(description.features),
        single_precision=single_precision,
    )
    _check_leaves(forest, columns["leaves"])
    return Model(description, forest)


def _check_features(features: tuple[Feature, ...], table: pa.Table) -> None:
    names = ("name", "expression", "unit")
    there = [tuple(row[name] for name in names) for row in table.to_pylist()]
    if there != [(each.name, each.expression, each.unit) for each in features]:
        raise ValueError("the table of features is not that of the description")


def _check_count(table: pa.Table, name: str, n: int) -> None:
    if not np.array_equal(_column(table, name), np.arange(n)):
        raise ValueError(f"column {name} does not count from 0 to {n - 1}")


def _nodes(columns: Mapping[str, AnyArray], n_trees: int) -> tuple[AnyArray, I8]:
    tree = columns["tree"]
    if tree.size and (
        tree.min() < 0 or tree.max() >= n_trees or (np.diff(tree) < 0).any()
    ):
        raise ValueError(
            f"nodes are not sorted by tree, or of more than {n_trees} trees"
        )
    node_start = np.concatenate([[0], np.cumsum(np.bincount(tree, minlength=n_trees))])
    if not np.array_equal(columns["node"], np.arange(tree.size) - node_start[tree]):
        raise ValueError("nodes of a tree do not count from 0")
    leaf = columns["feature"] == -1
    nodes = np.zeros(tree.size, NODE)
    for name in ("threshold", "left", "feature", "nan_left"):
        nodes[name][~leaf] = columns[name][~leaf]
    nodes["is_leaf"] = leaf
    before = np.cumsum(leaf) - leaf
    nodes["left"][leaf] = (
        before - before[np.minimum(node_start[tree], tree.size - 1)]
    )[leaf]
    return nodes, node_start


def _check_leaves(forest: Forest, columns: Mapping[str, AnyArray]) -> None:
    known = _forest_columns(forest)["leaves"]
    for name in ("tree", "node"):
        if not np.array_equal(known[name], columns[name]):
            raise ValueError("leaves with values are not those of the trees")


def _column(table: pa.Table, name: str) -> AnyArray:
    chunks = table.column(name).combine_chunks()
    if isinstance(chunks, pa.ChunkedArray):
        chunks = pa.concat_arrays(chunks.chunks)
    return np.ascontiguousarray(to_numpy(chunks))
