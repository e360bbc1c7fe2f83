"""Whether the columns of a table are those of the data model."""

import pyarrow as pa

from cta_columnar.schemas.columns import axes_of
from cta_columnar.schemas.tables import TABLES, Table
from cta_columnar.store.layout import Place


def schema_problems(place: Place, schema: pa.Schema) -> list[str]:
    """Say how a schema departs from ``schemas.tables``; empty if it does not.

    Columns of algorithms from elsewhere are welcome if they say their unit and meaning.
    A table that is not in the data model must do so for all columns.
    """
    table = TABLES.get(place.table)
    problems = _place_problems(place, table)
    if table is not None:
        missing = [n for n in table.required if not _is_there(n, table, schema)]
        problems += [f"column {name} is missing" for name in missing]
    for field in schema:
        why = _field(table.known(field.name) if table else None, field)
        problems += [f"column {field.name}: {each}" for each in why]
    names = schema.names
    problems += [f"column {n} occurs twice" for n in set(names) if names.count(n) > 1]
    return problems


def _is_there(name: str, table: Table, schema: pa.Schema) -> bool:
    stand_ins = table.stand_ins.get(name, (name,))
    return name in schema.names or all(each in schema.names for each in stand_ins)


def _place_problems(place: Place, table: Table | None) -> list[str]:
    if table is None or table.by_telescope_type == (place.tel_type is not None):
        return []
    if table.by_telescope_type:
        return ["the table needs a telescope type"]
    return ["the table is not kept by telescope type"]


def _field(known: pa.Field | None, field: pa.Field) -> list[str]:
    problems = []
    if field.nullable:
        problems.append("it may hold nulls")
    metadata = field.metadata or {}
    if not {b"unit", b"description"} <= metadata.keys():
        return [*problems, "it does not say its unit and description"]
    if known is None:
        return problems
    for entry in (b"unit", b"axes", b"ucd"):
        want, got = known.metadata.get(entry, b""), metadata.get(entry, b"")
        if want != got:
            what = entry.decode()
            problems.append(f"{what} is {got.decode()!r}, expected {want.decode()!r}")
    if not same_type(known, field):
        problems.append(f"type is {field.type}, expected {_type_name(known)}")
    return problems


def same_type(known: pa.Field, field: pa.Field) -> bool:
    """Whether a field is of the type of the data model, whatever its list sizes."""
    dtype = field.type
    for _ in axes_of(known):
        if not pa.types.is_fixed_size_list(dtype):
            return False
        dtype = dtype.value_type
    return bool(dtype.equals(known.type))


def _type_name(known: pa.Field) -> str:
    axes = axes_of(known)
    return f"{known.type}[{', '.join(axes)}]" if axes else str(known.type)
