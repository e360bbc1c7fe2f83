"""How a product is drawn against energy: over that of others, or ring by ring."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cta_columnar.display import style
from cta_columnar.display.irf_contents import (
    Response,
    energy_of,
    innermost,
    offset_of,
)
from cta_columnar.schemas.irf import LEAST_EVENTS

Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]

_NAMES = {
    "reco_energy": "reconstructed energy (TeV)",
    "true_energy": "true energy (TeV)",
}
_SIZE = (6.0, 4.2)


def compared(
    responses: Sequence[Response],
    product: str,
    value: str,
    label: str,
    *,
    log: bool = True,
) -> Figure:
    """Draw one product of several responses, references as lines."""
    drawn = style.figure(*_SIZE)
    ax = drawn.add_subplot()
    tables = []
    for position, response in having(product, responses):
        rows = innermost(response.products[product])
        if response.is_reference:
            tables.append(line(ax, rows, value, response.name))
        else:
            tables.append(points(ax, rows, value, position, response.name))
    _finish(ax, tables, value, label, log=log)
    if len(tables) > 1:
        ax.legend(fontsize=8)
    return drawn


def having(
    product: str, responses: Sequence[Response]
) -> Iterator[tuple[int, Response]]:
    """Give those that have a product, with a number that each has in all pictures."""
    for position, response in enumerate(responses):
        if product in response.products:
            yield position, response


def by_offset(response: Response, product: str, value: str, label: str) -> Figure:
    """Draw one product of a response, in each ring of the field of view."""
    drawn = style.figure(*_SIZE)
    ax = drawn.add_subplot()
    rows = response.products[product]
    offset = offset_of(rows)
    rings = (
        rows.partition_by(f"{offset}_low", maintain_order=True) if offset else [rows]
    )
    tables = []
    for position, (ring, color) in enumerate(
        zip(rings, style.ramp(len(rings)), strict=True)
    ):
        name = ""
        if offset:
            low, high = ring[f"{offset}_low"][0], ring[f"{offset}_high"][0]
            name = f"{low:g} to {high:g} deg"
        tables.append(points(ax, ring, value, position, name, color=color, joined=True))
    _finish(ax, tables, value, label, log=True)
    if offset:
        ax.legend(fontsize=8, title="offset", title_fontsize=8)
    return drawn


def points(
    ax: Axes,
    rows: pl.DataFrame,
    value: str,
    position: int,
    name: str,
    *,
    color: str | tuple[float, ...] | None = None,
    joined: bool = False,
) -> pl.DataFrame:
    """Draw a value in bins of energy as points with their errors.

    Markers are hollow where no simulated event of the background is behind a value.
    Arrows begin at upper limits, where there are some.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    rows : polars.DataFrame
        A product, a row for each bin of energy.
    value : str
        Its column; ``<value>_uncert`` is the error, if there.
    position : int
        Among those in the picture; says colour and marker.
    name : str
        For the legend.
    color : str, optional
        Another colour.
    joined : bool
        Whether a line goes through the points.

    Returns
    -------
    drawn : polars.DataFrame
        Rows that have a value.
    """
    energy = energy_of(rows)
    low, high = (rows[f"{energy}_{end}"].to_numpy() for end in ("low", "high"))
    values = rows[value].cast(pl.Float64).to_numpy()
    error = f"{value}_uncert"
    errors = rows[error].to_numpy() if error in rows.columns else np.zeros(values.size)
    centre = np.sqrt(low * high)
    is_there = np.isfinite(values) & np.isfinite(centre)
    is_there &= _is_counted(rows, value)
    own, marker = style.in_series(position)
    ax.errorbar(
        centre[is_there],
        values[is_there],
        yerr=np.nan_to_num(errors[is_there], posinf=0.0),
        xerr=[(centre - low)[is_there], (high - centre)[is_there]],
        color=color or own, marker=marker, markersize=4.5,
        linestyle="-" if joined else "none", linewidth=0.8,
        elinewidth=1.1, label=name,
    )  # fmt: skip
    look: dict[str, Any] = {
        "color": color or own, "marker": marker, "markersize": 4.5,
        "markerfacecolor": "white", "linestyle": "none",
    }  # fmt: skip
    shown = is_there | _limits(ax, rows, value, look)
    if "n_background" in rows.columns:
        bare = is_there & (rows["n_background"].to_numpy() == 0)
        if bare.any():
            ax.plot(centre[bare], values[bare], zorder=3, **look)
    return rows.filter(shown)


def _limits(ax: Axes, rows: pl.DataFrame, value: str, look: dict[str, Any]) -> Bools:
    """Draw upper limits where there are some, and return where these are."""
    energy = energy_of(rows)
    centre = np.sqrt(
        rows[f"{energy}_low"].to_numpy() * rows[f"{energy}_high"].to_numpy()
    )
    if f"{value}_upper" not in rows.columns:
        return np.zeros(rows.height, np.bool_)
    limits = rows[f"{value}_upper"].to_numpy()
    there = np.isfinite(limits) & np.isfinite(centre)
    if there.any():
        length = 0.5 * limits[there]
        ax.errorbar(centre[there], limits[there], yerr=length, uplims=True, **look)
    return np.asarray(there)


def line(ax: Axes, rows: pl.DataFrame, value: str, name: str) -> pl.DataFrame:
    """Draw a value in bins of energy as a line: what others are compared with.

    Returns the rows that have a value.
    """
    energy = energy_of(rows)
    centre = np.sqrt(
        rows[f"{energy}_low"].to_numpy() * rows[f"{energy}_high"].to_numpy()
    )
    values = rows[value].to_numpy()
    is_there = np.isfinite(values) & (values != 0)
    ax.plot(centre[is_there], values[is_there], color=style.REFERENCE, linewidth=1.8,
            zorder=1, label=name)  # fmt: skip
    return rows.filter(is_there)


def _is_counted(rows: pl.DataFrame, value: str) -> Bools:
    """Where there are events enough; a value without any is none."""
    for name in ("n_events", "n_selected", "n_signal"):
        if name in rows.columns:
            counted: Bools = rows[name].to_numpy() >= LEAST_EVENTS.get(value, 1)
            return counted
    return np.ones(rows.height, np.bool_)


def _finish(
    ax: Axes, tables: Sequence[pl.DataFrame], value: str, label: str, *, log: bool
) -> None:
    style.plain(ax)
    label_energies(ax, tables)
    ax.set_ylabel(label)
    if not log:
        return
    # Errors that reach to 0 would take all of a logarithmic axis.
    columns = [
        rows[name].to_numpy()
        for rows in tables
        for name in (value, f"{value}_upper")
        if name in rows.columns
    ]
    values = np.concatenate([np.zeros(0), *columns])
    values = values[values > 0]
    ax.set_yscale("log", nonpositive="clip")
    if values.size:
        ax.set_ylim(0.3 * values.min(), 3.0 * values.max())


def label_energies(ax: Axes, tables: Sequence[pl.DataFrame]) -> None:
    """Label and range of the axis of energies."""
    edges = [
        edge
        for rows in tables
        for end in ("low", "high")
        for edge in rows[f"{energy_of(rows)}_{end}"].to_list()
        if np.isfinite(edge) and edge > 0
    ]
    if edges:
        style.logarithmic_energies(ax, edges)
    kinds = list(dict.fromkeys(energy_of(rows) for rows in tables))
    ax.set_xlabel(_NAMES[kinds[0]] if len(kinds) == 1 else "energy (TeV)")
