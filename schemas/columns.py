"""How a column is declared, and how its axes get their sizes."""

from collections.abc import Mapping

import pyarrow as pa


def column(
    name: str,
    dtype: pa.DataType,
    unit: str = "",
    description: str = "",
    *,
    axes: tuple[str, ...] = (),
    ucd: str = "",
) -> pa.Field:
    """Declare a column whose unit and meaning travel inside the file.

    Parameters
    ----------
    name : str
        Column name.
    dtype : pyarrow.DataType
        Type of one value; for a column with axes, of one element.
    unit : str
        FITS unit string, empty for dimensionless.
    description : str
        What the column means, in a few words.
    axes : tuple of str
        Names of the axes of one cell, outermost first, e.g. ``("pixel", "sample")``.
        `bind` turns them into fixed-size lists.
    ucd : str
        IVOA Unified Content Descriptor, where one exists.
    """
    metadata = {"unit": unit, "description": description}
    if axes:
        metadata["axes"] = ",".join(axes)
    if ucd:
        metadata["ucd"] = ucd
    return pa.field(name, dtype, nullable=False, metadata=metadata)


def axes_of(field: pa.Field) -> tuple[str, ...]:
    """Names of the axes of a column, outermost first."""
    names = (field.metadata or {}).get(b"axes", b"").decode()
    return tuple(names.split(",")) if names else ()


def bind(schema: pa.Schema, sizes: Mapping[str, int]) -> pa.Schema:
    """Give every axis of a schema its size: ``("pixel",)`` becomes a list of n pixels.

    Raises
    ------
    KeyError
        If a column has an axis that ``sizes`` does not name.
    """
    return pa.schema([_bound(field, sizes) for field in schema], schema.metadata)


def _bound(field: pa.Field, sizes: Mapping[str, int]) -> pa.Field:
    dtype = field.type
    for axis in reversed(axes_of(field)):
        if axis not in sizes:
            raise KeyError(
                f"column {field.name!r} has the axis {axis!r} of unknown size"
            )
        dtype = pa.list_(pa.field("element", dtype, nullable=False), sizes[axis])
    return field.with_type(dtype)


def merge(*schemas: pa.Schema) -> pa.Schema:
    """Return one schema with the columns of all, in order."""
    return pa.schema([field for schema in schemas for field in schema])


def prefixed(schema: pa.Schema, prefix: str) -> pa.Schema:
    """Return the same columns under ``prefix`` + name."""
    return pa.schema([field.with_name(prefix + field.name) for field in schema])
