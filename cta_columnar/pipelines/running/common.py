"""What every pipeline takes and gives: run options, progress, summary."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cta_columnar.pipelines.running.shards import Work
    from cta_columnar.store import Previous

from cta_columnar.executors import DaskPlace


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; pipelines report it after every shard, and within long ones.

    Attributes
    ----------
    done, total : int
        Shards finished (redone or found valid), and shards in all.
    events, telescope_events : int
        Array events and telescope events so far.
    raw_bytes, total_bytes : int
        Bytes of input read so far, and in all; 0 where unknown.
    label : str
        What was last worked on, e.g. the name of an input.
    what : str
        What is counted by ``done`` and ``total``, if not shards.
    """

    done: int
    total: int
    events: int = 0
    telescope_events: int = 0
    raw_bytes: int = 0
    total_bytes: int = 0
    label: str = ""
    what: str = "shards"


@dataclass(frozen=True, slots=True)
class Joined:
    """A run that another process began, and in which this one takes part.

    Attributes
    ----------
    array : str
        Digest of the array that all inputs must be of; empty if it is not known.
    previous : mapping
        Shards that are there already, as `cta_columnar.store.prepare` returns them.
    """

    array: str
    previous: "Previous"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a pipeline runs; nothing here changes a result.

    Attributes
    ----------
    workers : int, optional
        Number of worker processes; None takes the processors this process may use.
    resume : bool
        Keep what is committed and redo the rest.
    overwrite : bool
        Delete an existing output first.
    dry_run : bool
        Check everything, plan the shards, write nothing.
    skip_bad_inputs : bool
        Record an input that cannot be read and carry on, instead of stopping.
    plugins : tuple of pathlib.Path
        Files with algorithms, to be loaded by every worker.
    dask : LocalDask, DaskScheduler or BatchJobs, optional
        Where Dask has its workers; None: processes of ours on this machine.
    on_progress : callable, optional
        Called in the main process.
    joined : Joined, optional
        The output was prepared by another process; others work there, too.
    handle : callable, optional
        What to do with the shards instead of running them all and closing the dataset.
    """

    workers: int | None = None
    resume: bool = False
    overwrite: bool = False
    dry_run: bool = False
    skip_bad_inputs: bool = False
    plugins: tuple[Path, ...] = ()
    dask: DaskPlace | None = None
    on_progress: Callable[[Progress], None] | None = None
    joined: Joined | None = None
    handle: "Callable[[Work], RunSummary] | None" = None


@dataclass(frozen=True, slots=True)
class CutFlowRow:
    """One cut of a selection, as in the table ``cut_flow``.

    Attributes
    ----------
    stage : str
        Which selection, e.g. ``"image_quality"``.
    tel_type : str
        Readout group; empty for array events.
    cut : str
        Name of the cut.
    position : int
        Place in the sequence; 0 counts all rows.
    n_passed : int
        Rows that pass this cut alone.
    n_survivors : int
        Rows that pass this cut and all before.
    """

    stage: str
    tel_type: str
    cut: str
    position: int
    n_passed: int
    n_survivors: int


@dataclass(frozen=True, slots=True)
class SkippedInput:
    """An input that could not be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedShard:
    """One piece of work of a run.

    Attributes
    ----------
    key : str
        Name of its commit record.
    inputs : tuple of str
        What it reads.
    is_done : bool
        Whether a valid record of it exists, so that ``--resume`` would keep it.
    place : str
        Which of several shards of these inputs, e.g. ``"2 of 5"``.
    """

    key: str
    inputs: tuple[str, ...]
    is_done: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did.

    Attributes
    ----------
    stage : str
        The verb, e.g. ``"stage1"``.
    output : pathlib.Path
        The dataset.
    counts : mapping of str to int
        Rows by what they are: ``events``, ``telescope_events``, and further ones.
    cut_flow : sequence of CutFlowRow
        Survivors per cut, summed over shards.
    step_seconds : mapping of str to float
        Processor time per step, summed over workers.
    raw_bytes : int
        Bytes of input read.
    seconds : float
        Wall-clock time.
    skipped : sequence of SkippedInput
        Inputs that could not be read.
    shards : sequence of PlannedShard
        The work, for a dry run; pipelines may leave it empty otherwise.
    n_shards_kept : int
        Shards that ``--resume`` found done.
    warnings : sequence of str
        What the user should look at, each once.
    written_bytes : int
        Bytes of raw files written.
    what : str
        What ``shards`` are, if not shards.
    """

    stage: str
    output: Path
    counts: Mapping[str, int] = field(default_factory=dict)
    cut_flow: Sequence[CutFlowRow] = ()
    step_seconds: Mapping[str, float] = field(default_factory=dict)
    raw_bytes: int = 0
    seconds: float = 0.0
    skipped: Sequence[SkippedInput] = ()
    shards: Sequence[PlannedShard] = ()
    n_shards_kept: int = 0
    warnings: Sequence[str] = ()
    written_bytes: int = 0
    what: str = "shards"
