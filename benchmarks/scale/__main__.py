"""Take measured rates to the size of an observatory; make the tables of docs/scale.md.

    python -m benchmarks.scale [--page docs/scale.md]

Measures nothing: rates are those of README.md and docs/dl0.md, costs of tasks and
shards those of benchmarks/scale/measured.json (`python -m benchmarks.scale.measure`).
The same files give the same tables.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import ours
from benchmarks.page import put_between
from benchmarks.scale import cases, figures, tables
from benchmarks.scale.measure import MEASURED

# Of the right figure: some nights.
WORK_S = 200 * 3600.0
SECONDS = (60.0, 180.0, 600.0)


def draw(measured: Mapping[str, Any], path: Path) -> None:
    """Draw the figures."""
    shape = tuple(measured["shards"]["seconds"])
    workers = list(cases.WORKERS)
    utilisation: dict[str, figures.Curve] = {}
    for minutes in cases.MINUTES:
        values = [
            min(1.0, cases.busy(cases.scheduler_of(measured, n), n, minutes))
            for n in workers
        ]
        utilisation[f"shards of {minutes:g} min"] = workers, values
    heard = [
        (n, cases.every_second(cases.scheduler_of(measured, n)).background(n))
        for n in workers
    ]
    possible = [each for each in heard if each[1] < 1]
    label = "reports every second, alone"
    utilisation[label] = [n for n, _ in possible], [share for _, share in possible]
    makespan: dict[str, figures.Curve] = {}
    for seconds in SECONDS:
        hours = [
            cases.makespan(
                shape, cases.scheduler_of(measured, n), n, seconds, WORK_S
            ).makespan_s
            / 3600
            for n in workers
        ]
        makespan[f"shards of {seconds:g} s"] = workers, hours
    ideal = workers, [WORK_S / n / 3600 for n in workers]
    figures.draw(utilisation, makespan, ideal, path)


def main() -> int:
    """Print the tables, or put them into the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    measured = json.loads(MEASURED.read_text())
    made = {
        "inputs": tables.inputs(),
        "size": tables.size(ours.ROOT),
        "shards": tables.shards(ours.ROOT, measured),
        "costs": tables.costs(measured),
        "machines": tables.machines(measured),
        "feeding": tables.feeding(measured),
        "limits": tables.limits(measured),
        "troubles": tables.troubles(measured),
        "arrays": tables.job_arrays(measured),
        "validation": tables.validation(measured),
    }
    for name, text in made.items():
        print(f"\n### {name}\n\n{text}")
        if given.page:
            put_between(given.page, f"benchmarks.scale, {name}", text)
    if given.page:
        draw(measured, given.page.with_suffix(".png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
