"""Commit records on the disk: reading them, judging them, dropping them."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cta_columnar.digests import file_digest, sha256_of
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import process_name, remove, remove_tree, write_durably
from cta_columnar.store.layout import COMMITS, FORMAT, MANIFEST, SCRATCH
from cta_columnar.store.records import (
    Input,
    Record,
    Shard,
    from_json,
    real_path,
    to_json,
)

_ATTEMPTS = 100


# Shards that are there already, by the real path of their inputs.
Previous = Mapping[str, tuple[Record, ...]]


@dataclass(frozen=True, order=True)
class Skipped:
    """An input that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Contents:
    """All that a dataset says of itself: its manifest and the records beside it.

    Attributes
    ----------
    records : tuple of Record
        Shards of inputs all of whose shards are committed.
    skipped : tuple of Skipped
        Inputs that were left out.
    begun : tuple of Record
        Shards of other inputs, which count only when the rest is there.
    """

    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...]
    begun: tuple[Record, ...] = ()

    @property
    def committed(self) -> tuple[Record, ...]:
        """All shards, whether they count already or not."""
        return (*self.records, *self.begun)

    def by_key(self) -> dict[str, Record]:
        """Return all records by the key of their shard."""
        return {record.key: record for record in self.committed}


def record_path(root: Path, key: str) -> Path:
    """Where the record of a shard lies."""
    return root / COMMITS / f"{key}.json"


def _skipped_path(root: Path, path: str) -> Path:
    name = hashlib.sha256(real_path(path).encode()).hexdigest()[:20]
    return root / COMMITS / f"skipped-{name}.json"


def read_contents(root: Path) -> Contents:
    """Read manifest and records: right at any time, also while others write.

    Raises
    ------
    StoreError
        If one of them is damaged.
    """
    # Compaction writes the manifest, then removes records; a resumed run writes the
    # records, then removes the manifest. If it changed meanwhile, look again.
    for _ in range(_ATTEMPTS):
        before = _stamp(root / MANIFEST)
        found = _read_once(root)
        if found is not None and _stamp(root / MANIFEST) == before:
            return found
    raise StoreError(f"{root} changes faster than it can be read")


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return ()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _read_once(root: Path) -> Contents | None:
    records: dict[str, Record] = {}
    skipped: dict[str, Skipped] = {}
    try:
        if (root / MANIFEST).exists():
            plain = _checked_manifest(root / MANIFEST)
            for each in plain["shards"]:
                record = _record(root / MANIFEST, each)
                records[record.key] = record
            left_out = [_skipped(root / MANIFEST, each) for each in plain["skipped"]]
            skipped = {each.path: each for each in left_out}
        for path in sorted((root / COMMITS).glob("*.json")):
            plain = from_json(path)
            if path.name.startswith("skipped-"):
                one = _skipped(path, plain)
                skipped[one.path] = one
            else:
                record = _record(path, plain)
                records[record.key] = record
    except FileNotFoundError:
        return None
    ordered = sorted(records.values(), key=lambda record: record.order)
    n_there = Counter(record.shard.family for record in ordered)
    n_missing = [r.shard.n_shards - n_there[r.shard.family] for r in ordered]
    whole = tuple(r for r, n in zip(ordered, n_missing, strict=True) if n <= 0)
    begun = tuple(r for r, n in zip(ordered, n_missing, strict=True) if n > 0)
    return Contents(whole, tuple(sorted(skipped.values())), begun)


def _checked_manifest(path: Path) -> Any:  # noqa: ANN401
    plain = from_json(path)
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise StoreError(f"{path} is not the manifest of a {FORMAT}")
    if not all(isinstance(plain.get(key), list) for key in ("shards", "skipped")):
        raise StoreError(f"{path} is damaged: it has no list of shards")
    return plain


def _record(path: Path, plain: Any) -> Record:  # noqa: ANN401
    try:
        return Record.from_plain(plain)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error


def _skipped(path: Path, plain: Any) -> Skipped:  # noqa: ANN401
    try:
        return Skipped(str(plain["path"]), str(plain["reason"]))
    except (TypeError, KeyError) as error:
        raise StoreError(f"{path} is damaged: an input that was left out") from error


def write_record(root: Path, record: Record) -> None:
    """Write a record by itself, as a commit does."""
    _write(root, record_path(root, record.key), record.to_plain())


def write_skipped(root: str | Path, path: str, reason: str) -> None:
    """Write down that an input was left out, and why; listed in the manifest.

    What came of another content that it had earlier is taken out.
    """
    root = Path(root)
    # As of inputs: a later run may start in another folder.
    skipped = Skipped(os.path.abspath(path), reason)  # noqa: PTH100
    _write(root, _skipped_path(root, path), asdict(skipped))
    real = real_path(path)
    for record in read_contents(root).committed:
        if any(i.real_path == real and is_changed(i) for i in record.shard.inputs):
            drop_record(root, record.key)


def is_changed(known: Input) -> bool:
    """Whether a file has another content now; not if that cannot be told."""
    try:
        return file_digest(known.real_path) != known.digest
    except OSError:
        return False


def _write(root: Path, path: Path, plain: object) -> None:
    scratch = root / SCRATCH / f"record-{process_name()}"
    write_durably(path, to_json(plain), scratch)
    remove_tree(scratch)


def drop_record(root: str | Path, key: str) -> None:
    """Take a shard out of the dataset; its parts are removed at finalisation."""
    remove(record_path(Path(root), key))


def drop_skipped(root: Path, path: str) -> None:
    """Forget that an input was left out."""
    remove(_skipped_path(root, path))


def by_input(records: Iterable[Record]) -> Previous:
    """Return shards by the real path of their inputs: a file may have several names."""
    found: dict[str, tuple[Record, ...]] = {}
    for record in records:
        for each in record.shard.inputs:
            path = each.real_path
            found[path] = (*found.get(path, ()), record)
    return found


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
    is_left_out = any(_skipped_path(root, path).exists() for path in paths)
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


def is_intact(root: Path, record: Record, *, verify: bool = False) -> bool:
    """Whether all parts are there with the right size; ``verify``: the right bytes."""
    for part in record.parts:
        path = root / part.path
        try:
            if path.stat().st_size != part.size:
                return False
        except OSError:
            return False
        if verify and sha256_of(path) != part.sha256:
            return False
    return True


def valid_record(root: Path, shard: Shard) -> Record | None:
    """Return the record of a shard, if it is there and its parts are what it says.

    Only records by themselves are looked at: a run begins by turning a manifest back
    into records (see `cta_columnar.store.prepare`).
    """
    path = record_path(root, shard.key)
    try:
        record = _record(path, from_json(path))
    except (FileNotFoundError, StoreError):
        return None
    return record if is_intact(root, record, verify=True) else None
