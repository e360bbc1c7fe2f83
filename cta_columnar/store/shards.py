"""A piece of work: what it reads, and what decides what comes of it."""

import os
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from cta_columnar.digests import file_digest, value_digest
from cta_columnar.remote import absolute_name, is_remote, location, real_name
from cta_columnar.schemas.version import SCHEMA_VERSION


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


@dataclass(frozen=True, slots=True)
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
