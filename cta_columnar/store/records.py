"""What is written down about a shard that is done: what it is, and what it holds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cta_columnar.remote import can_be_file
from cta_columnar.store.errors import StoreError
from cta_columnar.store.layout import Place, is_part_of, place_of
from cta_columnar.store.record_info import check_info
from cta_columnar.store.shards import Identity, Input, Shard

_INT64 = 1 << 63


@dataclass(frozen=True, order=True, slots=True)
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


@dataclass(frozen=True, order=True, slots=True)
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

    @property
    def bare(self) -> "Record":
        """Which shard it is, of which array, and nothing of what it holds."""
        return Record(self.shard, (), subarray_digest=self.subarray_digest)

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
                    _identity(**shard["identity"]),
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


# All records of a dataset have the same one.
_identity = lru_cache(maxsize=8)(Identity)


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
    ids = [n for r in record.id_ranges for n in (r.obs_id, r.first, r.last)]
    numbers = [*sizes, *ids, *record.runs, *record.counts.values()]
    if any(type(each) is not int or abs(each) >= _INT64 for each in numbers):
        raise TypeError("a count, size or id is no whole number of 64 bits")
    if min(sizes, default=0) < 0:
        raise ValueError("a count or size is negative")
    check_info(record.info, shard.identity.stage)
