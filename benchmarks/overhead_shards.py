"""The shards of `benchmarks.overhead`, by a name that workers find them by."""

from pathlib import Path

import pyarrow as pa

from cta_columnar.schemas import dl1
from cta_columnar.store import Identity, Input, Shard, ShardWriter

IDENTITY = Identity("stage1", "overhead", "overhead")


def nothing() -> None:
    """Do no work at all."""


def one_row(root: Path, number: int) -> Shard:
    """Commit a shard of one row."""
    shard = shard_of(number)
    with ShardWriter(root, shard) as writer:
        writer.append("trigger", a_row(dl1.TRIGGER, number))
        writer.commit({"events": 1})
    return shard


def shard_of(number: int) -> Shard:
    """Return the shard of an input that is nowhere."""
    return Shard(IDENTITY, (Input(f"/nowhere/{number}", f"digest-{number}", 1),))


def a_row(schema: pa.Schema, number: int) -> pa.RecordBatch:
    """Return a row with the number in all columns."""
    values = []
    for each in schema:
        if pa.types.is_list(each.type):
            values.append(pa.array([[1]], each.type))
        elif pa.types.is_boolean(each.type) or pa.types.is_integer(each.type):
            small = each.type in (pa.int64(), pa.int32())
            values.append(pa.array([number if small else 0]).cast(each.type))
        else:
            values.append(pa.array([0], pa.int64()).cast(each.type))
    return pa.RecordBatch.from_arrays(values, schema=schema)
