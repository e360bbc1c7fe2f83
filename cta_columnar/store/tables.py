"""Single tables, each a Parquet file: those of folders that are no datasets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.errors import StoreError
from cta_columnar.store.parquet_files import read_file
from cta_columnar.store.part import PartWriter

_PREFIX = "cta_columnar."
_VERSION = "schema_version"


def write_table(
    path: Path, table: pa.Table, metadata: Mapping[str, str] | None = None
) -> str:
    """Write a table into a file; return its SHA-256.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = PartWriter(
        path, table.schema, {_VERSION: SCHEMA_VERSION, **(metadata or {})}
    )
    for batch in table.combine_chunks().to_batches():
        part.append(batch)
    sha256, _ = part.close()
    return sha256


def read_table(path: Path) -> pa.Table:
    """Read a table with the metadata that it was written with.

    Raises
    ------
    StoreError
        If it is missing or damaged.
    """
    table = read_file(path, verify=True)
    try:
        metadata = {
            name.decode().removeprefix(_PREFIX): value.decode()
            for name, value in (table.schema.metadata or {}).items()
            if name.startswith(_PREFIX.encode())
        }
    except UnicodeDecodeError as error:
        raise StoreError(f"cannot read {path}: its metadata are no text") from error
    metadata.pop(_VERSION, None)
    return table.replace_schema_metadata(metadata)


@dataclass(frozen=True)
class TablesBeside:
    """Tables that lie beside what a folder is for, each with its columns.

    Attributes
    ----------
    schemas : mapping of str to pyarrow.Schema
        By the names of their files.
    """

    schemas: Mapping[str, pa.Schema]

    def save(self, root: str | Path, name: str, table: pa.Table) -> Path:
        """Write one of them into a folder.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        path = _path(root, name)
        write_table(path, table.cast(self.schemas[name]))
        return path

    def load(self, root: str | Path, name: str) -> pa.Table:
        """Read one of them.

        Raises
        ------
        StoreError
            If it is missing or damaged.
        """
        return read_table(_path(root, name))

    def problems(self, root: Path, *, may_miss: bool = False) -> Iterator[str]:
        """Say what is wrong with them, a line each, and whether one is missing."""
        for name, schema in self.schemas.items():
            path = _path(root, name)
            if may_miss and not path.exists():
                continue
            try:
                table = read_table(path)
            except StoreError as error:
                yield str(error)
                continue
            if not table.schema.equals(schema, check_metadata=False):
                yield f"{path} has other columns than {', '.join(schema.names)}"


def _path(root: str | Path, name: str) -> Path:
    return Path(root) / f"{name}.parquet"
