"""`ctacol run irf` beside ctapipe's tools: the same events, cuts, responses, time.

    python -m benchmarks.irf_peer FOLDER --gamma DL2 ... --proton DL2 ...
        --electron DL2 ... --simtel RAW [--programs PEER/bin] [--copies 1 20]

DL2 are datasets of stage 3 with events that no model was trained on; RAW is any raw
file of the same array. They become a file of ctapipe for each particle, with the same
half of the events. Then for each way of making cuts come
``ctapipe-optimize-event-selection`` and ``ctapipe-compute-irf`` on these files,
`ctacol run irf` on the datasets, and how far the two are apart; at last the time of
both with stored cuts, also on the events repeated (`benchmarks.irf_speed`). Prints
tables in Markdown.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import peer
from benchmarks.irf_differences import (
    HEADER,
    Difference,
    differences_of_benchmarks,
    differences_of_cuts,
    differences_of_responses,
)
from benchmarks.irf_sides import KINDS, METHODS, OURS, Sides
from benchmarks.irf_speed import measure
from benchmarks.measure import environment, pin_to_one_core
from cta_columnar.pipelines.irf.responses import components_of
from cta_columnar.store import open_irf

# Number of rings of the field of view, enclosure.
VARIANTS = ((1, "full"), (1, "point-like"), (5, "point-like"))


def compare(sides: Sides) -> Iterator[tuple[str, Difference]]:
    """Run both sides and yield what was compared, and how far it is apart."""
    for method in METHODS:
        _run(sides.their_cuts(method), sides.folder)
        for n_rings, enclosure in VARIANTS:
            _run(sides.their_responses(method, n_rings, enclosure), sides.folder)
            _run(sides.our_responses(method, n_rings, enclosure), sides.folder)
            name = f"{method}-{n_rings}-{enclosure}"
            made = components_of(open_irf(sides.folder / f"{name}.irf"))
            cuts = sides.folder / f"{method}.fits"
            responses = sides.folder / f"{name}.fits"
            benchmarks = sides.folder / f"{name}-benchmarks.fits"
            found = (
                *differences_of_cuts(made["cuts"], cuts),
                *differences_of_responses(made, responses),
                *differences_of_benchmarks(
                    made, benchmarks, point_like=enclosure == "point-like"
                ),
            )
            for each in found:
                yield name, each


def table(found: Sequence[tuple[str, Difference]]) -> str:
    """One row for each quantity, over all runs, and those that are apart."""
    total: dict[str, Difference] = {}
    for _, each in found:
        total[each.what] = each + total[each.what] if each.what in total else each
    lines = [HEADER, *(each.row() for each in total.values())]
    apart = [(name, each) for name, each in found if not each.is_equal]
    if apart:
        lines += ["", "Apart:", "", f"| run {HEADER.replace('|---', '|---|---', 1)}"]
        lines += [f"| {name} {each.row()}" for name, each in apart]
    return "\n".join(lines)


def _run(command: list[str], folder: Path) -> None:
    extra = OURS if command[0] == sys.executable else {}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(extra),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stderr[-3000:]}")


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=Path, nargs="+", required=True)
    parser.add_argument("--simtel", type=Path, required=True)
    parser.add_argument("--programs", type=Path, help="default: made in the folder")
    parser.add_argument(
        "--copies", type=int, nargs="*", default=[1, 20], help="none: no timing"
    )
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    programs = given.programs or peer.environment(folder / "peer")
    datasets = {
        kind: [path.absolute() for path in getattr(given, kind)] for kind in KINDS
    }
    sides, simtel = Sides(folder, programs.absolute(), datasets), given.simtel
    print(sides.export(simtel), flush=True)
    print(table(list(compare(sides))), flush=True)
    if given.copies:
        core = pin_to_one_core()
        print(f"\nCore {core} alone, CPU of the whole process:\n", flush=True)
        print(measure(sides, simtel.absolute(), given.copies, given.repeats))


if __name__ == "__main__":
    main()
