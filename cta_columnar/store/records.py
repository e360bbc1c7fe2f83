"""What is written down about a shard: who made it, of what, and what it holds."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cta_columnar.bounded import MAX_JSON_BYTES, parse_json, read_bounded
from cta_columnar.digests import file_digest, value_digest
from cta_columnar.remote import (
    absolute_name,
    can_be_file,
    is_remote,
    location,
    real_name,
)
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.errors import StoreError, reading
from cta_columnar.store.layout import Place, is_part_of, place_of
from cta_columnar.store.record_info import check_info

_INT64 = 1 << 63


@dataclass(frozen=True)
class Identity:
    """What makes results comparable; those of two identities never mix.

    Attributes
    ----------
    stage : str
        Which pipeline, e.g. ``"stage1"``.
    config_digest : str
        Of the resolved configuration.
    code_digest : str
        See `cta_columnar.digests.code_digest`.
    schema_version : str
        Version of the data model.
    """

    stage: str
    config_digest: str
    code_digest: str
    schema_version: str = SCHEMA_VERSION

    def differences(self, other: "Identity") -> list[str]:
        """Names of what is not the same."""
        mine, theirs = asdict(self), asdict(other)
        changed = [name for name in mine if mine[name] != theirs[name]]
        return [name.removesuffix("_digest") for name in changed]


def real_path(path: str | Path) -> str:
    """Path of a file under its only name: absolute, no links."""
    return real_name(path)


@dataclass(frozen=True)
class Input:
    """A file, or a shard of another dataset, with the digest of its content."""

    path: str
    digest: str
    size: int

    @classmethod
    def of(cls, path: str | Path, content: Path | None = None) -> "Input":
        """Look at a file, or at a copy of its content: its size and digest.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        # Absolute: a later run may start in another folder, or use another spelling.
        content = content or location(path)
        size = content.stat().st_size
        return cls(absolute_name(path), file_digest(content), size)

    @property
    def real_path(self) -> str:
        """Where it really lies, whatever it is called."""
        return real_path(self.path)

    @property
    def stamp(self) -> tuple[int, int] | None:
        """Size and time of change of a file; None if there is none."""
        path = location(self.path)
        # Not by `Path.is_file`, which fails for names that are too long.
        is_there = path.is_file() if is_remote(path) else os.path.isfile(path)  # noqa: PTH113
        if not is_there:
            return None
        found = path.stat()
        return found.st_size, found.st_mtime_ns

    def has_changed(self, before: tuple[int, int] | None = None) -> bool:
        """Whether a file has another size by now, or another stamp than ``before``.

        It may still be being copied, or have been replaced while it was being read.
        """
        now = self.stamp
        if now is None:
            return False
        return now[0] != self.size or before not in (None, now)


@dataclass(frozen=True)
class Shard:
    """A piece of work: a pure function of what stands here, paths left out.

    Attributes
    ----------
    identity : Identity
        Configuration and code.
    inputs : tuple of Input
        What it reads.
    seq : int
        Number of this shard among those of the same raw file.
    block : str
        Which part of the inputs: a range of ids or blocks; empty for all.
    n_shards : int
        Number of shards of the same inputs: only together they count.
    """

    identity: Identity
    inputs: tuple[Input, ...]
    seq: int = 0
    block: str = ""
    n_shards: int = 1

    @cached_property
    def key(self) -> str:
        """Name of the shard: a digest of all that decides its content."""
        digests = [each.digest for each in self.inputs]
        return value_digest([asdict(self.identity), digests, self.seq, self.block])[:20]

    @property
    def family(self) -> tuple[Identity, tuple[str, ...]]:
        """What the shards of the same inputs have in common, and no others."""
        return self.identity, tuple(each.digest for each in self.inputs)

    @property
    def input_digest(self) -> str:
        """Digest of all inputs and the block."""
        return value_digest([[each.digest for each in self.inputs], self.block])

    @property
    def input_names(self) -> str:
        """Inputs, for messages."""
        return ", ".join(each.path for each in self.inputs)


@dataclass(frozen=True, order=True)
class Part:
    """A file of a shard, by its path below the dataset."""

    path: str
    sha256: str
    size: int
    rows: int

    @property
    def place(self) -> Place:
        """Table and telescope type."""
        return place_of(self.path)


