"""Peak memory against the length of the input: it should not depend on it."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import ours
from benchmarks.files import LongFile
from benchmarks.measure import run


@dataclass(frozen=True)
class Memory:
    """Peak resident memory of whole processes, MB."""

    telescope_events: int
    stage1_mb: float
    stage2_mb: float


def measure(file: LongFile, folder: Path) -> Memory:
    """Run both stages once."""
    folder.mkdir(parents=True, exist_ok=True)
    dl1, dl2 = ours.fresh(folder / "memory_dl1"), ours.fresh(folder / "memory_dl2")
    first = run(ours.stage1(file.path, dl1), log=folder / "memory_log")
    second = run(ours.stage2(dl1, dl2), log=folder / "memory_log")
    ours.fresh(dl1)
    ours.fresh(dl2)
    return Memory(file.events.telescope_events, first.peak_mb, second.peak_mb)
