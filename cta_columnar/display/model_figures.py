"""Pictures of how good models are, and by which features."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cta_columnar.display import style

MOST_FEATURES = 15
_OF_EVENTS = "array"
_MARKERS = "oD^vP*X"


def performance(rows: pl.DataFrame) -> Figure:
    """Draw a figure of merit against energy.

    Parameters
    ----------
    rows : polars.DataFrame
        ``schemas.training.CROSS_VALIDATION``, of one metric; a line for each telescope
        type, black for events as a whole.
    """
    drawn = style.figure(6.0, 4.2)
    ax = drawn.add_subplot()
    binned = rows.filter(pl.col("energy_high").is_finite(), pl.col("value").is_finite())
    names = sorted(binned["tel_type"].unique())
    types = sorted(names, key=lambda name: name == _OF_EVENTS)
    for position, name in enumerate(types):
        _line(ax, binned.filter(pl.col("tel_type") == name), name, position)
    style.plain(ax)
    if binned.height:
        edges = [binned["energy_low"].min(), binned["energy_high"].max()]
        style.logarithmic_energies(ax, np.array(edges, np.float64))
    metric, unit, kind = rows.row(0, named=True), rows["unit"][0], rows["energy"][0]
    ax.set_xlabel(f"{kind} energy (TeV)")
    name = metric["metric"].replace("_", " ")
    ax.set_ylabel(f"{name} ({unit})" if unit else name)
    if metric["metric"] == "bias":
        ax.axhline(0.0, color="0.4", linewidth=0.8)
    if types:
        ax.legend(fontsize=8)
    return drawn


def _line(ax: Axes, rows: pl.DataFrame, name: str, position: int) -> None:
    low, high = rows["energy_low"].to_numpy(), rows["energy_high"].to_numpy()
    centre = np.sqrt(low * high)
    is_events = name == _OF_EVENTS
    ax.errorbar(
        centre,
        rows["value"].to_numpy(),
        yerr=np.nan_to_num(rows["value_uncert"].to_numpy()),
        xerr=[centre - low, high - centre],
        color="black" if is_events else style.color_of("", position),
        marker="s" if is_events else _MARKERS[position % len(_MARKERS)],
        markersize=5,
        linestyle="none",
        label="events" if is_events else name,
    )


def importance(rows: pl.DataFrame) -> Figure:
    """Draw how much worse a model is without each feature, the most important on top.

    Parameters
    ----------
    rows : polars.DataFrame
        ``schemas.training.IMPORTANCE``, of one model.
    """
    best = rows.with_columns(pl.col("permutation").fill_nan(0.0))
    best = best.sort("permutation", descending=True)
    best = best.head(MOST_FEATURES).reverse()
    drawn = style.figure(6.0, 1.0 + 0.25 * best.height)
    ax = drawn.add_subplot()
    place = np.arange(best.height)
    ax.barh(
        place,
        best["permutation"].to_numpy(),
        xerr=np.nan_to_num(best["permutation_uncert"].to_numpy()),
        color=style.BLUE,
        ecolor="0.4",
    )
    style.plain(ax)
    ax.set_yticks(place, best["feature"].to_list(), fontsize=8)
    ax.set_xlabel("increase of the loss if shuffled, relative")
    return drawn
