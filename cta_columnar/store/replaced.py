"""What a shard takes the place of: what came of an earlier content of its inputs."""

from collections.abc import Sequence
from pathlib import Path

from cta_columnar.store.commits import Previous, drop_record, read_contents
from cta_columnar.store.left_out import drop_skipped, skipped_path
from cta_columnar.store.records import Record
from cta_columnar.store.shards import Shard


def outdated(shard: Shard, previous: Previous) -> list[Record]:
    """Return the shards that came of another content of the same inputs."""
    return [
        record
        for each in shard.inputs
        for record in previous.get(each.real_path, ())
        if each.digest not in {other.digest for other in record.shard.inputs}
    ]


def drop_outdated(root: Path, shard: Shard, records: Sequence[Record]) -> None:
    """Take out what a shard replaces: `outdated` ones, and that it was left out.

    Nothing is replaced before all other shards of the same inputs are there.
    """
    paths = [each.path for each in shard.inputs]
    is_left_out = any(skipped_path(root, path).exists() for path in paths)
    if not (records or is_left_out) or not _completes(root, shard):
        return
    for path in paths:
        drop_skipped(root, path)
    for record in records:
        drop_record(root, record.key)


def _completes(root: Path, shard: Shard) -> bool:
    """Whether a shard is the only one of its inputs that may be missing."""
    if shard.n_shards == 1:
        return True
    committed = (record.shard for record in read_contents(root).committed)
    there = {each.seq for each in committed if each.family == shard.family}
    return len(there | {shard.seq}) == shard.n_shards
