"""CPU time and memory of whole processes, pinned to one core.

Import nothing large here: Linux counts what the parent holds at the moment of starting
a child into the child's peak memory.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# One thread each: idle threads that spin would count as CPU time.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "NUMEXPR", "BLOSC", "POLARS")
}
ONE_THREAD["POLARS_MAX_THREADS"] = "1"
# Neither side shall find the other's packages, and both keep their byte code.
NOT_INHERITED = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Usage:
    """What a process and the children it waited for have used."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def median(usages: Iterable[Usage]) -> Usage:
    """Median, field by field."""
    usages = list(usages)
    return Usage(
        *(
            statistics.median(getattr(usage, name) for usage in usages)
            for name in ("cpu_s", "wall_s", "peak_mb")
        )
    )


def pin_to_one_core() -> int:
    """Keep this process and all it starts on the last core it may use."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment of a measured process."""
    kept = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
    return kept | ONE_THREAD | dict(extra or {})


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Usage:
    """Run a command to its end and say what it used.

    Raises
    ------
    RuntimeError
        If it fails: the time of a failure is no figure.
    """
    log = log or Path(os.devnull)
    with log.open("wb") as output:
        begin = time.perf_counter()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(extra),
            cwd=cwd,
        )
        # Of the child and all its own children that have ended.
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        words = " ".join(command)
        raise RuntimeError(f"exit status {child.returncode}, see {log}: {words}")
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def alternate(
    experiments: Mapping[str, Callable[[], Usage]],
    repeats: int,
    times: Mapping[str, int] | None = None,
) -> dict[str, list[Usage]]:
    """Repeat experiments in turn, so that a slow minute hits them all.

    Those in ``times`` run more than once each turn: short ones, whose small differences
    have to be told from noise.
    """
    taken: dict[str, list[Usage]] = {name: [] for name in experiments}
    for repeat in range(repeats):
        for name, experiment in experiments.items():
            for _ in range((times or {}).get(name, 1)):
                usage = experiment()
                taken[name].append(usage)
                line = f"  {repeat + 1}/{repeats} {name}: {usage.cpu_s:.2f} s CPU"
                print(line, file=sys.stderr, flush=True)
    return taken
