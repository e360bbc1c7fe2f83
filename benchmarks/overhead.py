"""What a shard costs besides its work: of many that do nothing, or write one row.

    python -m benchmarks.overhead [--shards N] [--executors NAME...]

Null shards tell the cost of the executor alone; committed ones write a part of one row,
sync, rename and record it, and the run is finished at its end. Prints milliseconds of
wall time per shard, and the resident memory of this process (for Dask that of the
scheduler, too, which runs in it) when 1/10, half and all of the shards are done; exit
status 1 if something is not as wanted. Needs a machine that nobody else uses.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks import ours
from benchmarks.overhead_shards import IDENTITY, nothing, one_row, shard_of
from benchmarks.report import table
from cta_columnar.executors import (
    Executor,
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

ROOT = ours.ROOT / ".bench" / "files" / "overhead"
FIRST = ROOT.with_name("overhead_first")
WANTED_MS = {"serial": 5.0, "processes": 5.0, "dask": 10.0}
WORKERS = 2
# Growth of the scheduler from 1/10 of the shards to all: below what 10,000 task states
# would take (about 10 kB each).
MOST_GROWTH_MB = 25.0
# A part, its folder, the record, and the folder of records.
SYNCS = 4
_LOOKS = (0.1, 0.5, 1.0)


@dataclass
class Looks:
    """Memory of this process as results come."""

    total: int
    done: int = 0
    memory_mb: list[float] = field(default_factory=list)

    def __call__(self, result: Result[Any]) -> None:
        """Take a result."""
        if not isinstance(result, Ok):
            raise TypeError(result.message)
        self.done += 1
        if self.done >= self.total * _LOOKS[len(self.memory_mb)]:
            self.memory_mb.append(resident_memory(os.getpid()) / 1e6)


@dataclass(frozen=True)
class Overhead:
    """What was measured of an executor."""

    executor: str
    work: str
    ms: float
    memory_mb: Sequence[float]

    @property
    def is_as_wanted(self) -> bool:
        """Whether it is quick enough, and the scheduler does not grow."""
        growth = self.memory_mb[-1] - self.memory_mb[0]
        return self.ms < WANTED_MS[self.executor] and growth < MOST_GROWTH_MB

    @property
    def row(self) -> list[str]:
        """Row of the table."""
        memory = " / ".join(f"{each:.0f}" for each in self.memory_mb)
        verdict = "yes" if self.is_as_wanted else "**no**"
        wanted = f"< {WANTED_MS[self.executor]:g}"
        return [self.executor, self.work, f"{self.ms:.2f}", wanted, memory, verdict]


def executor_named(name: str) -> Executor:
    """Return an executor of two workers, or of none."""
    match name:
        case "serial":
            return SerialExecutor()
        case "processes":
            return ProcessExecutor(WORKERS)
        case _:
            return make_executor(dask=LocalDask(WORKERS))


def measure(name: str, n: int) -> list[Overhead]:
    """Run null shards, then committed ones; workers have begun before."""
    for folder in (ROOT, FIRST):
        shutil.rmtree(folder, ignore_errors=True)
    with executor_named(name) as executor:
        executor.map([Task("", one_row, (FIRST, k)) for k in range(2 * WORKERS)])
        looks, begin = Looks(n), time.perf_counter()
        executor.map((Task(str(k), nothing) for k in range(n)), looks)
        null = _told(Overhead(name, "null", _ms(begin, n), looks.memory_mb))
        prepare(ROOT, IDENTITY)
        looks, begin = Looks(n), time.perf_counter()
        executor.map((Task(str(k), one_row, (ROOT, k)) for k in range(n)), looks)
        finalize(ROOT, [shard_of(k) for k in range(n)])
        committed = Overhead(name, "committed", _ms(begin, n), looks.memory_mb)
        _told(committed)
    shutil.rmtree(ROOT, ignore_errors=True)
    return [null, committed]


def _told(found: Overhead) -> Overhead:
    print("  " + ", ".join(found.row), file=sys.stderr, flush=True)
    return found


def _sync_ms(n: int = 50) -> float:
    """Return how long this disk takes to keep a small file."""
    ROOT.mkdir(parents=True)
    begin = time.perf_counter()
    for k in range(n):
        with (ROOT / str(k)).open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    shutil.rmtree(ROOT)
    return _ms(begin, n)


def _ms(begin: float, n: int) -> float:
    return (time.perf_counter() - begin) / n * 1e3


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shards", type=int, default=10_000)
    parser.add_argument("--executors", nargs="+", default=list(WANTED_MS))
    given = parser.parse_args()
    found = [each for name in given.executors for each in measure(name, given.shards)]
    titles = ["executor", "shards", "ms each", "wanted", "MB at 10, 50, 100 %", "kept"]
    print(table(titles, [each.row for each in found]))
    syncs = f"{SYNCS} files are synced for each committed shard"
    print(f"\n{syncs}, which took {SYNCS * _sync_ms():.2f} ms on this disk just now.")
    return int(not all(each.is_as_wanted for each in found))


if __name__ == "__main__":
    sys.exit(main())
