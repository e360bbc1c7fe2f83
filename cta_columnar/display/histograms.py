"""Distributions: counts that others have made, and values counted here."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from cta_columnar.display import style

# Each line is wider than the one that may lie on it, so that both are seen.
_THINNEST = 1.4
# From here on, a logarithmic axis.
_MANY = 20


def counts(
    ax: Axes,
    edges: ArrayLike,
    samples: Mapping[str, ArrayLike],
    *,
    colors: Mapping[str, str] | None = None,
    xlabel: str = "",
    ylabel: str = "events",
) -> None:
    """Draw histograms of common bins as steps; many counts on a logarithmic axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    edges : array_like of shape (n + 1,)
        Edges of the bins.
    samples : mapping of str to array_like of shape (n,)
        Counts by the name that the legend gives them.
    colors : mapping of str to str, optional
        Colour by name.
    xlabel, ylabel : str
        What is counted, with unit.
    """
    largest = 0.0
    for position, (name, values) in enumerate(samples.items()):
        heights = np.asarray(values, dtype=float)
        largest = max(largest, heights.max(initial=0.0))
        color = (colors or {}).get(name) or style.color_of(name, position)
        # A step down to zero must reach the axis, not end in the air.
        ax.stairs(
            heights, np.asarray(edges, dtype=float), baseline=1e-9,
            color=color, linewidth=_THINNEST + len(samples) - 1 - position, label=name,
        )  # fmt: skip
    style.plain(ax)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if largest >= _MANY:
        ax.set_yscale("log")
        ax.set_ylim(0.5, 3.0 * largest)
    else:
        ax.set_ylim(0.0, 1.25 * max(largest, 1.0))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)


def densities(
    ax: Axes,
    samples: Mapping[str, ArrayLike],
    *,
    edges: ArrayLike | None = None,
    log: bool = False,
    xlabel: str = "",
) -> NDArray[np.float64]:
    """Draw distributions of values, each with the same area, to compare shapes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    samples : mapping of str to array_like
        Values by the name that the legend gives them; NaN does not count.
    edges : array_like, optional
        Edges of the bins; by default 40 bins over the central 99 % of all values.
    log : bool
        Whether bins are equal in the logarithm.
    xlabel : str
        What the values are, with unit.

    Returns
    -------
    float64[n + 1]
        The edges.
    """
    arrays = {name: _usable(values, log) for name, values in samples.items()}
    bins = _bins(list(arrays.values()), log) if edges is None else np.asarray(edges)
    width = np.diff(np.log10(bins) if log else bins)
    for position, (name, values) in enumerate(arrays.items()):
        heights, _ = np.histogram(values, bins)
        share = heights / width / max(values.size, 1)
        color = style.color_of(name, position)
        ax.stairs(share, bins, color=color, linewidth=1.8, label=name)
        ax.stairs(share, bins, color=color, alpha=0.12, fill=True)
    style.plain(ax)
    if log:
        ax.set_xscale("log")
    ax.set(xlabel=xlabel, yticks=[], xlim=(bins[0], bins[-1]))
    ax.set_ylim(bottom=0.0)
    return bins


def _usable(values: ArrayLike, log: bool) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    least = 0.0 if log else -np.inf
    usable: NDArray[np.float64] = array[np.isfinite(array) & (array > least)]
    return usable


def _bins(arrays: list[NDArray[np.float64]], log: bool) -> NDArray[np.float64]:
    everything = np.concatenate([*arrays, np.zeros(0)])
    if not everything.size:
        return np.array([1.0, 10.0])
    low, high = np.quantile(everything, [0.005, 0.995])
    if low == high:
        low, high = 0.9 * low, 1.1 * high + (high == 0.0)
    # With few values many bins show nothing but chance.
    n = int(np.clip(2.0 * np.sqrt(min(each.size for each in arrays)), 8, 40))
    if log:
        low, high = np.log10(low), np.log10(high)
    edges: NDArray[np.float64] = np.linspace(low, high, n + 1)
    return np.power(10.0, edges) if log else edges
