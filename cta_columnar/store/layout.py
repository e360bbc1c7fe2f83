"""Where things lie in a dataset, and how they are named."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from cta_columnar.errors import ReadError
from cta_columnar.remote import RemotePath
from cta_columnar.store.errors import StoreError

FORMAT = "cta_columnar dataset"
MANIFEST = "manifest.json"
PROVENANCE = "provenance.json"
COMMITS = "_commits"
SCRATCH = "_tmp"
SUBARRAY = "subarray"
JOURNAL = "_journal"
PLAN = "_plan"
TYPE_FOLDER = "tel_type="

_TABLE = re.compile(r"[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?")
# File systems have no longer names of files and folders; ours are ASCII.
_MAX_NAME = 255
# The digits of the content are missing where an earlier version wrote.
_PART = re.compile(r"part-(-?\d+)-(\d+)-([0-9a-f]+)(-[0-9a-f]+)?\.parquet", re.ASCII)


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
    # Not by `Path.exists`, which fails for names that are too long: that is told where
    # the path is opened.
    if isinstance(path, RemotePath):
        return any((path / mark).exists() for mark in (MANIFEST, COMMITS))
    return any(os.path.exists(path / mark) for mark in (MANIFEST, COMMITS))  # noqa: PTH110


def is_finished(path: Path) -> bool:
    """Whether a dataset was finished, and nobody has gone on with it since."""
    return (path / MANIFEST).exists() and not (path / COMMITS).exists()


def dataset_around(path: Path) -> Path | None:
    """Return the innermost dataset that a folder, existing or not, would lie in."""
    return next((each for each in path.resolve().parents if _is_ours(each)), None)


def _is_ours(folder: Path) -> bool:
    """Like `is_dataset`, for folders nobody named: others write manifests, too."""
    try:
        if (folder / COMMITS).is_dir():
            return True
        return f'"{FORMAT}"' in (folder / MANIFEST).read_text(errors="replace")
    except (OSError, ReadError):
        # Keys of a server may be for what lies below alone.
        return False


def place_of(path: str) -> Place:
    """Return the place of a file, given its path below the dataset."""
    # By its text: a dataset has thousands of parts, and a path of each takes time.
    folder = path.rpartition("/")[0]
    above, _, name = folder.rpartition("/")
    if name.startswith(TYPE_FOLDER):
        return Place(above, unquote(name.removeprefix(TYPE_FOLDER)))
    return Place(folder)


def part_name(obs_id: int, seq: int, shard_key: str, sha256: str) -> str:
    """Name of a part. Padded, so that a sorted listing is in order of observation.

    Digits of its content are in it: on two models of CPU a shard may have other bytes,
    and a record must never find those of somebody else under its names.
    """
    return f"part-{obs_id:010d}-{seq:05d}-{shard_key}-{sha256[:12]}.parquet"


def shard_key_of(name: str) -> str | None:
    """Shard key in the name of a part; None if the name is not one of ours."""
    match = _PART.fullmatch(name)
    return match[3] if match else None


def is_part_of(path: object, shard_key: str) -> bool:
    """Whether a path is one that a part of a shard may have, and so inside of it."""
    if not isinstance(path, str):
        return False
    folder, _, name = path.rpartition("/")
    is_ours = shard_key_of(name) == shard_key and len(name) <= _MAX_NAME
    return is_ours and _is_table_folder(folder)


@lru_cache(maxsize=1024)
def _is_table_folder(folder: str) -> bool:
    if any(len(each) > _MAX_NAME for each in folder.split("/")):
        return False
    try:
        return str(place_of(f"{folder}/").folder) == folder
    except StoreError:
        return False


def table_folders(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield the folders in which this dataset may have parts, and the files in them.

    Those of another dataset that somebody put below are its own.
    """
    if isinstance(root, RemotePath):
        yield from _folders_of_names(root)
        return
    # Unlike `Path.rglob` this bears it when a folder vanishes: others may work here.
    for name, below, files in os.walk(root):
        folder = Path(name)
        if folder == root:
            below[:] = set(below) - {SCRATCH, COMMITS, SUBARRAY, JOURNAL, PLAN}
        else:
            yield folder, files
        below[:] = [each for each in below if _may_hold_parts(root, folder / each)]


def _folders_of_names(root: RemotePath) -> Iterator[tuple[Path, list[str]]]:
    """Yield them where folders are but names that objects have in common."""
    found: dict[str, list[str]] = {}
    for path in root.files():
        folder, _, name = path.rpartition("/")
        if _is_table_folder(folder):
            found.setdefault(folder, []).append(name)
    yield from ((root / folder, names) for folder, names in found.items())


def _may_hold_parts(root: Path, folder: Path) -> bool:
    place = PurePosixPath(folder.relative_to(root).as_posix())
    if place.name.startswith(TYPE_FOLDER):
        place = place.parent
    is_other = is_dataset(folder) or (folder / SCRATCH).exists()
    return _TABLE.fullmatch(str(place)) is not None and not is_other


def parts_on_disk(root: Path) -> list[str]:
    """Paths below the dataset of all files in table folders that look like parts."""
    return sorted(
        (folder / name).relative_to(root).as_posix()
        for folder, names in table_folders(root)
        for name in names
        if shard_key_of(name)
    )
