"""Commit records on the disk: reading them, judging them, dropping them."""

import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cta_columnar.digests import sha256_of
from cta_columnar.remote import is_remote, location
from cta_columnar.store.errors import StoreError, reading
from cta_columnar.store.files import remove, remove_tree, write_durably
from cta_columnar.store.inside import refuse_links
from cta_columnar.store.json_files import from_json, to_json
from cta_columnar.store.layout import COMMITS, MANIFEST, SCRATCH, parts_on_disk
from cta_columnar.store.manifest import (
    Skipped,
    finished_with,
    read_manifest,
    record_in,
    skipped_in,
    stamp_of,
)
from cta_columnar.store.processes import process_name
from cta_columnar.store.records import Record
from cta_columnar.store.shards import Shard

_ATTEMPTS = 100


# Shards that are there already, by the real path of their inputs, without their parts:
# whoever begins a run keeps them, and gives those of an input to each of its shards.
Previous = Mapping[str, tuple[Record, ...]]


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


def read_contents(root: Path) -> Contents:
    """Read manifest and records: right at any time, also while others write.

    Raises
    ------
    StoreError
        If one of them is damaged or cannot be read, or leads out of the dataset.
    """
    # Compaction writes the manifest, then removes records; a resumed run writes the
    # records, then removes the manifest. If it changed meanwhile, look again.
    for _ in range(_ATTEMPTS):
        before = stamp_of(root / MANIFEST)
        found = _read_once(root)
        if found is not None and stamp_of(root / MANIFEST) == before:
            refuse_links(root, (p.path for r in found.committed for p in r.parts))
            return found
    raise StoreError(f"{root} changes faster than it can be read")


def _read_once(root: Path) -> Contents | None:
    records: dict[str, Record] = {}
    skipped: dict[str, Skipped] = {}
    try:
        if (root / MANIFEST).exists():
            manifest = read_manifest(root)
            records |= manifest.records
            skipped = {each.path: each for each in manifest.skipped}
        for path in sorted((root / COMMITS).glob("*.json")):
            plain = from_json(path)
            if path.name.startswith("skipped-"):
                one = skipped_in(path, plain)
                skipped[one.path] = one
            else:
                record = record_in(path, plain)
                records[record.key] = record
    except FileNotFoundError:
        return None
    ordered = sorted(records.values(), key=lambda record: record.order)
    n_there = Counter(record.shard.family for record in ordered)
    n_missing = [r.shard.n_shards - n_there[r.shard.family] for r in ordered]
    whole = tuple(r for r, n in zip(ordered, n_missing, strict=True) if n <= 0)
    begun = tuple(r for r, n in zip(ordered, n_missing, strict=True) if n > 0)
    return Contents(whole, tuple(sorted(skipped.values())), begun)


def write_record(root: Path, record: Record) -> None:
    """Write a record by itself, as a commit does."""
    write_plain(root, record_path(root, record.key), record.to_plain())


def write_plain(root: Path, path: Path, plain: object) -> None:
    """Write plain data as JSON, whole or not at all."""
    scratch = root / SCRATCH / f"record-{process_name()}"
    write_durably(path, to_json(plain), scratch)
    remove_tree(scratch)


def drop_record(root: str | Path, key: str) -> None:
    """Take a shard out of the dataset; its parts are removed at finalisation."""
    remove(record_path(location(root), key))


def by_input(records: Iterable[Record]) -> Previous:
    """Return shards by the real path of their inputs: a file may have several names."""
    found: dict[str, list[Record]] = {}
    for record in records:
        bare = record.bare
        for each in record.shard.inputs:
            found.setdefault(each.real_path, []).append(bare)
    return {path: tuple(several) for path, several in found.items()}


def is_intact(root: Path, record: Record, *, verify: bool = False) -> bool:
    """Whether all parts are there with the right size; ``verify``: the right bytes.

    A server checks what it receives, and objects appear whole: of those at a URL sizes
    are compared, since they would have to be read whole for more.

    Raises
    ------
    ReadError
        If the system cannot tell: that says nothing about them.
    """
    for part in record.parts:
        path = root / part.path
        try:
            with reading(path):
                found = path.stat()
                if not stat.S_ISREG(found.st_mode) or found.st_size != part.size:
                    return False
                is_doubtful = verify and not is_remote(path)
                if is_doubtful and sha256_of(path) != part.sha256:
                    return False
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def check_parts(root: Path, records: Sequence[Record], remedy: str) -> None:
    """Refuse to go on without parts that were committed and are gone since.

    Their shards count as not done from then on, so that whoever goes on makes them.

    Raises
    ------
    StoreError
        If there are such parts.
    """
    there = set(parts_on_disk(root))
    lost = {r.key: {part.path for part in r.parts} - there for r in records}
    # The listing of a shared file system may be some seconds old.
    gone = [r for r in records if lost[r.key] and not is_intact(root, r)]
    if not gone:
        return
    for record in gone:
        drop_record(root, record.key)
    raise StoreError(
        f"{root}: parts that were committed are gone, of {len(gone)} of {len(records)} "
        f"shards; the first is {min(lost[gone[0].key])}, made of "
        f"{gone[0].shard.input_names}; {remedy}"
    )


def find_record(root: str | Path, key: str) -> Record | None:
    """Return the record of a shard, from wherever it is; None if it was taken out.

    Raises
    ------
    ReadError
        If it cannot be read.
    StoreError
        If it is damaged.
    """
    root = location(root)
    path = record_path(root, key)
    for _ in range(_ATTEMPTS):
        before = stamp_of(root / MANIFEST)
        try:
            return record_in(path, from_json(path))
        except FileNotFoundError:
            found = _in_manifest(root, key)
        # If others have just turned the manifest into records, look again.
        if found is not None or stamp_of(root / MANIFEST) == before:
            return found
    raise StoreError(f"{root} changes faster than it can be read")


def _in_manifest(root: Path, key: str) -> Record | None:
    """Return a record where somebody else has finished meanwhile."""
    finished = finished_with(root)
    return finished.records.get(key) if finished is not None else None


def valid_record(root: Path, shard: Shard) -> Record | None:
    """Return the record of a shard, if it is there and its parts are what it says.

    Also the one in the manifest, where somebody else has finished meanwhile.

    Raises
    ------
    ReadError
        If record or parts cannot be read.
    """
    path = record_path(root, shard.key)
    record: Record | None
    try:
        record = record_in(path, from_json(path))
    except FileNotFoundError:
        record = _in_manifest(root, shard.key)
    except StoreError:
        return None
    if record is None or not is_intact(root, record, verify=True):
        return None
    return record
