"""What a dataset holds: its tables with their files, columns and telescopes."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.schemas.columns import axes_of, bind
from cta_columnar.schemas.tables import TABLES
from cta_columnar.store.commits import Contents
from cta_columnar.store.errors import StoreError
from cta_columnar.store.layout import SUBARRAY, Place, is_finished, shard_key_of
from cta_columnar.store.missing import check_table
from cta_columnar.store.parquet_files import SMALL_FILE_ROWS, open_file, read_file
from cta_columnar.store.records import Part, Record
from cta_columnar.store.shards import Identity

SUBARRAY_TABLES = tuple(name for name in TABLES if name.startswith(SUBARRAY + "/"))


def subarray_names(root: Path) -> list[str]:
    """Return the files of the array that a dataset has, by their names below it."""
    # One by one: some servers list nothing.
    names = sorted(f"{table}.parquet" for table in SUBARRAY_TABLES)
    return [name for name in names if (root / name).exists()]


@dataclass(frozen=True, eq=False)
class Holdings:
    """What a dataset holds: told by its records, the data model and a file's footer.

    Attributes
    ----------
    root : Path
        Its folder.
    contents : Contents
        Its committed shards, and inputs that were left out.
    """

    root: Path
    contents: Contents

    @property
    def records(self) -> tuple[Record, ...]:
        """Committed shards, in order of observation."""
        return self.contents.records

    @property
    def size(self) -> int:
        """Bytes of its parts."""
        return sum(record.size for record in self.records)

    @property
    def identity(self) -> Identity | None:
        """Stage, configuration and code that made it; None if it has no shard."""
        return self.records[0].shard.identity if self.records else None

    @property
    def part_paths(self) -> Iterator[str]:
        """Paths of its parts, below its folder."""
        return (part.path for record in self.records for part in record.parts)

    @property
    def is_finished(self) -> bool:
        """Whether the last run was finalised; plain globs are right only then."""
        return is_finished(self.root)

    @cached_property
    def _parts(self) -> dict[Place, list[Part]]:
        places: dict[Place, list[Part]] = {}
        for record in self.records:
            for part in record.parts:
                places.setdefault(part.place, []).append(part)
        return places

    @cached_property
    def rows_by_path(self) -> dict[Path, int]:
        """Rows of each part, as its record says; not of the tables of the array."""
        parts = (part for record in self.records for part in record.parts)
        return {self.root / part.path: part.rows for part in parts}

    def tables(self) -> dict[str, tuple[str, ...]]:
        """Return the tables that are there, with their telescope types, if any."""
        found: dict[str, list[str]] = {
            name: [] for name in SUBARRAY_TABLES if self._subarray_file(name).exists()
        }
        for place in self._parts:
            types = found.setdefault(place.table, [])
            if place.tel_type is not None:
                types.append(place.tel_type)
        return {name: tuple(sorted(types)) for name, types in sorted(found.items())}

    def tel_types(self, table: str) -> tuple[str, ...]:
        """Return the telescope types that have rows in a table."""
        return self.tables().get(table, ())

    def rows(self, table: str, tel_type: str | None = None) -> int:
        """Count the rows of a table, without opening it."""
        return sum(self._rows_of_parts(table, tel_type))

    def has_small_parts(self, table: str, tel_type: str | None = None) -> bool:
        """Whether parts of a table have so few rows that opening one takes as long."""
        rows = self._rows_of_parts(table, tel_type)
        return sum(rows) < SMALL_FILE_ROWS * len(rows)

    def _rows_of_parts(self, table: str, tel_type: str | None) -> list[int]:
        return [
            part.rows
            for place, parts in self._parts.items()
            if place.table == table and tel_type in (None, place.tel_type)
            for part in parts
        ]

    def paths(
        self,
        table: str,
        tel_type: str | None = None,
        shard: str | Collection[str] | None = None,
    ) -> list[Path]:
        """Return the files of a table, of one telescope type or some shards if asked.

        Raises
        ------
        StoreError
            If the dataset has no such table.
        """
        if table in SUBARRAY_TABLES:
            return [self._subarray_file(table)]
        self._check(table, tel_type)
        wanted = {shard} if isinstance(shard, str) else shard
        return [
            self.root / part.path
            for place in sorted(self._parts, key=str)
            if place.table == table and tel_type in (None, place.tel_type)
            for part in self._parts[place]
            if wanted is None or shard_key_of(part.path.rpartition("/")[2]) in wanted
        ]

    def _subarray_file(self, table: str) -> Path:
        return self.root / f"{table}.parquet"

    def _check(self, table: str, tel_type: str | None) -> None:
        """Refuse what is not there, other than for want of rows."""
        has_rows, there = self.rows("parameters") > 0, self.tables()
        check_table(self.root, self.identity, table, there, has_images=has_rows)
        if tel_type is None or tel_type in self.tel_types(table):
            return
        if table in TABLES and not TABLES[table].by_telescope_type:
            raise StoreError(f"{table!r} has all telescope types: name no tel_type")
        self._sizes(tel_type)

    def schema(self, table: str, tel_type: str | None = None) -> pa.Schema:
        """Return the columns of a table, with unit and description as metadata.

        Where the dataset holds no row of it, those of the data model.

        Raises
        ------
        StoreError
            If the dataset has no such table, or the list sizes of a table that differ
            by telescope type are asked without one.
        """
        key = table, tel_type
        if key not in self._schemas:
            self._schemas[key] = self._find_schema(table, tel_type)
        return self._schemas[key]

    @cached_property
    def _schemas(self) -> dict[tuple[str, str | None], pa.Schema]:
        """Those asked for: every shard is read by its own call, but has the same."""
        return {}

    def _find_schema(self, table: str, tel_type: str | None) -> pa.Schema:
        paths = self.paths(table, tel_type)
        if paths:
            return open_file(paths[0]).schema_arrow.remove_metadata()
        known = TABLES[table]
        if any(axes_of(field) for field in known.schema):
            return bind(known.schema, self._sizes(tel_type))
        return known.schema

    def _sizes(self, tel_type: str | None) -> dict[str, int]:
        types = {each.name: each for each in self.subarray().types}
        if tel_type not in types:
            raise StoreError(
                f"{self.root}: no telescope type {tel_type!r}; "
                f"{did_you_mean(tel_type or '', types)}"
            )
        readout = types[tel_type].readout
        return {"channel": readout.n_channels, "pixel": readout.n_pixels}

    def units(self, table: str, tel_type: str | None = None) -> dict[str, str]:
        """Return the FITS unit of each column, empty for pure numbers."""
        schema = self.schema(table, tel_type)
        return {f.name: (f.metadata or {}).get(b"unit", b"").decode() for f in schema}

    def subarray(self) -> SubarrayDescription:
        """Return the array.

        Raises
        ------
        StoreError
            If the dataset has none, or its tables are damaged.
        """
        if not self._subarray_file("subarray/telescopes").exists():
            raise StoreError(f"{self.root} has no subarray")
        found = {
            name: read_file(self._subarray_file(name), verify=True)
            for name in SUBARRAY_TABLES
        }
        try:
            return SubarrayDescription.from_tables(found)
        except UserError:
            raise
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            what = f"{type(error).__name__}: {error}"
            raise StoreError(
                f"{self.root / SUBARRAY} is damaged: its tables are no array ({what}). "
                "Copy it once more, or make the dataset again"
            ) from error
