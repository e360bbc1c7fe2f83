"""Components and histograms as Arrow tables, and back."""

from itertools import pairwise

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.schemas import irf
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.histogram import Histogram, HistogramSpec

_KEY = "product"


def to_table(component: Component) -> pa.Table:
    """Write a component as a table: a row per bin, the last axis running fastest.

    Raises
    ------
    KeyError
        If its columns are not those of its schema.
    """
    values = irf.TABLES[component.name]
    shape = tuple(axis.n_bins for axis in component.axes)
    columns = _edge_columns(component.axes)
    unknown = {n: np.full(1, np.nan) for n in irf.OPTIONAL if n in values.names}
    for name, array in {**unknown, **component.columns}.items():
        columns[name] = np.broadcast_to(array, shape).reshape(-1)
    schema = merge(*(irf.edges(a.name, a.unit) for a in component.axes), values)
    metadata = {_KEY: component.name, **component.metadata}
    return pa.Table.from_batches([to_batch(columns, schema.with_metadata(metadata))])


def from_table(table: pa.Table) -> Component:
    """Read a component from a table that `to_table` wrote.

    Raises
    ------
    UserError
        If it is another table, or bins are missing.
    """
    metadata = _metadata(table)
    name = metadata.pop(_KEY, "")
    if name not in irf.TABLES:
        hint = did_you_mean(name, irf.TABLES)
        raise UserError(f"{name!r} is no product of instrument responses; {hint}")
    axes = read_axes(table)
    shape = tuple(axis.n_bins for axis in axes)
    there = [
        each
        for each in irf.TABLES[name].names
        if each in table.column_names or each not in irf.OPTIONAL
    ]
    columns = {each: _values(table, each, shape) for each in there}
    return Component(name, axes, columns, metadata)


def histogram_to_table(histogram: Histogram) -> pa.Table:
    """Write a histogram as a table, whole, so that more events can be added."""
    columns: dict[str, AnyArray] = {
        "n_events": histogram.n,
        "n_pairs": histogram.pairs.reshape(histogram.spec.shape),
    }
    for name, sums in (("weights", histogram.sums), ("squares", histogram.squares)):
        for limb in range(sums.shape[1]):
            none = np.zeros(1, np.int64)
            columns[f"{name}_{limb}"] = (
                sums[:, limb].reshape(histogram.spec.shape) if len(sums) else none
            )
    outside, undefined = histogram.left_out
    metadata = {
        "histogram": histogram.spec.name,
        "selection": histogram.spec.selection,
        "weight": histogram.spec.weight,
        "n_outside": str(outside),
        "n_undefined": str(undefined),
    }
    return to_table(Component("histogram", histogram.spec.axes, columns, metadata))


def histogram_from_table(table: pa.Table) -> Histogram:
    """Read a histogram from a table that `histogram_to_table` wrote.

    Raises
    ------
    UserError
        If it is another table, or bins are missing.
    """
    component = from_table(table)
    if component.name != "histogram":
        raise UserError(f"a table of {component.name!r} is no histogram")
    told = component.metadata
    spec = HistogramSpec(
        told["histogram"], component.axes, told["selection"], told["weight"]
    )
    histogram = Histogram(spec)
    histogram.counts = component["n_events"].reshape(-1).copy()
    histogram.pairs = component["n_pairs"].reshape(-1).copy()
    histogram.left_out[:] = int(told["n_outside"]), int(told["n_undefined"])
    for name, sums in (("weights", histogram.sums), ("squares", histogram.squares)):
        for limb in range(sums.shape[1] if len(sums) else 0):
            sums[:, limb] = component[f"{name}_{limb}"].reshape(-1)
    return histogram


def read_axes(table: pa.Table) -> tuple[Axis, ...]:
    """Find the axes of a table by its columns of edges.

    Raises
    ------
    UserError
        If its rows are not all bins of these axes in order.
    """
    lows = [name for name in table.column_names if name.endswith("_low")]
    names = [name.removesuffix("_low") for name in lows]
    axes = tuple(_read_axis(table, name) for name in names)
    for name, wanted in _edge_columns(axes).items():
        got = to_numpy(table.column(name).combine_chunks())
        if not np.array_equal(got, wanted):
            raise UserError(
                f"the rows of a table are not all bins of {', '.join(names)}, in order"
            )
    return axes


def _read_axis(table: pa.Table, name: str) -> Axis:
    low, high = (
        to_numpy(table.column(f"{name}_{end}").combine_chunks())
        for end in ("low", "high")
    )
    edges = np.unique(np.concatenate([low, high]))
    unit = (table.schema.field(f"{name}_low").metadata or {}).get(b"unit", b"")
    return Axis(name, unit.decode(), tuple(float(edge) for edge in edges))


def _edge_columns(axes: tuple[Axis, ...]) -> dict[str, AnyArray]:
    shape = tuple(axis.n_bins for axis in axes)
    columns: dict[str, AnyArray] = {}
    for i, axis in enumerate(axes):
        pairs: F8 = np.array(list(pairwise(axis.edges)))
        of_axis = [1] * len(axes)
        of_axis[i] = -1
        for end, values in zip(("low", "high"), pairs.T, strict=True):
            whole = np.broadcast_to(values.reshape(of_axis), shape)
            columns[f"{axis.name}_{end}"] = whole.reshape(-1)
    return columns


def _values(table: pa.Table, name: str, shape: tuple[int, ...]) -> AnyArray:
    return to_numpy(table.column(name).combine_chunks()).reshape(shape)


def _metadata(table: pa.Table) -> dict[str, str]:
    given = table.schema.metadata or {}
    return {key.decode(): value.decode() for key, value in given.items()}
