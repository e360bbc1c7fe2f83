"""Our side: the commands, and what a dataset of ours holds."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import environment

PROGRAMS = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[1]


def stage1(source: Path, target: Path, max_events: int | None = None) -> list[str]:
    """Command: raw file or DL0 -> DL1 images and parameters; all by default."""
    return [*_run("stage1", source, target), *_first(max_events)]


def reduce(source: Path, target: Path, max_events: int | None = None) -> list[str]:
    """Command: raw file -> DL0."""
    return [*_run("reduce", source, target), *_first(max_events)]


def clean(source: Path, target: Path) -> list[str]:
    """Command: images of a DL1 dataset -> parameters anew, and no images again."""
    return [*_run("stage1", source, target), "--set", "write.images=none"]


def stage2(source: Path, target: Path) -> list[str]:
    """Command: DL1 dataset -> DL2 geometry."""
    return _run("stage2", source, target)


def _run(verb: str, source: Path, target: Path) -> list[str]:
    program = str(PROGRAMS / "ctacol")
    paths = "--input", str(source), "--output", str(target)
    # In this process: a second one would be one more interpreter to start.
    return [program, "run", verb, *paths, "--workers", "1"]


def _first(max_events: int | None) -> list[str]:
    return [] if max_events is None else ["--set", f"source.max_events={max_events}"]


def module(name: str, *arguments: object) -> list[str]:
    """Command for a script of this folder."""
    return [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]


def answer(command: list[str]) -> dict[str, float]:
    """Return what a script prints as JSON."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stderr}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def fresh(path: Path) -> Path:
    """Return the path with nothing there, so that no run finds the last one's work."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return path
