"""Telescope events as models see them: all that is known of each, in one row.

A row is an image: its parameters, what stage 2 says of its telescope, and the array
event it belongs to. Training and applying make their rows here, so that a feature means
the same in both. Which columns there will be follows from the schemas of the tables,
before any event is read.
"""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from cta_columnar.errors import UserError
from cta_columnar.schemas.keys import (
    EVENT_NAMES,
    EVENT_TYPE,
    TEL_EVENT_NAMES,
    TIME,
)

# Said of an image and of its array event alike; rows have them from the image.
OF_BOTH = (EVENT_TYPE.name, *(field.name for field in TIME))
_TYPES = {"obs_id": pl.Int64, "event_id": pl.Int64, "tel_id": pl.Int16}


def telescope_rows(
    events: pl.DataFrame, parameters: pl.DataFrame, telescopes: pl.DataFrame
) -> pl.DataFrame:
    """Put beside each image what is known of its telescope and its array event.

    Parameters
    ----------
    events : polars.DataFrame
        A row per array event, as in the table ``events`` of DL2; any of its columns,
        but the keys.
    parameters : polars.DataFrame
        A row per image, as in ``parameters``.
    telescopes : polars.DataFrame
        A row per telescope event, as in ``telescopes``.

    Returns
    -------
    polars.DataFrame
        The rows of ``parameters`` in their order. Columns of the truth are among them
        as well: whoever reads features refuses those.

    Raises
    ------
    UserError
        If a key is missing or double, two tables have a column of one name, or a row
        has no telescope event or no array event.
    """
    _refuse_doubles(events.columns, parameters.columns, telescopes.columns)
    rows = with_keys(parameters, TEL_EVENT_NAMES, "parameters")
    beside = with_keys(_rest(telescopes), TEL_EVENT_NAMES, "telescopes")
    rows = _joined(rows, beside, TEL_EVENT_NAMES, "telescopes")
    beside = with_keys(_rest(events), EVENT_NAMES, "events")
    return _joined(rows, beside, EVENT_NAMES, "events")


def with_keys(table: pl.DataFrame, keys: Sequence[str], name: str) -> pl.DataFrame:
    """Return a table whose keys have the types of the data model.

    Raises
    ------
    UserError
        If one is missing, or cannot be of that type.
    """
    if missing := [key for key in keys if key not in table.columns]:
        raise UserError(f"{name} has no key column {', '.join(missing)}")
    try:
        return table.cast({key: _TYPES[key] for key in keys})
    except pl.exceptions.PolarsError as error:
        raise UserError(
            f"{name}: a key is no number as it should be: {error}"
        ) from error


def telescope_schema(
    events: pa.Schema, parameters: pa.Schema, telescopes: pa.Schema
) -> pa.Schema:
    """Columns of `telescope_rows`, given those of the tables; with their units.

    Raises
    ------
    UserError
        If two tables have a column of one name.
    """
    _refuse_doubles(events.names, parameters.names, telescopes.names)
    known = (*TEL_EVENT_NAMES, *OF_BOTH)
    others = [f for f in (*telescopes, *events) if f.name not in known]
    return pa.schema([*parameters, *others])


def _refuse_doubles(
    events: Sequence[str], parameters: Sequence[str], telescopes: Sequence[str]
) -> None:
    pairs = (
        ("parameters", parameters, "telescopes", telescopes),
        ("parameters", parameters, "events", events),
        ("telescopes", telescopes, "events", events),
    )
    for first, of_first, second, of_second in pairs:
        double = set(of_first) & set(of_second) - {*TEL_EVENT_NAMES, *OF_BOTH}
        if double:
            raise UserError(
                f"{first} and {second} both have {', '.join(sorted(double))}: a "
                "feature could mean either; rename the columns of one"
            )


def _rest(table: pl.DataFrame) -> pl.DataFrame:
    """Leave out what the image says itself."""
    return table.drop([name for name in OF_BOTH if name in table.columns])


def _joined(
    rows: pl.DataFrame, others: pl.DataFrame, keys: Sequence[str], name: str
) -> pl.DataFrame:
    """Add the columns of the only row of another table with the same key."""
    if others.select(keys).is_duplicated().any():
        first = others.filter(others.select(keys).is_duplicated()).row(0, named=True)
        raise UserError(f"{name} has {_key(first, keys)} twice")
    joined = rows.join(others, on=list(keys), how="inner", maintain_order="left")
    if joined.height < rows.height:
        lost = rows.join(others, on=list(keys), how="anti", maintain_order="left")
        raise UserError(
            f"{lost.height} of {rows.height} images have no row in {name}, first "
            f"{_key(lost.row(0, named=True), keys)}"
        )
    return joined


def _key(row: dict[str, object], keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys)
