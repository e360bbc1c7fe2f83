"""Figures of merit and responses against energy, with their errors, over each other."""

from collections.abc import Iterator, Sequence

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

_NAMES = {
    "reco_energy": "reconstructed energy (TeV)",
    "true_energy": "true energy (TeV)",
}
_SIZE = (6.0, 4.2)


def effective_area(responses: Sequence[Response]) -> Figure:
    """Draw effective areas near the centre of the field of view."""
    return _compared(
        responses, "effective_area", "effective_area", "effective area (m²)"
    )


def effective_area_by_offset(response: Response) -> Figure:
    """Draw the effective area in each ring of the field of view."""
    return _by_offset(
        response, "effective_area", "effective_area", "effective area (m²)"
    )


def angular_resolution(responses: Sequence[Response]) -> Figure:
    """Draw the radius that contains the usual share of the events."""
    rows = _first(responses, "angular_resolution")
    share = 100 * float(rows["quantile"].drop_nans().max() or 0.68)  # type: ignore[arg-type]
    label = f"{share:.0f} % containment (deg)"
    return _compared(responses, "angular_resolution", "angular_resolution", label)


def energy_resolution(responses: Sequence[Response]) -> Figure:
    """Draw the relative width of reconstructed energies."""
    label = "energy resolution"
    drawn = _compared(
        responses, "energy_resolution", "energy_resolution", label, log=False
    )
    drawn.axes[0].set_ylim(bottom=0.0)
    return drawn


def energy_bias(responses: Sequence[Response]) -> Figure:
    """Draw how far reconstructed energies lie beside the true ones."""
    drawn = _compared(
        responses, "energy_resolution", "energy_bias", "energy bias", log=False
    )
    drawn.axes[0].axhline(0.0, color="0.4", linewidth=0.8, zorder=0)
    return drawn


def sensitivity(responses: Sequence[Response]) -> Figure:
    """Draw the smallest flux that is detected, by the square of the energy."""
    label = "E² · smallest flux (erg cm⁻² s⁻¹)"
    return _compared(responses, "sensitivity", "energy_flux_sensitivity", label)


def background_rate(responses: Sequence[Response]) -> Figure:
    """Draw the rate of background in each bin of energy."""
    label = "background rate per bin (1/s)"
    return _compared(responses, "background_rate", "background_rate", label)


def background_density(responses: Sequence[Response]) -> Figure:
    """Draw the rate of background near the centre of the field of view."""
    label = "background (s⁻¹ TeV⁻¹ sr⁻¹)"
    return _compared(responses, "background_2d", "background", label)


def background_by_offset(response: Response) -> Figure:
    """Draw the rate of background in each ring of the field of view."""
    label = "background (s⁻¹ TeV⁻¹ sr⁻¹)"
    return _by_offset(response, "background_2d", "background", label)


def sensitivity_by_offset(response: Response) -> Figure:
    """Draw the smallest flux that is detected in each ring of the field of view."""
    label = "E² · smallest flux (erg cm⁻² s⁻¹)"
    return _by_offset(response, "sensitivity", "energy_flux_sensitivity", label)


def angular_resolution_by_offset(response: Response) -> Figure:
    """Draw the radius of containment in each ring of the field of view."""
    label = "containment (deg)"
    return _by_offset(response, "angular_resolution", "angular_resolution", label)


def energy_resolution_by_offset(response: Response) -> Figure:
    """Draw the width of reconstructed energies in each ring of the field of view."""
    label = "energy resolution"
    return _by_offset(response, "energy_resolution", "energy_resolution", label)


def roc_area(responses: Sequence[Response]) -> Figure:
    """Draw how well scores separate signal from background."""
    label = "area below the ROC curve"
    drawn = _compared(responses, "roc_area", "roc_area", label, log=False)
    drawn.axes[0].set_ylim(top=1.005)
    return drawn


