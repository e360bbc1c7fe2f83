"""What a shard costs besides its work: of many that do nothing, or write one row.

    python -m benchmarks.overhead [--shards N] [--executors NAME...] [--work NAME...]

Null shards tell the cost of the executor alone; committed ones write a part of one row,
sync, rename and record it, and the run is finished at its end. Those without syncs tell
what the disk takes. Prints milliseconds per shard: wall time of all, the median of the
hundredths of a run, without its end, and processor time of this process and of the
shards where they are done. For Dask the scheduler runs in this process, too; its memory
is taken when 1/100, half and all of the shards are done. Exit status 1 if something is
not as wanted. Needs a machine that nobody else uses.
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from dataclasses import dataclass, field
from functools import partial

from benchmarks import ours
from benchmarks.overhead_shards import (
    IDENTITY,
    forget_syncs,
    nothing,
    one_row,
    shard_of,
)
from benchmarks.report import table
from cta_columnar.executors import (
    Executor,
    Initializer,
    LocalDask,
    Ok,
    ProcessExecutor,
    Result,
    SerialExecutor,
    Task,
    make_executor,
)
from cta_columnar.executors.child import resident_memory
from cta_columnar.store import finalize, prepare

FOLDER = ours.ROOT / ".bench" / "files" / "overhead"
WANTED_MS = {"serial": 5.0, "processes": 5.0, "dask": 10.0}
NULL, COMMITTED, UNSYNCED = "null", "committed", "committed, no syncs"
WORKERS = 2
# Growth of the scheduler from 1/100 of the shards to all: below what 10,000 task states
# would take (about 10 kB each).
MOST_GROWTH_MB = 25.0
# A part, its folder, the record, and the folder of records.
SYNCS = 4
_LOOKS = (0.01, 0.5, 1.0)
_BLOCKS = 100


@dataclass
class Looks:
    """What is seen of this process as results come.

    Attributes
    ----------
    total : int
        Number of shards.
    memory_mb : list of float
        Resident memory, after each of `_LOOKS`.
    times : list of float
        When each hundredth of the shards was done, s.
    worker_s : float
        Processor time of all shards where they were done.
    """

    total: int
    done: int = 0
    worker_s: float = 0.0
    memory_mb: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def __call__(self, result: Result[float]) -> None:
        """Take a result."""
        if not isinstance(result, Ok):
            raise TypeError(result.message)
        self.done += 1
        self.worker_s += result.value
        if self.done >= self.total * _LOOKS[len(self.memory_mb)]:
            self.memory_mb.append(resident_memory(os.getpid()) / 1e6)
        if self.done * _BLOCKS >= self.total * (len(self.times) + 1):
            self.times.append(time.perf_counter())

    @property
    def median_ms(self) -> float:
        """Of a shard, of the median hundredth."""
        taken = [b - a for a, b in zip(self.times, self.times[1:], strict=False)]
        return statistics.median(taken) / self.total * _BLOCKS * 1e3


@dataclass(frozen=True)
class Overhead:
    """What was measured of an executor; times are ms per shard."""

    executor: str
    work: str
    ms: float
    cpu_ms: float
    seen: Looks

    @property
    def is_as_wanted(self) -> bool:
        """Whether it is quick enough, and the scheduler does not grow."""
        growth = self.seen.memory_mb[-1] - self.seen.memory_mb[0]
        return self.ms < WANTED_MS[self.executor] and growth < MOST_GROWTH_MB

    @property
    def row(self) -> list[str]:
        """Row of the table."""
        worker = self.seen.worker_s / self.seen.total * 1e3
        times = self.ms, self.seen.median_ms, self.cpu_ms, worker
        memory = " / ".join(f"{each:.0f}" for each in self.seen.memory_mb)
        verdict = "yes" if self.is_as_wanted else "**no**"
        wanted = f"< {WANTED_MS[self.executor]:g}"
        shown = [f"{each:.2f}" for each in times]
        return [self.executor, self.work, *shown, wanted, memory, verdict]


def executor_named(name: str, initializer: Initializer | None = None) -> Executor:
    """Return an executor of two workers, or of none."""
    match name:
        case "serial":
            return SerialExecutor(initializer)
        case "processes":
            return ProcessExecutor(WORKERS, initializer)
        case _:
            return make_executor(None, initializer, LocalDask(WORKERS))


def measure(name: str, work: str, n: int) -> Overhead:
    """Run shards; workers have begun before."""
    root = FOLDER / f"{name}-{work.replace(', ', '-').replace(' ', '-')}"
    is_synced = work != UNSYNCED
    with executor_named(
        name, partial(forget_syncs, is_wanted=not is_synced)
    ) as executor:
        first = root.with_name(f"{root.name}-first")
        executor.map([Task("", one_row, (first, k)) for k in range(2 * WORKERS)])
        if work != NULL:
            prepare(root, IDENTITY)
        looks, begin, cpu = Looks(n), time.perf_counter(), time.process_time()
        executor.map(
            (
                Task(str(k), nothing)
                if work == NULL
                else Task(str(k), one_row, (root, k))
                for k in range(n)
            ),
            looks,
        )
        if work != NULL:
            finalize(root, [shard_of(k) for k in range(n)])
        cpu = (time.process_time() - cpu) / n * 1e3
        found = Overhead(name, work, _ms(begin, n), cpu, looks)
    print("  " + ", ".join(found.row), file=sys.stderr, flush=True)
    return found


def _sync_ms(n: int = 50) -> float:
    """Return how long this disk takes to keep a small file."""
    folder = FOLDER / "syncs"
    folder.mkdir(parents=True)
    begin = time.perf_counter()
    for k in range(n):
        with (folder / str(k)).open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    return _ms(begin, n)


def _ms(begin: float, n: int) -> float:
    return (time.perf_counter() - begin) / n * 1e3


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shards", type=int, default=10_000)
    parser.add_argument("--executors", nargs="+", default=list(WANTED_MS))
    parser.add_argument("--work", nargs="+", default=[NULL, COMMITTED, UNSYNCED])
    given = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    # Folders stay until the end: to make files where many were removed takes longer.
    found = [
        measure(name, work, given.shards)
        for name in given.executors
        for work in given.work
    ]
    titles = ["executor", "shards", "ms each", "median", "CPU here", "CPU of the shard"]
    titles += ["wanted", "MB at 1, 50, 100 %", "kept"]
    print(table(titles, [each.row for each in found]))
    syncs = f"{SYNCS} files are synced for each committed shard"
    print(f"\n{syncs}, which took {SYNCS * _sync_ms():.2f} ms on this disk just now.")
    shutil.rmtree(FOLDER)
    return int(not all(each.is_as_wanted for each in found))


if __name__ == "__main__":
    sys.exit(main())
