"""Pictures of event lists: the sky, theta squared, energies, rates, good time."""

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from cta_columnar.display import style
from cta_columnar.display.dl3_contents import EventListsShown
from cta_columnar.display.residuals import energy_edges

THETA2_MAX = 0.1
THETA2_BINS = 20
MAP_BINS = 80
# Longest time that is told in a unit, s.
_UNITS = (("seconds", 1.0, 300.0), ("minutes", 60.0, 7200.0), ("hours", 3600.0, np.inf))


def sky(shown: EventListsShown) -> Figure:
    """Draw counts on the sky, in longitude and latitude around its middle."""
    drawn = style.figure(6.0, 5.0)
    ax = drawn.add_subplot()
    lon, lat = shown.events["lon"].to_numpy(), shown.events["lat"].to_numpy()
    reach = np.quantile(np.hypot(lon, lat), 0.98) if lon.size else 1.0
    bins = np.linspace(-reach, reach, MAP_BINS + 1)
    counts, _, _ = np.histogram2d(lat, lon, (bins, bins))
    shades = np.where(counts > 0, counts, np.nan)
    mesh = ax.pcolormesh(bins, bins, shades, cmap=style.COLOR_MAP, rasterized=True)
    drawn.colorbar(mesh, ax=ax, label="events per bin")
    where = shown.observations["lon"].to_numpy(), shown.observations["lat"].to_numpy()
    ax.plot(*where, "x", color="white", markersize=8, markeredgewidth=3.2)
    ax.plot(*where, "x", color="black", markersize=7, label="pointing")
    if shown.target is not None:
        ax.plot(*shown.target, "o", markerfacecolor="none", color=style.MEASURED,
                markersize=12, markeredgewidth=1.8, label="target")  # fmt: skip
    style.plain(ax, grid=False)
    ax.set(aspect="equal", xlim=(reach, -reach), ylim=(-reach, reach))
    ra, dec = shown.centre
    ax.set_xlabel(f"right ascension - {ra:.3f}° (deg on the sky)")
    ax.set_ylabel(f"declination - {dec:.3f}° (deg)")
    ax.legend(fontsize=8, loc="upper right")
    return drawn


def theta2(shown: EventListsShown) -> Figure:
    """Draw how far from the target events come from, beside places without it."""
    drawn = style.figure(6.0, 4.2)
    ax = drawn.add_subplot()
    edges = np.linspace(0.0, THETA2_MAX, THETA2_BINS + 1)
    centre = 0.5 * (edges[1:] + edges[:-1])
    on, _ = np.histogram(shown.on["theta2"].to_numpy(), edges)
    values, weights = shown.off["theta2"].to_numpy(), shown.off["weight"].to_numpy()
    off, _ = np.histogram(values, edges, weights=weights)
    squares, _ = np.histogram(values, edges, weights=weights**2)
    ax.errorbar(centre, on, yerr=np.sqrt(on), xerr=np.diff(edges) / 2, linestyle="none",
                marker="o", markersize=4, color=style.BLUE, label="target")  # fmt: skip
    ax.stairs(off, edges, color=style.GREY, fill=True, alpha=0.5,
              label="mean of places without it")  # fmt: skip
    ax.errorbar(centre, off, yerr=np.sqrt(squares), linestyle="none", color="0.35",
                elinewidth=1.0)  # fmt: skip
    style.plain(ax)
    ax.set(xlim=(0.0, THETA2_MAX), xlabel="θ² (deg²)", ylabel="events")
    ax.set_ylim(bottom=0.0)
    ax.legend(fontsize=8)
    return drawn


def energies(shown: EventListsShown) -> Figure:
    """Draw counts in bins of reconstructed energy."""
    drawn = style.figure(6.0, 4.2)
    ax = drawn.add_subplot()
    energy = shown.events["energy"].to_numpy()
    edges = energy_edges(energy)
    counts, _ = np.histogram(energy, edges)
    centre = np.sqrt(edges[1:] * edges[:-1])
    some = counts > 0
    ax.errorbar(
        centre[some], counts[some], yerr=np.sqrt(counts[some]),
        xerr=[(centre - edges[:-1])[some], (edges[1:] - centre)[some]],
        marker="o", markersize=4.5, linestyle="none", color=style.BLUE,
    )  # fmt: skip
    style.plain(ax)
    style.logarithmic_energies(ax, edges)
    ax.set_yscale("log", nonpositive="mask")
    ax.set(xlabel="reconstructed energy (TeV)", ylabel="events per bin")
    return drawn


def rates(shown: EventListsShown) -> Figure:
    """Draw events per second of live time, observation by observation."""
    runs = shown.observations.sort("tstart")
    drawn = style.figure(6.0, 4.2)
    ax = drawn.add_subplot()
    counts, live = runs["n_events"].to_numpy(), runs["livetime"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, error = counts / live, np.sqrt(counts) / live
    place = np.arange(runs.height)
    ax.errorbar(place, rate, yerr=error, marker="o", markersize=5, linestyle="none",
                color=style.BLUE)  # fmt: skip
    if live.sum() > 0:
        ax.axhline(
            counts.sum() / live.sum(), color="0.4", linewidth=0.8, linestyle="--"
        )
    style.plain(ax)
    step = max(runs.height // 12, 1)
    names = [str(each) for each in runs["obs_id"].to_list()]
    ax.set_xticks(place[::step], names[::step], rotation=30, ha="right", fontsize=8)
    ax.set(xlabel="observation", ylabel="events / live time (1/s)")
    ax.set_xlim(-0.6, runs.height - 0.4)
    return drawn


def timeline(shown: EventListsShown) -> Figure:
    """Draw the good time of each observation."""
    runs = shown.observations.sort("tstart")
    drawn = style.figure(9.0, 0.9 + 0.22 * min(max(runs.height, 2), 30))
    ax = drawn.add_subplot()
    start = shown.intervals["start"].to_numpy()
    begin = float(start.min(initial=np.inf))
    length = float(shown.intervals["stop"].to_numpy().max(initial=-np.inf)) - begin
    unit, size = next((name, size) for name, size, most in _UNITS if length <= most)
    for place, obs_id in enumerate(runs["obs_id"].to_list()):
        own = shown.intervals.filter(pl.col("obs_id") == obs_id)
        starts, stops = own["start"].to_numpy(), own["stop"].to_numpy()
        bars = list(zip((starts - begin) / size, (stops - starts) / size, strict=True))
        ax.broken_barh(bars, (place - 0.35, 0.7), color=style.BLUE)
    style.plain(ax)
    step = max(runs.height // 30, 1)
    names = [str(each) for each in runs["obs_id"].to_list()]
    ax.set_yticks(np.arange(runs.height)[::step], names[::step], fontsize=8)
    ax.invert_yaxis()
    ax.set(xlabel=f"{unit} since the first start", ylabel="observation")
    return drawn
