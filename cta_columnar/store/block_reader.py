"""A block of one shard as if it were a shard: its rows of every table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.store.blocks import Block
from cta_columnar.store.parquet_events import read_events
from cta_columnar.store.reader import Store


@dataclass(frozen=True, eq=False)
class BlockReader:
    """Read what a block of a shard has of its tables; pages are checked.

    Every row of the shard is in exactly one of its blocks: those of events by their
    keys, all others (of runs, of times, histograms, cut flows) in the first.

    Attributes
    ----------
    store : Store
        One shard of a dataset.
    block : Block
        Which of its events.
    """

    store: Store
    block: Block

    @property
    def root(self) -> Path:
        """Folder of the dataset."""
        return self.store.root

    def tel_types(self, table: str) -> tuple[str, ...]:
        """Return the telescope types that the shard has in a table."""
        return self.store.tel_types(table)

    def schema(self, table: str, tel_type: str | None = None) -> pa.Schema:
        """Return the columns of a table; see `Store.schema`."""
        return self.store.schema(table, tel_type)

    def read(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        tel_type: str | None = None,
    ) -> pa.Table:
        """Read a table into memory.

        Raises
        ------
        StoreError
            If there is no such table, or a file is damaged.
        """
        if self.block.is_all:
            return self.store.read(table, columns, tel_type=tel_type, verify=True)
        schema = self.schema(table, tel_type)
        names = schema.names if columns is None else list(columns)
        found = list(self.slices(table, names, tel_type))
        wanted = pa.schema([schema.field(name) for name in names])
        return pa.Table.from_batches(found, wanted)

    def slices(
        self, table: str, columns: Sequence[str], tel_type: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read a table in slices; see `Store.slices`.

        Raises
        ------
        StoreError
            If there is no such table, or a file is damaged.
        """
        is_of_events = set(EVENT_NAMES) <= set(self.schema(table, tel_type).names)
        if self.block.is_all or (self.block.is_first and not is_of_events):
            yield from self.store.slices(table, columns, tel_type)
        elif is_of_events:
            for path in self.store.paths(table, tel_type):
                n_rows = self.store.rows_by_path.get(path)
                yield from read_events(path, columns, self.block, n_rows)
