"""Time of `ctacol run irf` and of ctapipe-compute-irf on the same events, and where.

Stored cuts, so that both do the same; full enclosure and point-like; ours with all that
it makes by default, and with nothing but what ctapipe makes. Events are repeated as
further runs.

    python -m benchmarks.irf_peer ... --copies 1 5 51

does this after the comparison.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import ours
from benchmarks.irf_sides import OURS, Sides
from benchmarks.measure import Usage, alternate, median, run
from benchmarks.repeated_runs import repeat
from cta_columnar.store import open_store

_NEEDED = ("events", "showers", "simulation/runs", "simulation/thrown")
# What ctapipe does not make.
_ALIKE = ("background_3d=false", "benchmarks.roc=false")
_STEP = re.compile(r"^  (\w+) +([\d.]+) (ms|s)( |$)", re.MULTILINE)
_STEPS = ("inputs", "cuts", "events", "responses", "write")


def measure(
    sides: Sides, simtel: Path, copies: Sequence[int], repeats: int, n_rings: int = 1
) -> str:
    """Time both sides, as rows of a table.

    Parameters
    ----------
    sides : Sides
        Their folder has the cuts of both: ``percentile.fits``, and the responses
        ``percentile-1-full.irf``.
    simtel : pathlib.Path
        Any raw file of the array.
    copies : sequence of int
        How many times there are all events.
    repeats : int
        Alternations.
    n_rings : int
        Rings of the field of view.
    """
    own = "".join(f" {name} |" for name in ("start", *_STEPS))
    lines = [
        f"| events | responses | ctapipe | ours |{own} ctapipe / ours |",
        "|---" * (5 + len(_STEPS) + 1) + "|",
    ]
    for number in copies:
        each = repeated(sides, number)
        n_events = sum(each.export(simtel).values())
        for enclosure in ("full", "point-like"):
            lines += _rows(each, sides.folder, enclosure, n_events, repeats, n_rings)
    return "\n".join(lines)


def repeated(sides: Sides, copies: int) -> Sides:
    """Return the same with so many times the events, all of them used."""
    folder = sides.folder / f"times{copies}"
    folder.mkdir(exist_ok=True)
    datasets = dict(sides.datasets)
    if copies > 1:
        for kind, several in sides.datasets.items():
            datasets[kind] = [folder / path.name for path in several]
            for path, target in zip(several, datasets[kind], strict=True):
                ours.fresh(target)
                repeat(open_store(path), target, copies, _NEEDED)
    return Sides(folder, sides.programs, datasets, 1.0)


def _rows(
    sides: Sides, made: Path, enclosure: str, n_events: int, repeats: int, n_rings: int
) -> list[str]:
    """Time one enclosure: a row for all that we make, one for what ctapipe makes."""
    variant = "percentile", n_rings, enclosure
    stored = "cuts.method=stored", f"cuts.table={made / 'percentile-1-full.irf'}"
    commands = {
        "ctapipe": sides.their_responses(*variant, cuts=made / "percentile.fits"),
        "all of ours": sides.our_responses(*variant, *stored),
        "those of ctapipe": sides.our_responses(*variant, *stored, *_ALIKE),
    }

    def once(name: str) -> Usage:
        extra = {} if name == "ctapipe" else OURS
        log = sides.log(name.replace(" ", "-"))
        return run(commands[name], extra=extra, cwd=sides.folder, log=log)

    taken = alternate({name: partial(once, name) for name in commands}, repeats)
    theirs = median(taken["ctapipe"]).cpu_s
    rows = []
    for name in ("all of ours", "those of ctapipe"):
        cpu = median(taken[name]).cpu_s
        of = steps(sides.log(name.replace(" ", "-")))
        start = taken[name][-1].cpu_s - sum(of.values())
        shown = "".join(f" {value:.2f} |" for value in (start, *of.values()))
        rows.append(
            f"| {n_events:,} | {enclosure}, {name} | {theirs:.2f} | {cpu:.2f} |{shown} "
            f"{theirs / cpu:.1f} |"
        )
    return rows


def steps(log: Path) -> dict[str, float]:
    """Read what a run of ours says of its steps: seconds of CPU."""
    found = {
        name: float(value) / (1000 if unit == "ms" else 1)
        for name, value, unit, _ in _STEP.findall(log.read_text())
    }
    return {name: found[name] for name in _STEPS}
