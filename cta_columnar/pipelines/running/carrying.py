"""Tables that travel on unchanged from one level to the next."""

from collections.abc import Callable, Iterable

import pyarrow as pa

from cta_columnar.schemas.tables import TABLES
from cta_columnar.store import BlockReader, ShardWriter, Store

RUNS = "simulation/runs"
ATMOSPHERE = "simulation/atmosphere"
# Tables that the first shard of a raw file has for all of them.
OF_RUNS = (RUNS, ATMOSPHERE)
# Whatever is made of the events of a dataset, these stay as they are.
OF_EVENTS = (
    RUNS,
    "simulation/thrown",
    ATMOSPHERE,
    "showers",
    "trigger",
    "pointing",
)


def carry(
    store: Store | BlockReader,
    writer: ShardWriter,
    tables: Iterable[str],
    chosen: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None,
) -> None:
    """Copy tables, a few MB at a time, so that nobody needs the old dataset for them.

    Parameters
    ----------
    store : Store or BlockReader
        One shard of a dataset, or a block of it.
    writer : ShardWriter
        Where rows go.
    tables : iterable of str
        Names of tables. Those by telescope type are copied where they have rows.
    chosen : callable, optional
        Takes out rows of tables with keys of events.
    """
    for table in tables:
        by_type = TABLES[table].by_telescope_type
        for tel_type in store.tel_types(table) if by_type else (None,):
            schema = store.schema(table, tel_type)
            pick = chosen if "event_id" in schema.names else None
            if not by_type:
                writer.append(table, schema.empty_table(), tel_type)
            for rows in store.slices(table, schema.names, tel_type):
                kept = pick(rows) if pick else rows
                if kept.num_rows or not by_type:
                    writer.append(table, kept, tel_type)
