"""Whole figures of a report, each of what one section shows."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cta_columnar.display import style
from cta_columnar.display.cameras import (
    camera,
    direction,
    hillas_ellipse,
    outline,
    square_root,
)
from cta_columnar.display.contents import EventShown, ImageShown, Point, Sample
from cta_columnar.display.histograms import counts, densities
from cta_columnar.display.maps import array, core, image_axes, tel_ids
from cta_columnar.display.residuals import angular_residuals, energy_edges, offsets
from cta_columnar.display.style import logarithmic_energies

# Pixels with as many true photo-electrons belong to the true image; in a bright one a
# few more are asked for, or its faint fringe would cover it with lines.
TRUE_PIXEL, TRUE_PIXEL_BRIGHT, BRIGHT_SHARE = 5, 10, 0.02

# Image parameters to compare samples by: column, name with unit, logarithmic.
PARAMETERS = (
    ("hillas_width", "width (deg)", False),
    ("hillas_length", "length (deg)", False),
    ("hillas_intensity", "intensity (p.e.)", True),
)
_STEPS = {"thrown": style.GREY, "triggered": style.BLUE, "reconstructed": style.ORANGE}


def image(shown: ImageShown) -> Figure:
    """Draw an image with its parameters and, where simulated, the truth."""
    drawn = style.figure(6.0, 5.6)
    ax = drawn.add_subplot()
    row, telescope = shown.row, shown.telescope
    camera(ax, telescope, row["image"], norm=square_root(row["image"]))
    true = np.asarray(row.get("true_image", ()))
    if (brightest := int(true.max(initial=-1))) >= 0:
        least = round(BRIGHT_SHARE * brightest)
        least = min(max(least, TRUE_PIXEL), TRUE_PIXEL_BRIGHT)
        label = f"{least} true p.e. or more"
        outline(
            ax, telescope, true >= least, color=style.TRUE, linewidth=1.7, label=label
        )
    outline(ax, telescope, row["image_mask"], label="kept by the cleaning")
    hillas_ellipse(ax, row, label="Hillas ellipse")
    _mark(ax, shown.source, "true direction", style.TRUE, "*", 16.0)
    _mark(ax, shown.reconstructed, "reconstructed", style.MEASURED, "X", 10.0)
    _legend(drawn, ax)
    return drawn


def _mark(
    ax: Axes, at: Point | None, label: str, color: str, marker: str, size: float
) -> None:
    if at is None or not np.isfinite(at).all():
        return
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    if not (left < at[0] < right and low < at[1] < high):
        label += " (outside)"
    direction(ax, *at, color=color, marker=marker, size=size, label=label)


def _legend(drawn: Figure, ax: Axes) -> None:
    """Name what is drawn, below; white lines need a dark ground to be seen."""
    handles, labels = ax.get_legend_handles_labels()
    # An ellipse would be shown as a box.
    lines = [
        Line2D([], [], color=each.get_edgecolor(), linewidth=each.get_linewidth())
        if isinstance(each, Patch)
        else each
        for each in handles
    ]
    drawn.legend(
        lines, labels, loc="outside lower center", ncols=3, fontsize=9,
        facecolor="0.3", labelcolor="white", framealpha=1.0, edgecolor="none",
        handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip


def event(shown: EventShown) -> Figure:
    """Draw the telescopes that saw an event, by intensity, and where its axis was."""
    drawn = style.figure(6.4, 5.8)
    ax = drawn.add_subplot()
    subarray, telescopes = shown.subarray, shown.telescopes
    intensity = np.full(len(subarray), np.nan)
    rows = [subarray.index_of(tel_id) for tel_id in telescopes["tel_id"]]
    intensity[rows] = telescopes["hillas_intensity"].to_numpy()
    array(ax, subarray, intensity, norm=LogNorm())
    tel_ids(ax, subarray)
    if shown.true_core is not None:
        core(ax, *shown.true_core, label="true core")
    if shown.reconstructed_core is not None:
        core(
            ax, *shown.reconstructed_core, color=style.MEASURED, marker="X", size=10.0,
            label="reconstructed core",
        )  # fmt: skip
    ax.autoscale_view()
    if "core_psi" in telescopes.columns:
        used = telescopes.filter(pl.col("core_psi").is_finite())
        image_axes(
            ax, subarray, used["tel_id"].to_numpy(), used["core_psi"].to_numpy(),
            pointing_alt=shown.row["array_pointing_alt"],
            pointing_az=shown.row["array_pointing_az"],
            label="image axes",
        )  # fmt: skip
    if ax.get_legend_handles_labels()[0]:
        drawn.legend(loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    return drawn


def containments(frames: Mapping[str, pl.DataFrame]) -> Figure:
    """Draw the 68 % containment per energy, of all samples by name."""
    drawn = style.figure(6.0, 4.4)
    ax = drawn.add_subplot()
    edges = energy_edges(pl.concat([f["true_energy"] for f in frames.values()]))
    for position, (name, frame) in enumerate(frames.items()):
        angular_residuals(
            ax, frame["true_energy"].to_numpy(), frame["separation"].to_numpy(),
            edges=edges, color=style.color_of(name, position), label=name,
        )  # fmt: skip
    logarithmic_energies(ax, edges)
    ax.legend(frameon=False)
    return drawn


def residuals(directions: pl.DataFrame) -> Figure:
    """Draw where reconstructed directions lie about the true ones."""
    drawn = style.figure(5.4, 4.6)
    lon, lat = (directions[f"offset_{c}"].to_numpy() for c in ("lon", "lat"))
    offsets(drawn.add_subplot(), lon, lat)
    return drawn


def energies(frame: pl.DataFrame) -> Figure:
    """Draw how many events of which energy got how far; `Sample.energies`."""
    drawn = style.figure(6.0, 4.4)
    ax = drawn.add_subplot()
    edges = [*frame["low"], frame["high"][-1]]
    steps = {name: frame[name].to_numpy() for name in _STEPS if name in frame}
    counts(ax, edges, steps, colors=_STEPS, xlabel="true energy (TeV)")
    logarithmic_energies(ax, edges)
    return drawn


def multiplicities(frame: pl.DataFrame) -> Figure:
    """Draw how many telescopes saw an event; `Sample.multiplicities`."""
    drawn = style.figure(6.0, 4.4)
    ax = drawn.add_subplot()
    multiplicity = frame["multiplicity"].to_numpy()
    edges = np.arange(multiplicity.max(initial=0) + 2) - 0.5
    steps = {
        name: np.bincount(multiplicity, frame[name].to_numpy(), edges.size - 1)
        for name in _STEPS
        if name in frame
    }
    counts(ax, edges, steps, colors=_STEPS, xlabel="telescopes with an image")
    ax.set_xlim(multiplicity.min(initial=edges.size) - 1.0, edges[-1] + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return drawn


def parameters(samples: Sequence[Sample], tel_type: str) -> Figure:
    """Compare image parameters of several samples, for one telescope type."""
    drawn = style.figure(11.0, 3.3)
    for number, (column, xlabel, log) in enumerate(PARAMETERS):
        ax = drawn.add_subplot(1, len(PARAMETERS), number + 1)
        values = {
            sample.name: sample.parameters[tel_type][column].to_numpy()
            for sample in samples
            if column in sample.parameters.get(tel_type, pl.DataFrame()).columns
        }
        densities(ax, values, log=log, xlabel=xlabel)
        if number == 0:
            ax.set_ylabel("images, same area")
            ax.legend(frameon=False)
    return drawn
