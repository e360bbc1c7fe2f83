"""Long datasets: the events of shorter ones again and again, as further runs.

What they hold is no new physics, but as many rows, columns and bytes as if it were.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.provenance import Activity
from cta_columnar.store import (
    Identity,
    Input,
    Shard,
    ShardWriter,
    Store,
    finalize,
    open_store,
    prepare,
    recorded,
)

READ = ("events", "parameters", "telescopes", "showers", "simulation/runs")
"""Tables that training reads; of the others only the columns are written."""
STEP = 10_000
"""From the number of a run to that of its next repetition."""
LEVEL = 1  # of compression: the file is read once


def repeated(datasets: Sequence[Path], folder: Path, telescope_events: int) -> int:
    """Repeat datasets until they have so many telescope events together.

    Parameters
    ----------
    datasets : sequence of pathlib.Path
        Simulated, of stage 2.
    folder : pathlib.Path
        Gets a dataset of the same name for each.
    telescope_events : int
        At least so many.

    Returns
    -------
    int
        How many there are.
    """
    stores = [open_store(path) for path in datasets]
    once = sum(_images(store) for store in stores)
    times = -(-telescope_events // once)
    for store in stores:
        repeat(store, folder / store.root.name, times)
    return once * times


def _images(store: Store) -> int:
    return sum(
        part.rows
        for record in store.records
        for part in record.parts
        if part.place.table == "parameters"
    )


def repeat(store: Store, target: Path, times: int, read: Sequence[str] = READ) -> None:
    """Write a dataset so many times over into another.

    Parameters
    ----------
    store : Store
        Simulated, of one stage.
    target : pathlib.Path
        The other one.
    times : int
        How many times.
    read : sequence of str
        Tables to write; of others only the columns.
    """
    assert store.identity is not None
    stage = store.identity.stage
    identity = Identity(stage, store.identity.config_digest, "repeated")
    previous = prepare(target, identity)
    tables = {
        (table, tel_type): _rows(store, table, tel_type, read)
        for table, types in store.tables().items()
        if not table.startswith("subarray")
        for tel_type in (types or [None])
    }
    shards = []
    with recorded(target, Activity(stage, {})):
        for number in range(times):
            source = Input(f"{store.root} {number}", f"{store.root.name} {number}", 1)
            shard = Shard(identity, (source,))
            with ShardWriter(
                target, shard, store.subarray(), LEVEL, previous
            ) as writer:
                for (table, tel_type), rows in tables.items():
                    writer.append(table, _renumbered(rows, number * STEP), tel_type)
                writer.commit(info=store.records[0].info)
            shards.append(shard)
        finalize(target, shards)


def _rows(
    store: Store, table: str, tel_type: str | None, read: Sequence[str]
) -> pa.Table:
    rows = store.read(table, tel_type=tel_type)
    return rows if table in read else rows.slice(0, 0)


def _renumbered(rows: pa.Table, step: int) -> pa.Table:
    """Add a number to those of all runs: two of one number would be doubles."""
    for name in ("obs_id", "run_number"):
        place = rows.schema.get_field_index(name)
        if place >= 0:
            field = rows.schema.field(place)
            moved = pc.add(rows.column(place), pa.scalar(step, field.type))
            rows = rows.set_column(place, field, moved)
    return rows
