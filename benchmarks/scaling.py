"""Stage 1 of many inputs: what a second worker gains, and memory of a longer run.

    python -m benchmarks.scaling [--runs N] [--showers N] [--repeats N] [--part N]

Simulates runs of diffuse gammas (CTAO-North) into .bench/files/scaling, those that are
not there, and runs stage 1 on all of them with one worker and with two. In the same
turn stand two ceilings. One is two commands at once, each with one worker and half of
the inputs, which have neither parent nor output in common. The other is a loop in one
process and in two. The last line is a run of the first twentieth (``--part``) of the
inputs: its memory beside that of all, of the command and of the largest worker. Exit
status 1 if something is not as wanted. Needs two cores that nobody else uses, 10 GB of
disk, three minutes for the files and three for each repeat.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ours
from benchmarks.looking import looking
from benchmarks.measure import environment, run
from benchmarks.report import table
from benchmarks.two_cores import FILES, SETTINGS, plain_loops

FOLDER = FILES / "scaling"
LOG = FILES / "scaling_log"
PROGRAM = str(ours.PROGRAMS / "ctacol")
WORKERS = (1, 2)
LEAST_GAIN, MOST_GROWTH = 1.8, 1.10
_EVERY = 0.02  # s, between two looks at the memory


@dataclass(frozen=True)
class Taken:
    """What commands that ran together took.

    Attributes
    ----------
    wall_s : float
        From the beginning of the first to the end of the last.
    peak_mb : mapping of str to float
        Largest resident memory of a process: ``"command"``, and ``"worker"`` for those
        that it began.
    """

    wall_s: float
    peak_mb: Mapping[str, float]


def timed(*commands: Sequence[str]) -> Taken:
    """Run commands at the same time, and wait for all.

    Raises
    ------
    RuntimeError
        If one fails: the time of a failure is no figure.
    """
    with LOG.open("wb") as log:
        begin = time.perf_counter()
        # Not one that measures each by itself: they have to run side by side.
        running = [
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(),
            )
            for command in commands
        ]
        peaks = Peaks([each.pid for each in running])
        with looking(peaks.look, _EVERY):
            codes = [each.wait() for each in running]
        wall = time.perf_counter() - begin
    if any(codes):
        raise RuntimeError(f"exit status {codes}, see {LOG}")
    return Taken(wall, peaks.mb)


class Peaks:
    """Largest resident memory that some processes, and those they began, ever had."""

    def __init__(self, commands: Sequence[int]) -> None:
        self.mb: dict[str, float] = defaultdict(float)
        self._commands = set(commands)

    def look(self) -> None:
        """Note what they have had until now."""
        for pid in self._commands:
            self._note("command", pid)
            for child in _children(pid):
                self._note("worker", child)

    def _note(self, role: str, pid: int) -> None:
        self.mb[role] = max(self.mb[role], _peak_mb(pid))


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []  # it has just ended
    return [int(each) for each in text.split()]


def _peak_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0]) / 1024 if sizes else 0.0


@dataclass(frozen=True)
class Scaling:
    """Medians of all turns; in s, but for `growth`.

    Attributes
    ----------
    one, two : float
        Stage 1 with as many workers.
    halves : float
        Two commands at once, each with half of the inputs.
    loop, loops : float
        A loop in a process, and one in each of two.
    growth : mapping of str to float
        Memory of all inputs over that of a part of them; see `Taken`.
    """

    one: float
    two: float
    halves: float
    loop: float
    loops: float
    growth: Mapping[str, float]

    @property
    def gain(self) -> float:
        """How many times faster two workers are."""
        return self.one / self.two

    @property
    def is_as_wanted(self) -> bool:
        """Whether both the gain and the memory are."""
        return self.gain >= LEAST_GAIN and max(self.growth.values()) <= MOST_GROWTH

    @property
    def rows(self) -> list[list[str]]:
        """Rows of the table."""
        ceilings = {
            "two commands, half of the inputs each": self.one / self.halves,
            "a loop in each process, nothing shared": 2 * self.loop / self.loops,
        }
        rows = [["gain of two workers", f"{self.gain:.2f}", f">= {LEAST_GAIN}"]]
        rows += [
            [f"gain of {what}", f"{gain:.2f}", f"we reach {self.gain / gain:.2f} of it"]
            for what, gain in ceilings.items()
        ]
        rows += [
            [f"memory of all over that of a part: {role}", f"{ratio:.2f}", "<= 1.10"]
            for role, ratio in self.growth.items()
        ]
        return rows


def simulate(n_runs: int, showers: int) -> list[Path]:
    """Simulate the runs that are not there; return their files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = f"{showers}_{{run:05d}}.simtel.zst"
    files = {k: FOLDER / name.format(run=k) for k in range(1, n_runs + 1)}
    missing = [k for k, file in files.items() if not file.exists()]
    if missing:
        words = [word for k, value in SETTINGS.items() for word in (f"--{k}", value)]
        runs = f"{missing[0]}:{n_runs}"
        amount = ["--n-showers", str(showers), "--runs", runs, "--workers", "2"]
        output = ["--output", str(FOLDER / name), "--overwrite"]
        run([PROGRAM, "simulate", *words, *amount, *output], log=LOG)
    return list(files.values())


