"""Shards that are cut where those of the input are too large for one worker."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cta_columnar.config.block_size import DEFAULT_BLOCK_SIZE
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.stages.training_share import USES_PER_SHOWER
from cta_columnar.store import (
    Block,
    BlockReader,
    Contents,
    Identity,
    Input,
    Record,
    Shard,
    Store,
    cut,
)

# It has a row for each array event, whatever else there is of it.
_EVERY_EVENT = "trigger"


@dataclass(frozen=True, slots=True)
class CutShards:
    """How the shards of a dataset are cut, whoever works on them.

    Attributes
    ----------
    blocks : mapping of str to sequence of Block
        Of each shard, by its key.
    shifts : mapping of str to int
        Shards that are more than those of the input, because of others of the same
        family before: numbers go on, so that parts are listed in order of events.
    """

    blocks: dict[str, Sequence[Block]]
    shifts: dict[str, int]

    @classmethod
    def of(cls, store: Store, block_size: int | None) -> "CutShards":
        """Cut the shards of a dataset.

        By their array events and nothing else, so that it is the same for any number
        of workers. Events of large shards are read for that, their keys alone.

        Raises
        ------
        StoreError
            If a file is damaged.
        """
        most = block_size or DEFAULT_BLOCK_SIZE
        blocks, shifts = {}, {}
        more: Counter[object] = Counter()
        for record in sorted(store.records, key=lambda each: each.shard.seq):
            found = _blocks(store, record, most)
            blocks[record.key] = found
            shifts[record.key] = more[record.shard.family]
            more[record.shard.family] += len(found) - 1
        return cls(blocks, shifts)

    def made_of(
        self, record: Record, identity: Identity, source: Input
    ) -> Sequence[Shard]:
        """Return what comes of a shard of the dataset: one shard for each block."""
        blocks = self.blocks[record.key]
        first = record.shard.seq + self.shifts[record.key]
        return [
            Shard(identity, (source,), seq, str(block), len(blocks))
            for seq, block in enumerate(blocks, start=first)
        ]


def _blocks(store: Store, record: Record, most: int) -> Sequence[Block]:
    parts = [part for part in record.parts if part.place.table == _EVERY_EVENT]
    if sum(part.rows for part in parts) <= most:
        return [Block()]
    rows = store.read(_EVERY_EVENT, EVENT_NAMES, shard=record.key, verify=True)
    obs_id, event_id = (rows[name].to_numpy() for name in EVENT_NAMES)
    # Uses of a shower are alike: responses count them together, shard by shard.
    return cut(obs_id, event_id, most, USES_PER_SHOWER)


def open_block(dataset: Path, source: Record, shard: Shard) -> BlockReader:
    """Open what a shard is made of: a shard of a dataset, or a block of it."""
    store = Store(dataset, Contents((source,), ()))
    return BlockReader(store, Block.of(shard.block))
