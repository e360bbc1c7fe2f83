"""Cuts against energy, each kind in a panel."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cta_columnar.display import style
from cta_columnar.display.irf_contents import Response, energy_of
from cta_columnar.display.irf_curve_drawing import having, label_energies


def cuts(responses: Sequence[Response]) -> Figure:
    """Draw the cuts on score, theta and number of telescopes, one below the other."""
    numbered = list(having("cuts", responses))
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
    label_energies(panels[-1], [each.products["cuts"] for each in shown])
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
