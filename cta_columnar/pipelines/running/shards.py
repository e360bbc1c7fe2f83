"""Shards of a run before they are done: what is known of each, and the task."""

import os
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cta_columnar.config import Section
from cta_columnar.executors import Task
from cta_columnar.pipelines.running.common import RunOptions
from cta_columnar.store import (
    Identity,
    Input,
    Previous,
    Record,
    Shard,
    prepare,
)

# Absolute paths of its inputs, and the number of the shard among those of the same.
PieceKey = tuple[tuple[str, ...], int]

_PROC_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What the work on a shard gave.

    Attributes
    ----------
    shard : Shard
        The work.
    record : Record
        As committed; perhaps for another input of the same content. Of what was
        `measured` only which shard it is of: all of it is on the disk.
    was_done : bool
        A valid record was found; nothing was computed.
    step_seconds : dict of str to float
        Processor time per step.
    raw_bytes : int
        Bytes of raw data that were decoded.
    usage : dict
        Where it was done, what it took and what there is of it: see `measured`.
    """

    shard: Shard
    record: Record
    was_done: bool = False
    step_seconds: dict[str, float] = field(default_factory=dict)
    raw_bytes: int = 0
    usage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """A shard that is to be done, as it is known before anything is read.

    Attributes
    ----------
    inputs : tuple of str
        Absolute paths of raw files, or of shards of a dataset: ``<dataset>/<key>``.
    size : int
        Bytes to read.
    task : Task
        The work.
    seq : int
        Which of the shards of these inputs.
    n_shards : int
        How many these are.
    digests : tuple of str
        Of the inputs, if they are known; raw files are read first.
    """

    inputs: tuple[str, ...]
    size: int
    task: Task[ShardOutcome]
    seq: int = 0
    n_shards: int = 1
    digests: tuple[str, ...] = ()

    @classmethod
    def of_shard(
        cls, shard: Shard, task: Task[ShardOutcome], n_blocks: int = 1
    ) -> "Piece":
        """Return the piece for a shard all of which is known.

        Several that are blocks of the same input read about as much of it each.
        """
        inputs: tuple[Input, ...] = shard.inputs
        return cls(
            tuple(each.path for each in inputs),
            sum(each.size for each in inputs) // n_blocks,
            task,
            shard.seq,
            shard.n_shards,
            tuple(each.digest for each in inputs),
        )

    @property
    def key(self) -> PieceKey:
        """What tells it from all others of a run."""
        return self.inputs, self.seq

    def to_plain(self) -> dict[str, Any]:
        """As plain data, for JSON; without the work."""
        return {"inputs": list(self.inputs), "seq": self.seq, "size": self.size}


@dataclass(frozen=True, slots=True)
class Work:
    """All shards of a run.

    Attributes
    ----------
    identity : Identity
        What they are made with.
    pieces : sequence of Piece
        The shards.
    output : pathlib.Path
        The dataset, prepared.
    config : Section
        The configuration, for the provenance.
    total_bytes : int
        Size of all inputs, where tasks report how much of it they have read.
    beside : sequence of tuple
        Path, digest and bytes of what all shards read besides their inputs.
    array : str
        Digest of the array that all inputs must be of; empty if it is not known.
    """

    identity: Identity
    pieces: Sequence[Piece]
    output: Path
    config: Section
    total_bytes: int = 0
    beside: Sequence[tuple[str, str, int]] = ()
    array: str = ""


def begin_run(
    output: Path,
    identity: Identity,
    options: RunOptions,
    inputs: Collection[tuple[str, int]] | None,
) -> Previous:
    """Make the output ready, once per run; return the shards that are there already.

    A process that joins a run which another one began looks only. ``inputs`` are paths
    and bytes of all that is read; with them, a finished dataset is left alone until it
    is known that something has changed: see `cta_columnar.store.prepare`.

    Raises
    ------
    StoreError, MixedDatasetError, WriteError
        See `cta_columnar.store.prepare`.
    """
    if options.joined is not None:
        return options.joined.previous
    if options.handle is not None:
        # Others will do the work, each a part of it.
        inputs = None
    return prepare(
        output,
        identity,
        resume=options.resume,
        overwrite=options.overwrite,
        inputs=inputs,
    )


def measured(
    work: Callable[..., ShardOutcome],
    *args: Any,  # noqa: ANN401
) -> ShardOutcome:
    """Do the work on a shard, and add what it took to the outcome.

    ``host``, ``pid``, ``seconds`` of the clock on the wall, and ``peak_bytes``, the
    most memory that the process had until then; ``written_bytes`` and ``events``. The
    record is left behind: whoever runs 10,000 shards would keep all of them.
    """
    begin = time.perf_counter()
    outcome = work(*args)
    record = outcome.record
    usage = {
        "host": os.uname().nodename,
        "pid": os.getpid(),
        "seconds": round(time.perf_counter() - begin, 3),
        "peak_bytes": peak_bytes(),
        "written_bytes": record.size,
        "events": record.counts.get("events", 0),
    }
    return replace(outcome, record=record.bare, usage=usage)


def peak_bytes() -> int:
    """Return the most resident memory this process ever had; 0 if nobody knows."""
    try:
        # Unlike `resource.getrusage` this begins anew where a program is started.
        lines = _PROC_STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0]) * 1024 if sizes else 0
