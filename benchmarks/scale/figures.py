"""The figures of docs/scale.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

Curve = tuple[Sequence[float], Sequence[float]]

mpl.rcParams["svg.hashsalt"] = "benchmarks.scale"


def draw(
    utilisation: Mapping[str, Curve],
    makespan: Mapping[str, Curve],
    ideal: Curve,
    path: Path,
) -> None:
    """Draw how busy a scheduler is, and how long a run takes, by number of workers.

    Parameters
    ----------
    utilisation : mapping
        By label: workers, part of the time; more than 1 cannot be.
    makespan : mapping
        By label: workers, hours.
    ideal : tuple
        Workers, hours that cannot be less.
    path : pathlib.Path
        Of the picture.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for label, (workers, values) in utilisation.items():
        style = "--" if "every second" in label else "-"
        left.plot(workers, values, style, marker="o", markersize=3, label=label)
    left.axhline(0.5, color="grey", linewidth=0.8)
    left.set(
        xscale="log", xlabel="workers", ylabel="part of the time the scheduler is busy"
    )
    left.set_ylim(0, 1.05)
    left.legend(fontsize="small")
    for label, (workers, hours) in makespan.items():
        right.plot(workers, hours, marker="o", markersize=3, label=label)
    right.plot(*ideal, color="grey", linewidth=0.8, label="work / workers")
    right.set(xscale="log", yscale="log", xlabel="workers", ylabel="hours for the run")
    right.legend(fontsize="small")
    figure.savefig(path, dpi=110, metadata={"Software": None})