@dataclass(frozen=True, order=True)
class IdRange:
    """Smallest and largest event of an observation; calibration events apart."""

    obs_id: int
    first: int
    last: int

    def overlaps(self, other: "IdRange") -> bool:
        """Whether an event could lie in both."""
        same = self.obs_id == other.obs_id
        return same and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Record:
    """A committed shard.

    Attributes
    ----------
    shard : Shard
        What was done.
    parts : tuple of Part
        What came out, sorted by path.
    id_ranges : tuple of IdRange
        Which events it holds.
    runs : tuple of int
        Observations that it describes in a table of one row per run.
    subarray_digest : str
        Of the array; empty if the dataset has none.
    counts : mapping of str to int
        Events read, kept, dropped and why: whatever the stage counts.
    info : mapping
        Anything else worth keeping, as plain data: the cut flow, warnings.
    """

    shard: Shard
    parts: tuple[Part, ...]
    id_ranges: tuple[IdRange, ...] = ()
    runs: tuple[int, ...] = ()
    subarray_digest: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def key(self) -> str:
        """Key of the shard."""
        return self.shard.key

    @property
    def order(self) -> tuple[str, str]:
        """Sort key: order of observation, then of the shard key."""
        first = min((Path(part.path).name for part in self.parts), default="")
        return first, self.key

    def differences(self, other: "Record") -> list[str]:
        """Names of what both must have in common to be of one dataset, but have not."""
        changed = self.shard.identity.differences(other.shard.identity)
        is_same_array = self.subarray_digest == other.subarray_digest
        return changed if is_same_array else [*changed, "subarray"]

    def rows(self, place: Place) -> int:
        """Rows in a table."""
        return sum(part.rows for part in self.parts if part.place == place)

    def to_plain(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        plain = {"shard_key": self.key} | asdict(self)
        if self.shard.n_shards == 1:
            # As it was written before inputs were split.
            del plain["shard"]["n_shards"]
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Record":
        """Inverse of `to_plain`.

        Raises
        ------
        StoreError
            If something is missing, the key does not fit the content, or a part lies
            where none may be.
        """
        try:
            shard = plain["shard"]
            record = cls(
                Shard(
                    Identity(**shard["identity"]),
                    tuple(Input(**each) for each in shard["inputs"]),
                    shard["seq"],
                    shard["block"],
                    shard.get("n_shards", 1),
                ),
                tuple(Part(**each) for each in plain["parts"]),
                tuple(IdRange(**each) for each in plain["id_ranges"]),
                tuple(plain["runs"]),
                plain["subarray_digest"],
                plain["counts"],
                plain["info"],
            )
            _check_types(record)
            if record.key != plain["shard_key"]:
                raise ValueError("the shard key does not fit the content")
            for part in record.parts:
                if not is_part_of(part.path, record.key):
                    # It is going to be read, linked and removed.
                    raise ValueError(f"{part.path!r} is no part of this shard")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise StoreError(f"not a commit record of this version: {error}") from error
        return record


def _check_types(record: Record) -> None:
    """Refuse values that are not what their names say: they are counted with, opened.

    Raises
    ------
    TypeError, ValueError
        Which says where.
    """
    shard = record.shard
    parts, inputs = record.parts, shard.inputs
    texts = [*vars(shard.identity).values(), shard.block, record.subarray_digest]
    texts += [text for each in inputs for text in (each.path, each.digest)]
    texts += [part.sha256 for part in parts]
    if any(type(each) is not str or not can_be_file(each) for each in texts):
        raise TypeError("a digest or path is no text")
    sizes = [n for part in parts for n in (part.rows, part.size)]
    sizes += [each.size for each in inputs] + [shard.seq, shard.n_shards]
    ids = [n for each in record.id_ranges for n in vars(each).values()]
    numbers = [*sizes, *ids, *record.runs, *record.counts.values()]
    if any(type(each) is not int or abs(each) >= _INT64 for each in numbers):
        raise TypeError("a count, size or id is no whole number of 64 bits")
    if min(sizes, default=0) < 0:
        raise ValueError("a count or size is negative")
    check_info(record.info, shard.identity.stage)


def to_json(plain: object) -> bytes:
    """Encode as text that people can read, always the same for the same content."""
    return (json.dumps(plain, indent=1, sort_keys=True) + "\n").encode()


def from_json(path: Path) -> Any:  # noqa: ANN401
    """Read a file of `to_json`.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ReadError
        If the system cannot read it.
    StoreError
        If it is not JSON, no file, or larger than any that is written here.
    """
    with reading(path):
        content = read_bounded(path, MAX_JSON_BYTES)
    try:
        return parse_json(content)
    except ValueError as error:
        raise StoreError(f"{path} is not JSON: {error}") from error