def cuts(responses: Sequence[Response]) -> Figure:
    """Draw the cuts on score, theta and number of telescopes, one below the other."""
    numbered = list(_with("cuts", responses))
    shown = [response for _, response in numbered]
    wanted = [
        ("gh_cut", "least gh_score"),
        ("theta_cut", "largest theta (deg)"),
        ("multiplicity_cut", "least telescopes"),
    ]
    known = [
        each for each in wanted
        if any(_is_told(response.products["cuts"][each[0]]) for response in shown)
    ]  # fmt: skip
    drawn = style.figure(6.0, 1.0 + 2.1 * max(len(known), 1))
    panels = drawn.subplots(max(len(known), 1), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (name, label) in zip(panels, known, strict=False):
        for position, response in numbered:
            _steps(ax, response, name, position)
        style.plain(ax)
        ax.set_ylabel(label)
    _energies(panels[-1], [each.products["cuts"] for each in shown])
    if len(shown) > 1:
        panels[0].legend(fontsize=8)
    return drawn


def _is_told(values: pl.Series) -> bool:
    """Whether there is a cut at all."""
    array = values.cast(pl.Float64).to_numpy()
    return bool((np.isfinite(array) & (array != 0)).any())


def _steps(ax: Axes, response: Response, name: str, position: int) -> None:
    rows = response.products["cuts"]
    energy = energy_of(rows)
    edges = np.append(rows[f"{energy}_low"].to_numpy(), rows[f"{energy}_high"][-1])
    values = rows[name].cast(pl.Float64).to_numpy()
    color, _ = style.in_series(position)
    heights = np.where(np.isfinite(values), values, np.nan)
    ax.stairs(heights, edges, baseline=None, color=color, linewidth=1.8,
              label=response.name)  # fmt: skip
    outside = np.where(rows["is_valid"].to_numpy(), np.nan, heights)
    ax.stairs(
        outside, edges, baseline=None, color="white", linewidth=1.0, linestyle=":"
    )


def _compared(
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
    for position, response in _with(product, responses):
        rows = innermost(response.products[product])
        if response.is_reference:
            tables.append(line(ax, rows, value, response.name))
        else:
            tables.append(points(ax, rows, value, position, response.name))
    _finish(ax, tables, value, label, log=log)
    if len(tables) > 1:
        ax.legend(fontsize=8)
    return drawn


def _with(
    product: str, responses: Sequence[Response]
) -> Iterator[tuple[int, Response]]:
    """Give those that have a product, with a number that each has in all pictures."""
    for position, response in enumerate(responses):
        if product in response.products:
            yield position, response


def _by_offset(response: Response, product: str, value: str, label: str) -> Figure:
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
        tables.append(points(ax, ring, value, position, name, color=color))
        ax.lines[-1].set(linestyle="-", linewidth=0.8)
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
) -> pl.DataFrame:
    """Draw a value in bins of energy as points with their errors.

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
    is_there &= _is_counted(rows)
    own, marker = style.in_series(position)
    ax.errorbar(
        centre[is_there],
        values[is_there],
        yerr=np.nan_to_num(errors[is_there], posinf=0.0),
        xerr=[(centre - low)[is_there], (high - centre)[is_there]],
        color=color or own, marker=marker, markersize=4.5, linestyle="none",
        elinewidth=1.1, label=name,
    )  # fmt: skip
    return rows.filter(is_there)


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


def _is_counted(rows: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where there are events; a value without any is none."""
    for name in ("n_events", "n_selected", "n_signal"):
        if name in rows.columns:
            counted: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
                rows[name].to_numpy() > 0
            )
            return counted
    return np.ones(rows.height, np.bool_)


def _finish(
    ax: Axes, tables: Sequence[pl.DataFrame], value: str, label: str, *, log: bool
) -> None:
    style.plain(ax)
    _energies(ax, tables)
    ax.set_ylabel(label)
    if not log:
        return
    # Errors that reach to 0 would take all of a logarithmic axis.
    values = np.concatenate([np.zeros(0), *(rows[value].to_numpy() for rows in tables)])
    values = values[values > 0]
    ax.set_yscale("log", nonpositive="clip")
    if values.size:
        ax.set_ylim(0.3 * values.min(), 3.0 * values.max())


def _energies(ax: Axes, tables: Sequence[pl.DataFrame]) -> None:
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


def _first(responses: Sequence[Response], product: str) -> pl.DataFrame:
    return next(
        each.products[product] for each in responses if product in each.products
    )
