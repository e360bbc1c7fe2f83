"""Where things lie in a dataset, and how they are named."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from cta_columnar.store.errors import StoreError

MANIFEST = "manifest.json"
PROVENANCE = "provenance.json"
COMMITS = "_commits"
SCRATCH = "_tmp"
SUBARRAY = "subarray"
TYPE_FOLDER = "tel_type="

_TABLE = re.compile(r"[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?")
_PART = re.compile(r"part-(-?\d+)-(\d+)-([0-9a-f]+)\.parquet")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A table, or the part of a table that belongs to one telescope type."""

    table: str
    tel_type: str | None = None

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.table):
            raise StoreError(f"{self.table!r} is not a table name")

    @property
    def folder(self) -> PurePosixPath:
        """Folder below the dataset: ``images/tel_type=LST_LST_LSTCam``."""
        folder = PurePosixPath(self.table)
        if self.tel_type is None:
            return folder
        # Names come from raw files: a slash in one must not make a folder.
        return folder / (TYPE_FOLDER + quote(self.tel_type, safe=""))

    def __str__(self) -> str:
        return self.table if self.tel_type is None else f"{self.table} {self.tel_type}"


def is_dataset(path: Path) -> bool:
    """Whether a folder is one of our datasets, finished or not."""
    return any((path / mark).exists() for mark in (MANIFEST, COMMITS))


def place_of(path: str) -> Place:
    """Return the place of a file, given its path below the dataset."""
    folder = PurePosixPath(path).parent
    if folder.name.startswith(TYPE_FOLDER):
        tel_type = unquote(folder.name.removeprefix(TYPE_FOLDER))
        return Place(folder.parent.as_posix(), tel_type)
    return Place(folder.as_posix())


def part_name(obs_id: int, seq: int, shard_key: str) -> str:
    """Name of a part. Padded, so that a sorted listing is in order of observation."""
    return f"part-{obs_id:010d}-{seq:05d}-{shard_key}.parquet"


def shard_key_of(name: str) -> str | None:
    """Shard key in the name of a part; None if the name is not one of ours."""
    match = _PART.fullmatch(name)
    return match[3] if match else None


def parts_on_disk(root: Path) -> list[str]:
    """Paths below the dataset of all files in table folders that look like parts."""
    found = []
    # Unlike `Path.rglob` this bears it when a folder vanishes: others may work here.
    for folder, below, names in os.walk(root):
        if Path(folder) == root:
            below[:] = set(below) - {SCRATCH, COMMITS}
        paths = (Path(folder, name) for name in names if shard_key_of(name))
        found += [path.relative_to(root).as_posix() for path in paths]
    return sorted(found)
