"""Tables of products of a folder of responses: all points, with their keys."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.schemas import irf
from cta_columnar.store.errors import StoreError
from cta_columnar.store.tables import TablesBeside, write_table

Cell = tuple[int, int]
"""Point of the grid, and event type (-1 for all together)."""


save_irf_table = TablesBeside(irf.DATASET).save


def save_product(path: Path, tables: Mapping[Cell, pa.Table]) -> str:
    """Write one product of all points and event types into a file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    tables : mapping of (int, int) to pyarrow.Table
        Each as `stages.irf.product_tables` writes it, with the same metadata.

    Returns
    -------
    sha256 : str
        Of the file.

    Raises
    ------
    StoreError
        If columns or metadata differ from point to point.
    WriteError
        If it cannot be written.
    """
    table = with_keys(path.stem, tables)
    metadata = {
        name.decode(): value.decode()
        for name, value in (table.schema.metadata or {}).items()
    }
    return write_table(path, table, metadata)


def with_keys(name: str, tables: Mapping[Cell, pa.Table]) -> pa.Table:
    """Put the tables of a product below each other, with their keys in front.

    Raises
    ------
    StoreError
        If columns or metadata differ from point to point.
    """
    keyed = [_keyed(cell, table) for cell, table in sorted(tables.items())]
    for table in keyed:
        if not table.schema.equals(keyed[0].schema, check_metadata=True):
            raise StoreError(f"{name}: columns differ from point to point")
    return pa.concat_tables(keyed)


def select_cell(table: pa.Table, cell: Cell) -> pa.Table:
    """Return the rows of a product at one point and of one event type, without keys."""
    point, event_type = cell
    rows = pc.and_(
        pc.equal(table["point"], point), pc.equal(table["event_type"], event_type)
    )
    chosen: pa.Table = table.filter(rows).drop_columns(irf.KEYS.names)
    return chosen.combine_chunks()


def cells_of(table: pa.Table) -> list[Cell]:
    """Return which points and event types a product has."""
    pairs: Iterable[Cell] = zip(
        table["point"].to_pylist(), table["event_type"].to_pylist(), strict=True
    )
    return sorted(set(pairs))


def _keyed(cell: Cell, table: pa.Table) -> pa.Table:
    keys = [
        pa.repeat(pa.scalar(value, field.type), table.num_rows)
        for value, field in zip(cell, irf.KEYS, strict=True)
    ]
    schema = pa.schema([*irf.KEYS, *table.schema], table.schema.metadata)
    return pa.Table.from_arrays([*keys, *table.columns], schema=schema)
