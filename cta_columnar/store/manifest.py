"""The manifest of a dataset that was finished: its shards, and what was left out."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cta_columnar.remote import can_be_file
from cta_columnar.store.errors import MixedDatasetError, StoreError
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import FORMAT, MANIFEST
from cta_columnar.store.records import Record
from cta_columnar.store.shards import Shard, real_path


@dataclass(frozen=True, order=True)
class Skipped:
    """An input that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """What a dataset was finished with.

    Attributes
    ----------
    records : dict of str to Record
        Its shards, by their keys.
    skipped : tuple of Skipped
        Inputs that were left out.
    """

    records: dict[str, Record]
    skipped: tuple[Skipped, ...]

    def settles(self, path: str) -> bool:
        """Whether an input is there, or left out."""
        real = real_path(path)
        if any(real_path(each.path) == real for each in self.skipped):
            return True
        inputs = (i for each in self.records.values() for i in each.shard.inputs)
        return any(each.real_path == real for each in inputs)


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of a dataset.

    Raises
    ------
    FileNotFoundError
        If there is none.
    StoreError
        If it is damaged, or cannot be read.
    """
    path = root / MANIFEST
    plain = from_json(path)
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise StoreError(f"{path} is not the manifest of a {FORMAT}")
    if not all(isinstance(plain.get(key), list) for key in ("shards", "skipped")):
        raise StoreError(f"{path} is damaged: it has no list of shards")
    records = [record_in(path, each) for each in plain["shards"]]
    skipped = tuple(skipped_in(path, each) for each in plain["skipped"])
    return Manifest({each.key: each for each in records}, skipped)


def record_in(path: Path, plain: Any) -> Record:  # noqa: ANN401
    """Return a record that stands in a file, which errors name."""
    try:
        return Record.from_plain(plain)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error


def skipped_in(path: Path, plain: Any) -> Skipped:  # noqa: ANN401
    """Return an input that was left out, as a file says, which errors name."""
    try:
        found = Skipped(str(plain["path"]), str(plain["reason"]))
    except (TypeError, KeyError) as error:
        raise StoreError(f"{path} is damaged: an input that was left out") from error
    if not can_be_file(found.path):
        raise StoreError(f"{path} is damaged: no file is called {found.path!r}")
    return found


def finished_with(root: Path) -> Manifest | None:
    """Return what a dataset was finished with; None if it is being worked on.

    A run begins by turning the manifest into records (see
    `cta_columnar.store.prepare`): who writes and finds one comes after somebody else
    has finished.
    """
    stamp = stamp_of(root / MANIFEST)
    try:
        return _read_again(root, stamp) if stamp else None
    except FileNotFoundError:
        return None


@lru_cache(maxsize=1)
def _read_again(root: Path, stamp: tuple[int, ...]) -> Manifest:
    """Read a manifest; all shards that come late look at the same."""
    del stamp  # by it, one that changed is another one
    return read_manifest(root)


def stamp_of(path: Path) -> tuple[int, ...]:
    """Return what changes when a file does; empty if there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return ()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def check_not_late(root: Path, shard: Shard) -> None:
    """Refuse a shard that a dataset was finished without.

    Raises
    ------
    StoreError
        If its input was left out.
    MixedDatasetError
        If the dataset has another configuration or code by now.
    """
    manifest = finished_with(root)
    if manifest is None:
        return
    for record in manifest.records.values():
        if changed := record.shard.identity.differences(shard.identity):
            raise MixedDatasetError(
                f"{root} was finished meanwhile with another {' and '.join(changed)}; "
                f"{shard.input_names} came too late, and nothing was changed"
            )
        break
    mine = {each.real_path for each in shard.inputs}
    for each in manifest.skipped:
        if real_path(each.path) in mine:
            raise StoreError(
                f"{root} was finished meanwhile without {each.path} ({each.reason}); "
                "this shard of it came too late, and nothing was changed"
            )
