"""Measure what the simulation is fed with, and write it into ``measured.json``.

    python -m benchmarks.scale.measure DL1 --note "nothing else ran"
    python -m benchmarks.scale --page docs/scale.md

DL1 is a finished dataset of stage 1 with its journal, of a file that was split into
sections. Takes ten minutes; other work beside it makes processor times longer, too. All
that the page shows is written here, in parts that can be measured alone (`--only`).
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import machine, ours
from benchmarks.scale import dask_costs, store_costs
from benchmarks.scale.farm import drawn
from cta_columnar.store import open_store

MEASURED = Path(__file__).with_name("measured.json")
SCRATCH = ours.ROOT / ".bench" / "scale"
# Workers, and seconds of a task: the last scheduler can hardly keep up.
VALIDATED = ((2, 1.0), (4, 1.0), (8, 1.0), (16, 1.0), (8, 0.1))
TASKS_PER_WORKER = 20
PARTS = ("shards", "scheduler", "local", "real")


def shards(dl1: Path) -> tuple[dict[str, Any], dict[str, float]]:
    """Measure times, files, records and calls of the shards of a dataset.

    Returns
    -------
    found : dict
        Of DL1; calls are those of stage 2, which reads it.
    size : dict
        Files and bytes of the shards of DL2 that stage 2 makes of it.
    """
    found: dict[str, Any] = {**store_costs.times_of(dl1), **store_costs.size_of(dl1)}
    found["records"] = [
        store_costs.records_cost(dl1, SCRATCH / "many", count) for count in (500, 2000)
    ]
    dl2 = SCRATCH / "dl2"
    ours.fresh(dl2)
    command = ["run", "stage2", "--input", str(dl1), "--output", str(dl2)]
    calls = store_costs.calls([*command, "--workers", "1"], dl2, SCRATCH / "calls.log")
    size, number = store_costs.size_of(dl2), len(open_store(dl2).records)
    found["calls_per_shard"] = {k: n / number for k, n in sorted(calls.items())}
    ours.fresh(dl2)
    return found, size


def scheduler(many: tuple[int, ...] = (16, 64)) -> dict[str, Any]:
    """Measure what tasks, reports and heartbeats cost."""
    tasks = [dask_costs.task_costs(n, 1200, 60.0) for n in many]
    flooded = dask_costs.task_costs(64, 2000, 1e6)
    return {"tasks": tasks, "flooded": flooded, "report_ms": dask_costs.report_ms()}


def real(shape: list[float]) -> list[dict[str, float]]:
    """Run tasks that sleep on local clusters of several sizes."""
    found = []
    for workers, mean_s in VALIDATED:
        count = round(TASKS_PER_WORKER * workers / min(1.0, 2 * mean_s))
        seconds = drawn(shape, mean_s, count, seed=workers)
        took = dask_costs.real_run(workers, seconds)
        line = {"workers": workers, "mean_s": mean_s, "tasks": count, **took}
        print(f"  {line}", file=sys.stderr, flush=True)
        found.append(line)
    return found


def main() -> int:
    """Measure all, or the parts that are named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dl1", type=Path)
    parser.add_argument("--output", type=Path, default=MEASURED)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--note", default="", help="what else the machine did")
    given = parser.parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    if given.output.exists():
        found = json.loads(given.output.read_text())
    for name in given.only:
        where = machine.here() | {"note": given.note}
        match name:
            case "shards":
                found[name], found["dl2"] = shards(given.dl1)
            case "scheduler":
                found[name] = scheduler()
            case "local":
                found[name] = dask_costs.local_costs()
            case "real":
                found[name] = real(found["shards"]["seconds"])
        found.setdefault("machine", {})[name] = where
        given.output.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
