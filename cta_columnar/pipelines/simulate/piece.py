"""One piece of a simulated file: made by a worker, recorded beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from cta_columnar.clock import StepClock
from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError
from cta_columnar.executors import report
from cta_columnar.faults import fault_point
from cta_columnar.simulation.bookkeeping import Tally
from cta_columnar.simulation.chunks import begin_frames, framed, shower_blocks
from cta_columnar.simulation.run import Run, prepare, set_up
from cta_columnar.simulation.simtel.pieces import (
    PieceFile,
    compress,
    compression_of,
)
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import make_folders, remove_tree, write_durably
from cta_columnar.store.json_files import from_json, to_json
from cta_columnar.store.processes import process_name


def pieces_folder(output: Path) -> Path:
    """Where the pieces of a file lie until all of them are there."""
    return output.with_name(f".{output.name}.pieces")


class Piece(NamedTuple):
    """Showers from ``first`` to ``last``; number 0 is what stands before them."""

    number: int
    first: int
    last: int


@dataclass(frozen=True)
class PieceJob:
    """What a worker is told.

    Attributes
    ----------
    config, run : SimulateConfig, int
        The run.
    identity : str
        Digest of all that its bytes depend on.
    output : pathlib.Path
        The file that the piece is for.
    piece : Piece
        Which.
    """

    config: SimulateConfig
    run: int
    identity: str
    output: Path
    piece: Piece

    @property
    def folder(self) -> Path:
        """Where the piece is written."""
        return pieces_folder(self.output)

    @property
    def path(self) -> Path:
        """The piece."""
        ending = {"zst": ".simtel.zst", "gz": ".simtel.gz", "": ".simtel"}
        name = f"{self.piece.number:06d}{ending[compression_of(self.output)]}"
        return self.folder / name

    @property
    def record_path(self) -> Path:
        """Where is written that the piece is there."""
        return self.folder / f"{self.piece.number:06d}.json"

    @property
    def name(self) -> str:
        """For messages."""
        first, last = self.piece.first, self.piece.last
        what = f"showers {first} to {last}" if last >= first else "headers"
        return f"{self.output.name}: {what}"


@dataclass(frozen=True, eq=False)
class PieceRecord:
    """A piece that is there.

    Attributes
    ----------
    name : str
        Of its file.
    identity : str
        As in `PieceJob`.
    sha256, size : str, int
        Of its bytes.
    tally : Tally
        What is in it.
    step_seconds : dict of str to float
        Processor time per step; not recorded.
    """

    name: str
    identity: str
    sha256: str
    size: int
    tally: Tally
    step_seconds: dict[str, float] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """For the record."""
        return {
            "name": self.name,
            "identity": self.identity,
            "sha256": self.sha256,
            "size": self.size,
            "tally": self.tally.to_plain(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "PieceRecord":
        """Read what `to_plain` wrote."""
        return cls(**{**plain, "tally": Tally.from_plain(plain["tally"])})


def make_piece(job: PieceJob) -> PieceRecord:
    """Simulate a piece, write it, and record it; work of one task."""
    clock = StepClock()
    run = _prepared(job.identity, job.config, job.run)
    clock.add("preparations")
    tally = Tally()
    make_folders(job.folder.parent, job.folder)
    with PieceFile(job.path) as file:
        for frame in _frames(run, job.piece, tally, clock):
            compressed = compress(frame, file.compression)
            clock.add("compress")
            file.append(compressed)
            clock.add("write")
    fault_point("before-piece-record")
    record = PieceRecord(
        job.path.name, job.identity, file.sha256, file.size, tally, clock.seconds
    )
    scratch = job.folder / process_name()
    write_durably(job.record_path, to_json(record.to_plain()), scratch)
    remove_tree(scratch)
    fault_point("after-piece-record")
    return record


@lru_cache(maxsize=1)
def _prepared(identity: str, config: SimulateConfig, number: int) -> Run:
    """Constants of a run, kept for its next piece; the identity tells of files."""
    del identity
    return prepare(set_up(config), number)


def _frames(run: Run, piece: Piece, tally: Tally, clock: StepClock) -> Iterator[bytes]:
    if piece.number == 0:
        return begin_frames(run, clock.add)
    return framed(_blocks(run, piece, tally, clock))


def _blocks(run: Run, piece: Piece, tally: Tally, clock: StepClock) -> Iterator[bytes]:
    before = dict(tally.counts)
    for blocks in shower_blocks(run, piece.first, piece.last, tally, clock.add):
        report(**{name: n - before[name] for name, n in tally.counts.items()})
        before = dict(tally.counts)
        yield blocks


def recorded(job: PieceJob) -> PieceRecord | None:
    """Return the record of a piece, if there is one.

    Raises
    ------
    UserError
        If it was made with another configuration or code.
    """
    try:
        record = PieceRecord.from_plain(from_json(job.record_path))
    except (OSError, StoreError, ValueError, KeyError, TypeError):
        return None
    if record.name != job.path.name:
        # It would be copied from there, and removed.
        return None
    if record.identity != job.identity:
        raise UserError(
            f"{job.output} was begun with another configuration or code: use "
            "--overwrite to begin again, or choose another --output"
        )
    return record


def is_whole(job: PieceJob, record: PieceRecord) -> bool:
    """Whether a piece is there and is what its record says."""
    try:
        return sha256_of(job.path) == record.sha256
    except OSError:
        return False
