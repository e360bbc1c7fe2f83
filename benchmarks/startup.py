"""How long a user waits before anything happens: wall-clock seconds."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ours
from benchmarks.measure import Usage, alternate, median, run


@dataclass(frozen=True)
class Startup:
    """Wall-clock seconds on one core."""

    help_s: float
    warm_s: float
    cold_s: float


def measure(file: Path, folder: Path, repeats: int) -> Startup:
    """Time help, and stage 1 on a file of one event with and without compiled code."""
    folder.mkdir(parents=True, exist_ok=True)

    def stage1(extra: dict[str, str]) -> Usage:
        command = ours.stage1(file, ours.fresh(folder / "start_dl1"))
        return run(command, extra=extra, log=folder / "start_log")

    def cold() -> Usage:
        with tempfile.TemporaryDirectory() as cache:
            return stage1({"NUMBA_CACHE_DIR": cache})

    show_help = [str(ours.PROGRAMS / "ctacol"), "--help"]
    stage1({})
    usages = alternate({"help": lambda: run(show_help)}, 2 * repeats + 1)
    usages |= alternate({"stage 1 on one event": lambda: stage1({})}, repeats)
    usages |= alternate({"the same, nothing compiled": cold}, 1)
    return Startup(*(median(values).wall_s for values in usages.values()))
