"""Features of models: numbers made of the columns of a table by expressions in SQL.

Polars reads the expressions, nothing is evaluated as Python. All of them are checked
against the schema of the columns before any event is read.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.config.expressions import Cut
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models.description import Feature
from cta_columnar.schemas.columns import axes_of
from cta_columnar.schemas.keys import EVENT_TYPE, TEL_EVENT_NAMES, TIME
from cta_columnar.stages.feature_syntax import check_syntax

TRUTH = "true_"
"""What begins so is simulated, and not there when a model is applied."""

WHICH_EVENT = (
    *(*TEL_EVENT_NAMES, EVENT_TYPE.name, "was_trained_on"),
    *(field.name for field in TIME),
)
"""Columns that tell which event it is, and nothing of others."""

_PROBE_ROWS = 5


@dataclass(frozen=True, eq=False)
class FeatureMatrix:
    """Features of all rows, and which rows have them all.

    Attributes
    ----------
    names : tuple of str
        Names of the features.
    x : float64[r, f]
        A column for each feature.
    """

    names: tuple[str, ...]
    x: F8

    @cached_property
    def valid(self) -> Mask:
        """bool[r]: rows in which every feature is finite."""
        valid: Mask = np.logical_and.reduce(np.isfinite(self.x), axis=1)
        return valid

    @cached_property
    def n_invalid(self) -> dict[str, int]:
        """Rows in which a feature is not finite, by its name; some in several."""
        bad = np.count_nonzero(~np.isfinite(self.x), axis=0)
        return {name: int(n) for name, n in zip(self.names, bad, strict=True)}


def read_features(
    expressions: Mapping[str, str],
    schema: pa.Schema,
    units: Mapping[str, str] | None = None,
) -> tuple[Feature, ...]:
    """Read named expressions, and check them against the columns there will be.

    Parameters
    ----------
    expressions : mapping of str to str
        By name, in the order in which a model reads them. A column stands for itself.
    schema : pyarrow.Schema
        Columns there will be, with their units.
    units : mapping of str to str, optional
        Units of features. A feature that is a column has its unit, others have none.

    Raises
    ------
    UserError
        If an expression cannot be read, names an unknown column, does not make one
        number of each row, or a unit is given for what is not there.
    """
    units = units or {}
    for name in units:
        if name not in expressions:
            hint = did_you_mean(name, expressions)
            raise UserError(f"unit of {name!r}: there is no such feature; {hint}")
    if not expressions:
        raise UserError("a model wants at least one feature")
    features = []
    for name, expression in expressions.items():
        unit = units.get(name, _unit_of(expression.strip(), schema))
        features.append(Feature(name, expression, unit))
        _check(features[-1], schema)
    return tuple(features)


def columns_read(
    features: Iterable[Feature], cuts: Sequence[Cut] = ()
) -> tuple[str, ...]:
    """Columns that features and cuts are made of, sorted."""
    names = {name for each in cuts for name in each.columns}
    for each in features:
        names.update(_expression(each).meta.root_names())
    return tuple(sorted(names))


def input_units(
    features: Iterable[Feature], schema: pa.Schema, cuts: Sequence[Cut] = ()
) -> dict[str, str]:
    """Units of the columns that features and cuts read: `Description.inputs`.

    Raises
    ------
    UserError
        If a cut names a column that will not be there.
    """
    for cut in cuts:
        for name in cut.columns:
            if name not in schema.names:
                hint = column_hint(name, schema.names)
                raise UserError(
                    f"cut {cut.name!r}: there is no column {name!r}; {hint}"
                )
    return {name: _unit_of(name, schema) for name in columns_read(features, cuts)}


def column_hint(name: str, there: Iterable[str]) -> str:
    """Hint for an unknown column: `did_you_mean`, without what would be refused next.

    That is the truth, and what tells which event it is.
    """
    offered = (n for n in there if not n.startswith(TRUTH) and n not in WHICH_EVENT)
    return did_you_mean(name, offered)


def feature_matrix(
    columns: pl.DataFrame | Mapping[str, AnyArray], features: Sequence[Feature]
) -> FeatureMatrix:
    """Compute features of the rows of a table.

    Parameters
    ----------
    columns : polars.DataFrame or mapping of str to array[r]
        With those that `columns_read` names; others do not matter.
    features : sequence of Feature
        As `read_features` returns them, or as a model has them.

    Raises
    ------
    UserError
        If a column is missing.
    """
    names = columns_read(features)
    there = columns.columns if isinstance(columns, pl.DataFrame) else columns
    for name in names:
        if name not in there:
            hint = column_hint(name, there)
            raise UserError(f"features want the column {name!r}; {hint}")
    frame = pl.DataFrame({name: columns[name] for name in names})
    x = _evaluate(frame, features).to_numpy(order="c")
    return FeatureMatrix(tuple(each.name for each in features), np.ascontiguousarray(x))


def _evaluate(frame: pl.DataFrame, features: Sequence[Feature]) -> pl.DataFrame:
    """One float64 column for each feature; what is undefined in SQL is NaN."""
    return frame.select(
        _expression(each).cast(pl.Float64).fill_null(math.nan).alias(each.name)
        for each in features
    )


def _expression(feature: Feature) -> pl.Expr:
    try:
        check_syntax(feature.expression)
    except UserError as error:
        raise _problem(feature, str(error)) from error
    try:
        return pl.sql_expr(feature.expression)
    except pl.exceptions.PolarsError as error:
        raise _problem(feature, f"cannot be read: {error}") from error


def _check(feature: Feature, schema: pa.Schema) -> None:
    expression = _expression(feature)
    names = dict.fromkeys(expression.meta.root_names())
    if not names:
        raise _problem(feature, "names no column")
    for name in names:
        if name not in schema.names:
            hint = column_hint(name, [f.name for f in schema if _is_number(f)])
            raise _problem(feature, f"there is no column {name!r}; {hint}")
        if axes := axes_of(schema.field(name)) or _list_axes(schema.field(name)):
            what = f"column {name!r} has many values a row, one for each {axes[0]}"
            raise _problem(feature, what)
    probe = pl.DataFrame({name: _probe(schema.field(name).type) for name in names})
    try:
        dtype = probe.select(expression).to_series().dtype
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            raise _problem(feature, f"is no number but of type {dtype}")
        together = _evaluate(probe, [feature]).to_series()
        alone = [_evaluate(row, [feature]).to_series() for row in probe.iter_slices(1)]
    except pl.exceptions.PolarsError as error:
        raise _problem(feature, f"cannot be computed: {error}") from error
    if not together.equals(pl.concat(alone)):
        raise _problem(feature, "depends on other rows than its own")


def _list_axes(field: pa.Field) -> tuple[str, ...]:
    is_list = pa.types.is_list(field.type) or pa.types.is_fixed_size_list(field.type)
    return ("element",) if is_list else ()


def _is_number(field: pa.Field) -> bool:
    is_one = not (axes_of(field) or _list_axes(field))
    return is_one and (
        pa.types.is_primitive(field.type) and not pa.types.is_temporal(field.type)
    )


def _probe(dtype: pa.DataType) -> pa.Array:
    """Make up some different values; which ones does not matter."""
    values: list[Any] = list(range(1, _PROBE_ROWS + 1))
    if pa.types.is_floating(dtype):
        values = [0.37 * value**2 for value in values]
    elif pa.types.is_boolean(dtype):
        values = [value % 2 == 0 for value in values]
    elif pa.types.is_string(dtype):
        values = [f"text {value}" for value in values]
    return pa.array(values, type=dtype)


def _unit_of(name: str, schema: pa.Schema) -> str:
    if name not in schema.names:
        return ""
    return str((schema.field(name).metadata or {}).get(b"unit", b"").decode())


def _problem(feature: Feature, what: str) -> UserError:
    return UserError(f"feature {feature.name!r} = {feature.expression!r}: {what}")
