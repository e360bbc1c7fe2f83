"""Responses in two dimensions: migration, psf, background maps, ROC curves."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cta_columnar.display import style
from cta_columnar.display.irf_contents import Response, energy_of, innermost

Floats = NDArray[np.float64]

MOST_ENERGIES = 6
MOST_MAPS = 4
_AXES = {
    "true_energy": "true energy (TeV)",
    "reco_energy": "reconstructed energy (TeV)",
    "migration": "reconstructed / true energy",
}


def migration(response: Response) -> Figure:
    """Draw the share of each true energy that is reconstructed at each energy."""
    rows = innermost(response.products["energy_migration"])
    drawn = _matrix(
        rows, "reco_energy", "energy_migration", "share of the true energy bin"
    )
    ax = drawn.axes[0]
    ends = np.array(ax.get_xlim())
    ax.plot(ends, ends, color=style.MEASURED, linewidth=1.0)
    return drawn


def dispersion(response: Response) -> Figure:
    """Draw how reconstructed over true energies spread, for each true energy."""
    rows = innermost(response.products["energy_dispersion"])
    drawn = _matrix(rows, "migration", "energy_dispersion", "density")
    drawn.axes[0].axhline(1.0, color=style.MEASURED, linewidth=1.0)
    return drawn


def _matrix(rows: pl.DataFrame, other: str, value: str, label: str) -> Figure:
    drawn = style.figure(6.0, 4.6)
    ax = drawn.add_subplot()
    true, second = _edges(rows, "true_energy"), _edges(rows, other)
    values = _shaped(rows, ("true_energy", other), value)
    shown = np.where(values > 0, values, np.nan)
    mesh = ax.pcolormesh(true, second, shown.T, cmap=style.COLOR_MAP, rasterized=True)
    drawn.colorbar(mesh, ax=ax, label=label)
    ax.set(xscale="log", xlabel=_AXES["true_energy"], ylabel=_AXES[other])
    if other == "reco_energy" or _is_logarithmic(second):
        ax.set_yscale("log")
    style.plain(ax, grid=False)
    style.plain_numbers(ax.xaxis, minor=False)
    style.plain_numbers(ax.yaxis, minor=other == "migration")
    return drawn


def containment(response: Response) -> Figure:
    """Draw which share of the events is within a radius, for some energies."""
    rows = innermost(response.products["psf"])
    theta = _edges(rows, "theta")
    ring = np.diff(2 * np.pi * (1 - np.cos(np.radians(theta))))
    density = _shaped(rows, ("true_energy", "theta"), "psf")
    counts = _shaped(rows, ("true_energy", "theta"), "n_events").sum(axis=1)
    drawn = style.figure(6.0, 4.2)
    ax = drawn.add_subplot()
    energy = _edges(rows, "true_energy")
    chosen = _spread(np.flatnonzero(density.sum(axis=1) > 0), MOST_ENERGIES)
    for i, color in zip(chosen, style.ramp(len(chosen)), strict=True):
        share = np.append(0.0, np.cumsum(density[i] * ring))
        name = _range(energy, i)
        ax.plot(theta, share, color=color, linewidth=1.6, label=name)
        # Counts of a published response are not known.
        scatter = np.sqrt(share * (1 - np.minimum(share, 1)) / max(counts[i], 1))
        if counts[i] > 0:
            ax.fill_between(theta, share - scatter, share + scatter, color=color,
                            alpha=0.2, linewidth=0)  # fmt: skip
    ax.axhline(0.68, color="0.4", linewidth=0.8, linestyle="--")
    style.plain(ax)
    ax.set(xlim=(0.0, _reach(theta, density, ring)), ylim=(0.0, 1.02))
    ax.set(xlabel="angle to the true direction (deg)", ylabel="share of events within")
    if len(chosen):
        ax.legend(fontsize=8, title="true energy", title_fontsize=8)
    return drawn


def _reach(theta: Floats, density: Floats, ring: Floats) -> float:
    """Radius that shows most of what there is."""
    shares = np.cumsum(density * ring, axis=1)
    wide = [
        theta[1:][np.searchsorted(row, 0.95 * row[-1])] for row in shares if row[-1] > 0
    ]
    return float(np.quantile(wide, 0.8)) if wide else float(theta[-1])


def background_maps(response: Response) -> Figure:
    """Draw the rate of background over the field of view, at some energies."""
    rows = response.products["background_3d"]
    energy, lon, lat = (
        _edges(rows, name) for name in ("reco_energy", "reco_fov_lon", "reco_fov_lat")
    )
    names = ("reco_energy", "reco_fov_lon", "reco_fov_lat")
    values = _shaped(rows, names, "background")
    filled = np.flatnonzero(values.sum(axis=(1, 2)) > 0)
    chosen = _spread(filled, MOST_MAPS)
    n = max(len(chosen), 1)
    drawn = style.figure(3.6 * n, 3.4)
    panels = drawn.subplots(1, n, squeeze=False)[0]
    for ax, i in zip(panels, chosen, strict=False):
        shown = np.where(values[i] > 0, values[i], np.nan)
        mesh = ax.pcolormesh(lon, lat, shown.T, cmap=style.COLOR_MAP, rasterized=True)
        drawn.colorbar(mesh, ax=ax, shrink=0.8)
        ax.set(aspect="equal", title=_range(energy, i), xlabel="fov_lon (deg)")
        style.plain(ax, grid=False)
    panels[0].set_ylabel("fov_lat (deg)")
    drawn.suptitle("background (s⁻¹ TeV⁻¹ sr⁻¹)", fontsize=10)
    return drawn


def roc(response: Response) -> Figure:
    """Draw which share of the background passes with a share of the signal."""
    rows = response.products["roc"]
    energy_name = energy_of(rows)
    energy, steps = _edges(rows, energy_name), _edges(rows, "signal_efficiency")
    names = (energy_name, "signal_efficiency")
    passed = _shaped(rows, names, "background_efficiency")
    error = _shaped(rows, names, "background_efficiency_uncert")
    drawn = style.figure(6.0, 4.6)
    ax = drawn.add_subplot()
    chosen = _spread(np.flatnonzero(np.isfinite(passed).any(axis=1)), MOST_ENERGIES)
    for i, color in zip(chosen, style.ramp(len(chosen)), strict=True):
        ax.plot(
            passed[i], steps[1:], color=color, linewidth=1.6, label=_range(energy, i)
        )
        ax.fill_betweenx(steps[1:], passed[i] - error[i], passed[i] + error[i],
                         color=color, alpha=0.2, linewidth=0)  # fmt: skip
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle="--")
    style.plain(ax)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set(
        xlabel="share of background that passes", ylabel="share of signal that passes"
    )
    if len(chosen):
        title = _AXES[energy_name].removesuffix(" (TeV)")
        ax.legend(fontsize=8, title=title, title_fontsize=8, loc="lower right")
    return drawn


def _edges(rows: pl.DataFrame, name: str) -> Floats:
    low = rows[f"{name}_low"].unique().sort().to_numpy()
    high = rows[f"{name}_high"].unique().sort().to_numpy()
    edges: Floats = np.append(low, high[-1])
    return edges


def _shaped(rows: pl.DataFrame, names: Sequence[str], value: str) -> Floats:
    """Values over some axes; others have one bin."""
    ordered = rows.sort(f"{name}_low" for name in names)
    shape = [rows[f"{name}_low"].n_unique() for name in names]
    values: Floats = ordered[value].cast(pl.Float64).to_numpy().reshape(shape)
    return values


def _spread(places: NDArray[np.intp], most: int) -> list[int]:
    """Pick some of many places, evenly."""
    if len(places) <= most:
        return [int(each) for each in places]
    picked = np.linspace(0, len(places) - 1, most + 2)[1:-1]
    return [int(places[round(at)]) for at in picked]


def _range(edges: Floats, place: int) -> str:
    return f"{edges[place]:.2g} to {edges[place + 1]:.2g} TeV"


def _is_logarithmic(edges: Floats) -> bool:
    if not (edges > 0).all():
        return False
    ratios = edges[1:] / edges[:-1]
    return bool(np.allclose(ratios, ratios[0], rtol=1e-3))
