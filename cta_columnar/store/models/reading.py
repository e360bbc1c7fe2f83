"""A model from its folder, with everything about it checked."""

from pathlib import Path

import pyarrow as pa

from cta_columnar.digests import sha256_of
from cta_columnar.models import Model
from cta_columnar.schemas.models import TABLES
from cta_columnar.store.errors import StoreError
from cta_columnar.store.models.manifest import FILE, Manifest, read_manifest
from cta_columnar.store.models.tables import TABLES_OF, to_model
from cta_columnar.store.parquet_files import open_file, read_file
from cta_columnar.store.schema_check import same_type


def load_model(folder: str | Path) -> Model:
    """Read the model in one folder, and check everything about it.

    Raises
    ------
    StoreError
        If it is damaged, or of another version of the data model.
    """
    folder = Path(folder)
    manifest = check_model(folder)

    def read(table: str, column: str) -> pa.ChunkedArray:
        path = folder / f"{table}.parquet"
        return read_file(path, [column], verify=True).column(0)

    try:
        return to_model(
            manifest.description,
            read,
            kind=manifest.kind,
            scale=manifest.scale,
            single_precision=manifest.single_precision,
        )
    except ValueError as error:
        raise StoreError(f"{folder} is no sound model: {error}") from error


def check_model(folder: Path) -> Manifest:
    """Ask whether all tables are there as they were written, and keep none.

    Raises
    ------
    StoreError
        If one is missing or damaged, or the model of another version.
    """
    manifest = read_manifest(folder / FILE)
    names = TABLES_OF[manifest.kind]
    if set(manifest.sha256) != {f"{name}.parquet" for name in names}:
        raise StoreError(f"{folder / FILE} does not list the tables {names}")
    for name in names:
        path = folder / f"{name}.parquet"
        _check_table(path, TABLES[name], manifest.sha256[path.name])
    return manifest


def _check_table(path: Path, schema: pa.Schema, sha256: str) -> None:
    try:
        found = sha256_of(path)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    if found != sha256:
        raise StoreError(
            f"{path} is not what was written: SHA-256 {found[:12]}, expected "
            f"{sha256[:12]}; train the model again, or copy it once more"
        )
    there = open_file(path).schema_arrow
    if there.names != schema.names or not all(
        same_type(schema.field(each.name), each) for each in there
    ):
        raise StoreError(f"{path} has other columns than {', '.join(schema.names)}")
