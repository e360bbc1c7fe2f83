"""Memory of the command that runs shards, against their number.

    python -m benchmarks.command_memory [--shards N...] [--parts N] [--workers N]

Shards have many small parts, a cut flow and an input each; workers write them without
syncs, and do nothing else. Each run is a process of its own. Prints its resident memory
when the first hundredth of the shards is done and when all are, its peak, which is
reached while the dataset is finished, and the growth of both per shard.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks import ours
from benchmarks.overhead_shards import forget_syncs
from benchmarks.report import table
from cta_columnar import registry
from cta_columnar.config import load
from cta_columnar.executors import Task
from cta_columnar.executors.child import resident_memory
from cta_columnar.pipelines.running.common import Progress, RunOptions, RunSummary
from cta_columnar.pipelines.running.runner import run_shards
from cta_columnar.pipelines.running.shards import (
    Piece,
    ShardOutcome,
    Work,
    measured,
    peak_bytes,
)
from cta_columnar.store import Identity, IdRange, Input, Part, Record, Shard, prepare
from cta_columnar.store.commits import write_record
from cta_columnar.store.layout import Place, part_name

FOLDER = ours.ROOT / ".bench" / "files" / "command_memory"
IDENTITY = Identity("stage2", "memory", "memory")
_CUTS = ("all", "multiplicity", "charge", "leakage", "ellipticity")


@dataclass
class Seen:
    """Resident memory, bytes, after a hundredth of the shards and after all."""

    first: int = 0
    last: int = 0

    def __call__(self, progress: Progress) -> None:
        """Look at this process, as shards are done."""
        if progress.done * 100 >= progress.total and not self.first:
            self.first = resident_memory(os.getpid())
        if progress.done == progress.total:
            self.last = resident_memory(os.getpid())


def commit(root: Path, number: int, n_parts: int) -> ShardOutcome:
    """Write small parts and their record."""
    forget_syncs(is_wanted=True)
    shard = shard_of(number)
    record = Record(
        shard,
        tuple(sorted(_part(root, shard, number, k) for k in range(n_parts))),
        (IdRange(number, 1, 1000),),
        subarray_digest="",
        counts={"events": 1000, "telescope_events": 3000},
        info={"cut_flow": _cut_flow(n_parts // 2), "warnings": []},
    )
    write_record(root, record)
    return ShardOutcome(shard, record, False, {"read": 0.1, "write": 0.2}, 1000)


def shard_of(number: int) -> Shard:
    """Return the shard of an input that is nowhere."""
    digest = sha256(str(number).encode()).hexdigest()
    return Shard(IDENTITY, (Input(f"/nowhere/run-{number:06d}.zst", digest, 1),))


def _part(root: Path, shard: Shard, number: int, k: int) -> Part:
    """Write one; they are read by nobody, since no ranges of events overlap."""
    content = f"{number} {k}".encode()
    digest = sha256(content).hexdigest()
    folder = Place("parameters", f"MST_MST_Camera{k:03d}").folder
    path = (folder / part_name(number, 0, shard.key, digest)).as_posix()
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)
    return Part(path, digest, len(content), 100)


def _cut_flow(n_types: int) -> list[dict[str, object]]:
    return [
        {
            "stage": "image_quality",
            "tel_type": f"MST_MST_Camera{k:03d}",
            "cut": cut,
            "position": position,
            "n_passed": 1000 + position,
            "n_survivors": 1000 - position,
        }
        for k in range(n_types // len(_CUTS))
        for position, cut in enumerate(_CUTS)
    ]


def run(root: Path, n_shards: int, n_parts: int, options: RunOptions) -> RunSummary:
    """Run shards in this process, or its workers."""
    prepare(root, IDENTITY)
    pieces = [
        Piece.of_shard(
            shard_of(k),
            Task(f"{k}", measured, (commit, root, k, n_parts)),
        )
        for k in range(n_shards)
    ]
    work = Work(IDENTITY, pieces, root, load("stage2", [], registry))
    return run_shards(work, options)


def measure(given: argparse.Namespace, n_shards: int) -> tuple[float, ...]:
    """Run shards in another process; return MB after 1 %, all, and the most."""
    command = [sys.executable, "-m", "benchmarks.command_memory", "--here"]
    command += ["--shards", str(n_shards), "--parts", str(given.parts)]
    command += ["--workers", str(given.workers)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return tuple(float(each) / 1e6 for each in answer.stdout.split())


def _here(given: argparse.Namespace) -> None:
    forget_syncs(is_wanted=True)
    (n_shards,) = given.shards
    seen = Seen()
    options = RunOptions(given.workers, on_progress=seen)
    root = FOLDER / str(n_shards)
    run(root, n_shards, given.parts, options)
    print(seen.first, seen.last, peak_bytes())


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shards", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--parts", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        _here(given)
        return 0
    shutil.rmtree(FOLDER, ignore_errors=True)
    found = [measure(given, n) for n in given.shards]
    rows = []
    for n, (first, last, peak) in zip(given.shards, found, strict=True):
        runs, ends = (last - first) / n * 1e3, (peak - first) / n * 1e3
        shown = [f"{first:.0f}", f"{last:.0f}", f"{peak:.0f}"]
        rows.append([str(n), *shown, f"{runs:.1f}", f"{ends:.1f}"])
    titles = ["shards", "MB at 1 %", "MB at 100 %", "MB peak"]
    print(table([*titles, "kB a shard, running", "kB a shard, peak"], rows))
    shutil.rmtree(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
