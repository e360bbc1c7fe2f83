"""Pictures of real and simulated images side by side."""

from importlib import import_module
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from benchmarks.realism.tables import ENERGIES, Sample, accepted, between

_PANELS = (
    ("intensity", "intensity (p.e.)"), ("length", "length (deg)"),
    ("width", "width (deg)"), ("true_length", "length of true image (deg)"),
    ("true_width", "width of true image (deg)"), ("gradient", "time gradient (ns/deg)"),
)  # fmt: skip
_COLOURS = {"gamma": "tab:blue", "proton": "tab:red"}


def draw(found: dict[str, tuple[Sample, Sample]], folder: Path) -> None:
    """Draw distributions, and medians against energy, into ``folder``."""
    plt = import_module("matplotlib.pyplot")
    folder.mkdir(parents=True, exist_ok=True)
    for name, panel in (("distributions", _histogram), ("medians", _medians)):
        figure, axes = plt.subplots(2, 3, figsize=(11, 6.4), layout="constrained")
        for axis, (column, label) in zip(axes.flat, _PANELS, strict=True):
            for particle, pair in found.items():
                for sample, is_real in zip(pair, (True, False), strict=True):
                    table = sample.table[accepted(sample.table)]
                    table = table[~table["is_lst"]]
                    panel(axis, table, column, particle, is_real)
            axis.set(xlabel=label if panel is _histogram else "energy (TeV)")
            axis.set(ylabel="share of images" if panel is _histogram else label)
        axes[0, 0].legend(fontsize=8)
        figure.savefig(folder / f"simulation_{name}.png", dpi=70)
        plt.close(figure)


def _histogram(
    axis: Axes, table: np.ndarray, column: str, particle: str, is_real: bool
) -> None:
    low, high = {
        "intensity": (50, 2e4), "length": (0.03, 3), "width": (0.03, 0.6),
        "true_length": (0.05, 3), "true_width": (0.05, 1.5), "gradient": (0.05, 30),
    }[column]  # fmt: skip
    edges = np.geomspace(low, high, 25)
    counts = np.histogram(table[column], edges)[0]
    share, error = counts / len(table), np.sqrt(counts) / len(table)
    colour = _COLOURS[particle]
    if is_real:
        middle = np.sqrt(edges[1:] * edges[:-1])
        axis.errorbar(
            middle, share, error, fmt=".", color=colour, label=f"{particle}, CORSIKA"
        )
    else:
        axis.stairs(share, edges, color=colour, label=f"{particle}, simulated here")
    axis.set(xscale="log")


def _medians(
    axis: Axes, table: np.ndarray, column: str, particle: str, is_real: bool
) -> None:
    points = []
    for low, high in ENERGIES:
        values = between(table, low, high)[column]
        if len(values) >= 15:
            points.append(
                (np.sqrt(low * high), *np.quantile(values, [0.5, 0.25, 0.75]))
            )
    energy, middle, below, above = np.array(points).T
    colour = _COLOURS[particle]
    if is_real:
        axis.errorbar(
            energy, middle, [middle - below, above - middle], fmt=".", color=colour,
            label=f"{particle}, CORSIKA",
        )  # fmt: skip
    else:
        axis.plot(energy, middle, color=colour, label=f"{particle}, simulated here")
        axis.fill_between(energy, below, above, color=colour, alpha=0.15, linewidth=0)
    axis.set(xscale="log", yscale="log")
