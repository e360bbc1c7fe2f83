"""The shards of `benchmarks.overhead`, by a name that workers find them by."""

import os
import time
from pathlib import Path

import pyarrow as pa

from cta_columnar.schemas import dl1
from cta_columnar.store import Identity, Input, Shard, ShardWriter

IDENTITY = Identity("stage1", "overhead", "overhead")
_SYNC = os.fsync


def forget_syncs(*, is_wanted: bool) -> None:
    """Leave it to the system when files of this process reach the disk, or do not."""
    if is_wanted:
        os.fsync = _no_sync
    else:
        os.fsync = _SYNC


def _no_sync(fd: object) -> None:
    """Do nothing."""
    del fd


def nothing() -> float:
    """Do no work at all; return the processor time of it, s."""
    return 0.0


def one_row(root: Path, number: int) -> float:
    """Commit a shard of one row; return the processor time of it, s."""
    begin = time.process_time()
    with ShardWriter(root, shard_of(number)) as writer:
        writer.append("trigger", a_row(dl1.TRIGGER, number))
        writer.commit({"events": 1})
    return time.process_time() - begin


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
