"""Reading a dataset: exactly the parts that its manifest and records list."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import dataset

from cta_columnar.errors import did_you_mean
from cta_columnar.remote import arrow_place, is_remote
from cta_columnar.schemas.columns import axes_of
from cta_columnar.store.errors import StoreError
from cta_columnar.store.holdings import Holdings
from cta_columnar.store.parquet_files import (
    read_file,
    read_slices,
    read_small_files,
)
from cta_columnar.store.parquet_options import rows_per_group


@dataclass(frozen=True, eq=False)
class Store(Holdings):
    """A dataset as it was when `open_store` looked at it: what it holds, its rows."""

    def scan(self, table: str, tel_type: str | None = None) -> pl.LazyFrame:
        """Look at a table lazily with polars.

        Parameters
        ----------
        table : str
            Its name.
        tel_type : str, optional
            Telescope type. Without it, a table kept by telescope type comes as one
            frame with a column ``tel_type``, if its columns are the same for all.

        Raises
        ------
        StoreError
            If there is no such table, or pixel lists of several sizes would be mixed.
        """
        paths = self.paths(table, tel_type)
        types = self.tel_types(table)
        mixed = () if tel_type or len(types) < 2 else self.schema(table, types[0])
        if any(axes_of(field) for field in mixed):
            raise StoreError(
                f"cameras differ in {table!r}: name one tel_type of {', '.join(types)}"
            )
        if not paths:
            return pl.LazyFrame(self.schema(table, tel_type).empty_table())
        if is_remote(self.root):
            return _scan_remote(paths, by_type=tel_type is None and bool(types))
        return pl.scan_parquet(
            paths, hive_partitioning=tel_type is None and bool(types), glob=False
        )

    def read(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        tel_type: str | None = None,
        shard: str | Collection[str] | None = None,
        where: Any = None,  # noqa: ANN401 - a pyarrow expression
        verify: bool = False,
    ) -> pa.Table:
        """Read a table into memory.

        Parameters
        ----------
        table : str
            Its name.
        columns : sequence of str, optional
            Only these, in this order.
        tel_type : str, optional
            Telescope type; needed where a table is kept by it.
        shard : str or collection of str, optional
            Only rows of the shard with this key, or of those with these keys.
        where : pyarrow.compute.Expression, optional
            Only rows for which it holds; of key columns it saves reading, too.
        verify : bool
            Check the checksums of pages.

        Raises
        ------
        StoreError
            If there is no such table or column, or a file is damaged.
        """
        schema = self.schema(table, tel_type)
        names = list(columns) if columns is not None else schema.names
        for name in names:
            if name not in schema.names:
                known = did_you_mean(name, schema.names)
                raise StoreError(f"{self.root}: no {name!r} in {table}; {known}")
        wanted = pa.schema([schema.field(name) for name in names])
        paths = self.paths(table, tel_type, shard)
        if where is None and not verify and self.has_small_parts(table, tel_type):
            together = read_small_files(paths, wanted, self._n_rows(paths))
            if together is not None:
                return together
        rows = self.rows_by_path
        read = [
            read_file(path, names, where, verify=verify, n_rows=rows.get(path))
            for path in paths
        ]
        tables = [_cast(each, wanted) for each in read]
        return pa.concat_tables(tables) if tables else wanted.empty_table()

    def slices(
        self,
        table: str,
        columns: Sequence[str],
        tel_type: str | None = None,
        n_rows: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Read a table, of one telescope type where it is kept by it, in slices.

        Each has ``n_rows`` at most, by default as many as are written together, and its
        pages are checked.

        Raises
        ------
        StoreError
            If there is no such table or column, or a file is damaged.
        """
        n_rows = n_rows or rows_per_group(self.schema(table, tel_type))
        for path in self.paths(table, tel_type):
            yield from read_slices(path, columns, n_rows, self.rows_by_path.get(path))

    def _n_rows(self, paths: Sequence[Path]) -> int:
        """Rows of some parts together, as their records say."""
        return sum(self.rows_by_path[path] for path in paths)

    def __repr__(self) -> str:
        counted = sorted({place.table for place in self._parts})
        tables = ", ".join(f"{name} {self.rows(name)}" for name in counted)
        return f"Store({str(self.root)!r}: {len(self.records)} shards; rows: {tables})"


def _cast(table: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Return the same columns as a schema says."""
    table = table.replace_schema_metadata()
    # A cast takes as long as reading, also where there is nothing to do.
    is_so = table.schema.equals(wanted, check_metadata=True)
    return table if is_so else table.cast(wanted)


def _scan_remote(paths: Sequence[Path], *, by_type: bool) -> pl.LazyFrame:
    """Look at files at a URL as Arrow does, with its credentials; any scheme will do.

    Columns and selections of rows are asked of the server, as far as Arrow knows them.
    """
    served = arrow_place(paths[0])[0]
    names = [arrow_place(path)[1] for path in paths]
    types = dataset.partitioning(pa.schema([("tel_type", pa.string())]), flavor="hive")
    found = dataset.dataset(
        names,
        filesystem=served,
        format="parquet",
        partitioning=types if by_type else None,
    )
    return pl.scan_pyarrow_dataset(found)
