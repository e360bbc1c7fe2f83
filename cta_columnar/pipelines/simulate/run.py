"""Simulate air showers and telescopes into files, piece by piece."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.digests import code_digest
from cta_columnar.errors import UserError
from cta_columnar.executors import Err, Result, SchedulerLostError, Task
from cta_columnar.executors.base import Amounts
from cta_columnar.pipelines.running.common import (
    PlannedShard,
    Progress,
    RunOptions,
    RunSummary,
)
from cta_columnar.pipelines.running.workers import executor_for
from cta_columnar.pipelines.simulate.file import SimulatedFile, identity_of, name_of
from cta_columnar.pipelines.simulate.join import n_joined
from cta_columnar.pipelines.simulate.piece import (
    PieceJob,
    PieceRecord,
    is_whole,
    make_piece,
    recorded,
)
from cta_columnar.provenance import Activity
from cta_columnar.simulation.run import set_up
from cta_columnar.store.files import remove_tree


def run_simulate(
    inputs: Sequence[Path], output: Path, config: SimulateConfig, options: RunOptions
) -> RunSummary:
    """Simulate runs, each into a file.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        None: a simulation begins with nothing.
    output : pathlib.Path
        As the configuration has it.
    config : SimulateConfig
        Complete.
    options : RunOptions
        How to run; no bytes depend on it.

    Raises
    ------
    UserError
        If array, particle or atmosphere are impossible, or an output exists, or cannot
        be written. Pieces that are done stay for ``--resume``.
    """
    del inputs
    started = time.perf_counter()
    files = _files(config)
    output = files[0].path if len(files) == 1 else output
    for file in files:
        file.check_place()
    if options.overwrite and not options.dry_run:
        for file in files:
            file.remove()
    todo = [
        _Progressing(file, options) for file in files if not _is_done(file, options)
    ]
    if options.dry_run:
        return RunSummary("simulate", output, shards=_plan(files, todo))
    seen = _Seen(todo, options)
    # Pieces of all runs together, so that no worker waits for the last one of a run.
    tasks = [
        Task(job.name, make_piece, (job,)) for each in todo for job in each.pending()
    ]
    for each in todo:
        each.join_if_complete()
    try:
        with executor_for(options, len(tasks)) as executor:
            executor.map(tasks, seen.finished, seen.progress)
    except SchedulerLostError as error:
        raise _resumable(str(error), todo[0].file) from error
    return _summary(output, files, todo, time.perf_counter() - started)


def _files(config: SimulateConfig) -> list[SimulatedFile]:
    setup, code = set_up(config), code_digest()
    files = [
        SimulatedFile(name_of(config, run), run, setup, identity_of(setup, run, code))
        for run in config.runs
    ]
    names = [file.path for file in files]
    if len(set(names)) < len(names):
        raise UserError(
            f"output: {config.output} is the same file for all runs; put {{run}} into "
            "it, e.g. gamma_run{run:05d}.simtel.zst"
        )
    return files


def _is_done(file: SimulatedFile, options: RunOptions) -> bool:
    """Whether a file needs no work.

    Raises
    ------
    UserError
        If there is something that may neither be kept nor replaced.
    """
    if options.overwrite:
        return False
    if file.path.exists():
        if not options.resume:
            raise UserError(
                f"{file.path} exists already: use --overwrite to replace it, --resume "
                "to keep what is done"
            )
        file.check_done()
        if not options.dry_run:
            remove_tree(file.folder)
        return True
    if file.folder.exists() and not options.resume:
        raise UserError(
            f"{file.path} was begun already: use --resume to go on with it, "
            "--overwrite to begin again"
        )
    return False


@dataclass(eq=False)
class _Progressing:
    """A file whose pieces are being made."""

    file: SimulatedFile
    options: RunOptions
    jobs: list[PieceJob] = field(init=False)
    records: dict[int, PieceRecord] = field(init=False)
    activity: Activity = field(init=False)
    n_joined: int = field(init=False)
    n_kept: int = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = self.file.jobs()
        found = [None if self.options.overwrite else recorded(j) for j in self.jobs]
        self.n_joined = n_joined(self.file.draft, found)
        self.records = {
            job.piece.number: record
            for n, (job, record) in enumerate(zip(self.jobs, found, strict=True))
            if record is not None and (n < self.n_joined or is_whole(job, record))
        }
        self.n_kept = len(self.records)
        self.activity = self.file.activity()
        self.counts: Counter[str] = Counter()

    def pending(self) -> list[PieceJob]:
        return [job for job in self.jobs if job.piece.number not in self.records]

    def join_if_complete(self) -> None:
        if len(self.records) == len(self.jobs):
            ordered = [self.records[job.piece.number] for job in self.jobs]
            try:
                tally = self.file.join(ordered, self.n_joined, self.activity)
            except (UserError, OSError) as error:
                raise _resumable(str(error), self.file) from error
            self.counts = Counter(tally.counts)


class _Seen:
    """What workers say: progress, and pieces that are done."""

    def __init__(self, todo: Sequence[_Progressing], options: RunOptions) -> None:
        self._of_job = {job.name: (each, job) for each in todo for job in each.jobs}
        self._tell = options.on_progress
        self._total = sum(each.file.setup.config.n_showers for each in todo)
        self._amounts: Counter[str] = Counter()
        for each in todo:
            for record in each.records.values():
                self._amounts.update(record.tally.counts)

    def finished(self, result: Result[PieceRecord]) -> None:
        file, job = self._of_job[result.name]
        if isinstance(result, Err):
            # The others stop: what one cannot write, the next one cannot either.
            raise _failure(result, file.file)
        file.records[job.piece.number] = result.value
        file.join_if_complete()
        self._send(result.name)

    def progress(self, name: str, amounts: Amounts) -> None:
        self._amounts.update(amounts)
        self._send(name)

    def _send(self, label: str) -> None:
        if self._tell is not None:
            amounts = {n: self._amounts[n] for n in ("events", "telescope_events")}
            done = self._amounts["showers"]
            self._tell(
                Progress(done, self._total, **amounts, label=label, what="showers")
            )


def _failure(error: Err, file: SimulatedFile) -> Exception:
    known = isinstance(error.exception, UserError | OSError)
    if known or not error.traceback:
        return _resumable(str(error.exception or error.message), file)
    return RuntimeError(f"{error.name}: {error.message}\n{error.traceback}")


def _resumable(text: str, file: SimulatedFile) -> UserError:
    if not file.folder.exists():
        return UserError(text)
    return UserError(
        f"{text}\n  what is done of {file.path} stays; the same command with "
        "--resume goes on from there"
    )


def _plan(
    files: Sequence[SimulatedFile], todo: Sequence[_Progressing]
) -> list[PlannedShard]:
    pending = {job.name for each in todo for job in each.pending()}
    return [
        PlannedShard(job.name.rpartition(": ")[2], (str(file.path),), is_done)
        for file in files
        for job in file.jobs()
        for is_done in [job.name not in pending]
    ]


def _summary(
    output: Path,
    files: Sequence[SimulatedFile],
    todo: Sequence[_Progressing],
    seconds: float,
) -> RunSummary:
    counts: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    for each in todo:
        counts.update(each.counts)
        for record in each.records.values():
            steps.update(record.step_seconds)
    n_done = len(files) - len(todo)
    return RunSummary(
        "simulate",
        output,
        dict(counts),
        step_seconds=dict(steps),
        written_bytes=sum(each.file.path.stat().st_size for each in todo),
        seconds=seconds,
        n_shards_kept=sum(each.n_kept for each in todo) + n_done,
    )
