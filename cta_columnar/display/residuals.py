"""How far reconstructed directions are from true ones."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.patches import Circle
from numpy.typing import ArrayLike, NDArray

from cta_columnar.display import style

Floats = NDArray[np.float64]

CONTAINMENT = 0.68
BINS_PER_DECADE = 5
MIN_EVENTS = 10
# Points are drawn one by one up to here.
_MOST_POINTS = 2000


class Containment(NamedTuple):
    """Radius of a share of the events, with its statistical errors."""

    radius: float
    below: float
    above: float


def containment(separation: ArrayLike, fraction: float = CONTAINMENT) -> Containment:
    """Radius that holds a share of the events.

    Parameters
    ----------
    separation : array_like
        Distances; NaN does not count.
    fraction : float
        The share.

    Returns
    -------
    Containment
        The radius and how far its 68 % confidence interval reaches below and above:
        the radii of the shares that differ by their binomial error. NaN for no event.
    """
    values = np.asarray(separation, dtype=float)
    values = values[np.isfinite(values)]
    if not values.size:
        return Containment(np.nan, np.nan, np.nan)
    error = np.sqrt(fraction * (1.0 - fraction) / values.size)
    shares = np.clip([fraction, fraction - error, fraction + error], 0.0, 1.0)
    radius, low, high = map(float, np.quantile(values, shares))
    return Containment(radius, radius - low, high - radius)


def energy_edges(energy: ArrayLike, per_decade: int = BINS_PER_DECADE) -> Floats:
    """Edges, equal in the logarithm and at round energies, that hold all energies."""
    values = np.asarray(energy, dtype=float)
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return np.array([0.1, 1.0])
    steps = np.log10([values.min(), values.max()]) * per_decade
    first, last = int(np.floor(steps[0])), int(np.floor(steps[1])) + 1
    edges: Floats = 10.0 ** (np.arange(first, last + 1) / per_decade)
    return edges


def has_full_bin(energy: ArrayLike, min_events: int = MIN_EVENTS) -> bool:
    """Whether some bin of energy has enough events for a containment."""
    heights, _ = np.histogram(np.asarray(energy, dtype=float), energy_edges(energy))
    return bool(heights.max(initial=0) >= min_events)


def angular_residuals(
    ax: Axes,
    energy: ArrayLike,
    separation: ArrayLike,
    *,
    edges: ArrayLike | None = None,
    fraction: float = CONTAINMENT,
    min_events: int = MIN_EVENTS,
    color: str = style.BLUE,
    marker: str = "o",
    label: str | None = None,
) -> ErrorbarContainer:
    """Draw the radius that holds 68 % of the events, per bin of energy.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    energy : array_like of shape (n,)
        True energies, TeV.
    separation : array_like of shape (n,)
        Angles between true and reconstructed direction, deg.
    edges : array_like, optional
        Edges of the bins, TeV; five per decade if not given.
    fraction : float
        The share of events.
    min_events : int
        Bins with fewer are left out.
    color, marker, label
        As in matplotlib.
    """
    energies = np.asarray(energy, dtype=float)
    angles = np.asarray(separation, dtype=float)
    is_known = np.isfinite(energies) & np.isfinite(angles)
    energies, angles = energies[is_known], angles[is_known]
    bins = energy_edges(energies) if edges is None else np.asarray(edges, dtype=float)
    index = np.digitize(energies, bins) - 1
    rows = [angles[index == i] for i in range(bins.size - 1)]
    wanted = np.array([row.size >= max(min_events, 1) for row in rows], np.bool_)
    found = [containment(row, fraction) for row, is_in in zip(rows, wanted, strict=True)
             if is_in]  # fmt: skip
    radius, below, above = np.array(found).reshape(-1, 3).T
    low, high = bins[:-1][wanted], bins[1:][wanted]
    centre = np.sqrt(low * high)
    drawn = ax.errorbar(
        centre, radius, yerr=[below, above], xerr=[centre - low, high - centre],
        color=color, marker=marker, markersize=5, linestyle="none", label=label,
    )  # fmt: skip
    style.plain(ax)
    style.logarithmic_energies(ax, bins)
    ax.set_xlabel("true energy (TeV)")
    ax.set(yscale="log", ylabel=f"{100 * fraction:.0f} % containment (deg)")
    style.plain_numbers(ax.yaxis)
    return drawn


def offsets(
    ax: Axes, lon: ArrayLike, lat: ArrayLike, *, radius: float | None = None
) -> None:
    """Draw where reconstructed directions lie about the true one, and what holds 68 %.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    lon, lat : array_like of shape (n,)
        Reconstructed direction in the frame centred on the true one, deg.
    radius : float, optional
        Half width of the picture, deg; by default it holds 95 % of the events.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    is_known = np.isfinite(x) & np.isfinite(y)
    x, y = x[is_known], y[is_known]
    distance = np.hypot(x, y)
    r68 = containment(distance).radius
    # "higher", so that of few events none is lost.
    most = np.quantile(distance, 0.95, method="higher") if x.size else 0.0
    r = radius or 1.05 * max(float(most), 1.1 * r68 if x.size else 0.0) or 1.0
    if x.size > _MOST_POINTS:
        bins = np.linspace(-r, r, 61)
        heights, _, _ = np.histogram2d(y, x, (bins, bins))
        mesh = ax.pcolormesh(bins, bins, heights, cmap=style.COLOR_MAP)
        ax.figure.colorbar(mesh, ax=ax, label="events", shrink=0.85, pad=0.02)
    else:
        ax.plot(x, y, ".", color=style.BLUE, alpha=0.6, markersize=5)
    ring = style.MEASURED
    if x.size:
        ax.add_patch(Circle((0, 0), r68, fill=False, color=ring, linewidth=1.8))
        ax.plot([], [], color=ring, linewidth=1.8, label=f"68 %: {r68:.3f} deg")
        ax.legend(loc="upper right")
    style.plain(ax, grid=False)
    ax.axhline(0.0, color="0.6", linewidth=0.7)
    ax.axvline(0.0, color="0.6", linewidth=0.7)
    ax.set(aspect="equal", xlim=(-r, r), ylim=(-r, r))
    ax.set(xlabel="along azimuth (deg)", ylabel="along altitude (deg)")
    ax.locator_params(nbins=5)
