"""Wall time of one run on one and on two workers: what a second core gains.

    python -m benchmarks.two_cores [--showers N] [--repeats N]

Simulates one run of diffuse gammas (CTAO-North) into .bench/files, once, and runs
stage 1 on it, each with one worker and with two, in turn, on two cores. Prints wall
times, the largest resident memory of all processes together, and the gain; exit status
1 if that is not as wanted for stage 1. The first line is a loop that shares nothing, in
one process and in two: no command can gain more on that machine. Needs a machine that
nobody else uses, and a file that stage 1 splits: of 512 MB or more without compression.
30,000 showers take a minute of stage 1, beside which the seconds that nobody shares
are small, and 10 GB of disk.
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ours
from benchmarks.looking import looking
from benchmarks.measure import Usage, median, run
from benchmarks.report import table
from cta_columnar.sources.simtel.sections import sections_of

FILES = ours.ROOT / ".bench" / "files"
WORKERS = (1, 2)
LEAST_GAIN, MOST_MB = 1.8, 1500.0
_EVERY = 0.05  # s, between two looks at the memory
# Some seconds of a processor, within its registers and first cache.
_LOOP = "sum(i * i for i in range(100_000_000))"
# Runs one such loop per processor that it is given.
_LOOPS = (
    "import subprocess, sys; "
    "loops = [subprocess.Popen([sys.executable, '-c', sys.argv[2]]) "
    "for _ in range(int(sys.argv[1]))]; "
    "sys.exit(any([loop.wait() for loop in loops]))"
)
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
SETTINGS = {
    "array": "CTAO-North",
    "particle": "gamma",
    "energy": "0.02:100",
    "index": "-2",
    "viewcone": "3",
    "scatter-radius": "800",
    "reuse": "5",
    "seed": "1",
}


class TreeMemory:
    """Largest resident memory of this process's children and theirs, when looked at.

    Pages that processes share count in each of them, so the true figure is lower.
    """

    def __init__(self) -> None:
        self.peak_mb = 0.0

    def look(self) -> None:
        """Note what they have now."""
        self.peak_mb = max(self.peak_mb, descendants_mb(os.getpid()))


def descendants_mb(root: int) -> float:
    """Resident memory of all processes that ``root`` started, and that those did."""
    children, resident = defaultdict(list), {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # Behind the name, which may hold anything: state, parent, ...
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        children[int(fields[1])].append(int(folder.name))
        resident[int(folder.name)] = int(fields[21]) * _PAGE_MB
    total, waiting = 0.0, list(children[root])
    while waiting:
        process = waiting.pop()
        total += resident[process]
        waiting += children[process]
    return total


@dataclass(frozen=True)
class Gain:
    """Medians of a command with one and with two workers.

    Attributes
    ----------
    name : str
        The command.
    wall_s, cpu_s : mapping of int to float
        By the number of workers.
    peak_mb : float
        Of all processes together.
    work : float
        Work of two workers, that of one being 1.
    """

    name: str
    wall_s: Mapping[int, float]
    cpu_s: Mapping[int, float]
    peak_mb: float
    work: float = 1.0

    @property
    def factor(self) -> float:
        """How many times more work two workers do in a time."""
        return self.work * self.wall_s[1] / self.wall_s[2]

    @property
    def is_as_wanted(self) -> bool:
        """Whether both the gain and the memory are."""
        return self.factor >= LEAST_GAIN and self.peak_mb < MOST_MB

    @property
    def row(self) -> list[str]:
        """Row of the table."""
        times = [f"{self.wall_s[n]:.1f} ({self.cpu_s[n]:.1f})" for n in WORKERS]
        verdict = "yes" if self.is_as_wanted else "**no**"
        return [self.name, *times, f"{self.factor:.2f}", f"{self.peak_mb:.0f}", verdict]


def measure(
    name: str, command: Callable[[int], list[str]], repeats: int, work: float = 1.0
) -> Gain:
    """Run a command with one and with two workers, in turn; see `Gain`."""
    taken: dict[int, list[Usage]] = {n: [] for n in WORKERS}
    peak = 0.0
    for _ in range(repeats):
        for n in WORKERS:
            arguments = command(n)
            memory = TreeMemory()
            with looking(memory.look, _EVERY):
                usage = run(arguments, log=FILES / "two_cores_log")
            taken[n].append(usage)
            peak = max(peak, memory.peak_mb)
            line = f"  {name}, {n}: {usage.wall_s:.1f} s, {memory.peak_mb:.0f} MB"
            print(line, file=sys.stderr, flush=True)
    medians = {n: median(usages) for n, usages in taken.items()}
    return Gain(
        name,
        {n: usage.wall_s for n, usage in medians.items()},
        {n: usage.cpu_s for n, usage in medians.items()},
        peak,
        work,
    )


def plain_loops(n: int) -> list[str]:
    """Command of ``n`` loops at a time."""
    return [sys.executable, "-c", _LOOPS, str(n), _LOOP]


def gains(showers: int, repeats: int) -> list[Gain]:
    """Measure plain loops, the simulation of a file, and last stage 1 on it.

    Raises
    ------
    ValueError
        If the file is too small to be split: there is nothing to share.
    """
    program, path = str(ours.PROGRAMS / "ctacol"), FILES / "two_cores.simtel.zst"
    settings = [word for key, value in SETTINGS.items() for word in (f"--{key}", value)]

    def simulate(n: int, n_showers: int = showers) -> list[str]:
        amount = ["--n-showers", str(n_showers), "--workers", str(n)]
        output = ["--output", str(path), "--overwrite"]
        return [program, "simulate", *settings, *amount, *output]

    def stage1(n: int) -> list[str]:
        paths = ["--input", str(path), "--output", str(ours.fresh(FILES / "two_dl1"))]
        return [program, "run", "stage1", *paths, "--workers", str(n)]

    # Compiles what is not compiled yet.
    for command in (simulate(1, 5), stage1(1)):
        run(command, log=FILES / "two_cores_log")
    loops = measure("plain loop, each", plain_loops, repeats, work=2.0)
    simulated = measure("simulate", simulate, 1)
    n_sections = len(sections_of(path))
    size = path.stat().st_size / 1e6
    print(f"{path.name}: {size:.0f} MB, {n_sections} sections", file=sys.stderr)
    if n_sections < len(WORKERS):
        raise ValueError(f"{path} has {n_sections} sections: simulate more --showers")
    staged = measure("run stage1", stage1, repeats)
    ours.fresh(FILES / "two_dl1")
    return [loops, simulated, staged]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--showers", type=int, default=30000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[-2:]
    if len(cores) < len(WORKERS):
        raise SystemExit("benchmarks.two_cores: needs two cores")
    os.sched_setaffinity(0, cores)
    FILES.mkdir(parents=True, exist_ok=True)
    found = gains(given.showers, given.repeats)
    wall = "wall (CPU) s, {} worker{}"
    titles = ["command", wall.format(1, ""), wall.format(2, "s"), "gain"]
    titles += ["peak of all processes, MB", f">= {LEAST_GAIN} and < {MOST_MB:.0f} MB"]
    print(table(titles, [gain.row for gain in found]))
    return int(not found[-1].is_as_wanted)


if __name__ == "__main__":
    sys.exit(main())