def stage1(paths: Sequence[Path], workers: int, name: str = "dl1") -> list[str]:
    """Command: stage 1 of files into a fresh dataset."""
    inputs = [word for path in paths for word in ("--input", str(path))]
    output = ["--output", str(ours.fresh(FOLDER / name))]
    return [PROGRAM, "run", "stage1", *inputs, *output, "--workers", str(workers)]


def measure(paths: Sequence[Path], part: int, repeats: int) -> Scaling:
    """Take all times in turn, so that a slow minute hits them all."""
    experiments: dict[str, Callable[[], Taken]] = {
        "one": lambda: timed(stage1(paths, 1)),
        "two": lambda: timed(stage1(paths, 2)),
        "halves": lambda: timed(
            stage1(paths[::2], 1), stage1(paths[1::2], 1, "other_dl1")
        ),
        "loop": lambda: timed(plain_loops(1)),
        "loops": lambda: timed(plain_loops(2)),
        "part": lambda: timed(stage1(paths[: len(paths) // part], 2)),
    }
    run(stage1(paths[:1], 1), log=LOG)  # compiles what is not compiled yet
    found: dict[str, list[Taken]] = defaultdict(list)
    for _ in range(repeats):
        for name, experiment in experiments.items():
            taken = experiment()
            found[name].append(taken)
            peaks = ", ".join(f"{k} {v:.0f} MB" for k, v in taken.peak_mb.items())
            load = os.getloadavg()[0]
            line = f"  {name}: {taken.wall_s:.2f} s, {peaks}, load {load:.1f}"
            print(line, file=sys.stderr, flush=True)
    for name in ("dl1", "other_dl1"):
        ours.fresh(FOLDER / name)
    seconds = {k: statistics.median(t.wall_s for t in v) for k, v in found.items()}
    del seconds["part"]
    return Scaling(**seconds, growth=_growth(found["two"], found["part"]))


def _growth(whole: Sequence[Taken], part: Sequence[Taken]) -> dict[str, float]:
    return {
        role: statistics.median(each.peak_mb[role] for each in whole)
        / statistics.median(each.peak_mb[role] for each in part)
        for role in ("command", "worker")
    }


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=80)
    parser.add_argument("--showers", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--part", type=int, default=20)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[-2:]
    if len(cores) < len(WORKERS):
        raise SystemExit("benchmarks.scaling: needs two cores")
    os.sched_setaffinity(0, cores)
    paths = simulate(given.runs, given.showers)
    size = sum(path.stat().st_size for path in paths) / 1e9
    print(f"{len(paths)} inputs, {size:.1f} GB", file=sys.stderr)
    found = measure(paths, given.part, given.repeats)
    print(table(["stage 1", "figure", "wanted"], found.rows))
    return int(not found.is_as_wanted)


if __name__ == "__main__":
    sys.exit(main())
