"""Figures of merit of two sets of predictions of the same events, by energy."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cta_columnar.stages.training.performance import (
    Metric,
    direction_metrics,
    energy_metrics,
    roc_auc,
)
from cta_columnar.stages.training.targets import separation

F8 = NDArray[np.float64]
EDGES = 10.0 ** (np.arange(-4, 6) / 3)
FEWEST = 100
RESAMPLES = 200
# Who predicts: its columns of energy, score, altitude and azimuth.
OURS = ("reco_energy", "gh_score", "disp_alt", "disp_az")
PEER = ("energy_energy", "particle_prediction", "disp_alt_right", "disp_az_right")
TITLES = {
    "bias": "energy bias",
    "resolution": "energy resolution",
    "angular_resolution": "angular resolution, 68 %, deg",
    "roc_auc": "ROC AUC",
}
# What is told of which events; the first kind is the signal.
TABLES = (
    *((name, (kind,)) for kind in ("gamma", "point") for name in list(TITLES)[:3]),
    *(("roc_auc", ("gamma", kind)) for kind in ("proton", "electron")),
)
KINDS = {
    "gamma": "diffuse gammas",
    "point": "gammas of a point source",
    "proton": "protons",
    "electron": "electrons",
}
Table = list[tuple[float, ...]]


def compare(ours: pl.DataFrame, theirs: pl.DataFrame, folder: Path) -> str:
    """Return tables as Markdown, and draw them into ``learning.png`` in a folder."""
    both = ours.join(theirs, on=["obs_id", "event_id"], how="inner", suffix="_right")
    both = both.filter(pl.all_horizontal(pl.col(n).is_finite() for n in (*OURS, *PEER)))
    counts = ", ".join(
        f"{both.filter(kind=kind).height:,} {title}" for kind, title in KINDS.items()
    )
    tables = {}
    for name, kinds in TABLES:
        rows = both.filter(pl.col("kind").is_in(kinds))
        tables[name, kinds] = _table(name, rows)
    _draw(tables, folder / "learning.png")
    return "\n\n".join([f"Events with all predictions: {counts}.", *_texts(tables)])


def _table(name: str, rows: pl.DataFrame) -> Table:
    energy = rows["reco_energy" if name == "roc_auc" else "true_energy"].to_numpy()
    figures = [_figure(name, rows, columns) for columns in (OURS, PEER)]
    found = []
    for low, high in pairwise(EDGES):
        inside = (energy >= low) & (energy < high)
        if all(n >= FEWEST for n in _counts(name, rows, inside)):
            found.append((low, high, *_paired(figures, np.flatnonzero(inside))))
    return found


def _figure(
    name: str, rows: pl.DataFrame, columns: Sequence[str]
) -> Callable[..., float]:
    energy, score, alt, az = (rows[each].to_numpy() for each in columns)
    truth = [rows[f"true_{each}"].to_numpy() for each in ("energy", "alt", "az")]
    if name == "roc_auc":
        is_gamma = rows["true_shower_primary_id"].to_numpy() == 0
        return lambda chosen: roc_auc(score[chosen], is_gamma[chosen])
    metrics: list[Metric] = [
        *energy_metrics(energy, truth[0]),
        *direction_metrics(separation(alt, az, *truth[1:])),
    ]
    return next(each.figure for each in metrics if each.name == name)


def _counts(name: str, rows: pl.DataFrame, inside: NDArray[np.bool_]) -> list[int]:
    if name != "roc_auc":
        return [int(np.count_nonzero(inside))]
    is_gamma = rows["true_shower_primary_id"].to_numpy() == 0
    return [int(np.count_nonzero(inside & kind)) for kind in (is_gamma, ~is_gamma)]


def _paired(figures: Sequence[Callable[..., float]], rows: NDArray[np.int64]) -> F8:
    """Events, both figures, their errors, and difference with its error.

    Errors by resampling events, the same ones for both: they share the events, so most
    of the scatter of a figure is not in the difference.
    """
    rng = np.random.default_rng(1)
    draws = [rng.choice(rows, rows.size) for _ in range(RESAMPLES)]
    values = np.array([[figure(each) for figure in figures] for each in draws])
    best = np.array([figure(rows) for figure in figures])
    error = values.std(axis=0)
    difference = (values[:, 0] - values[:, 1]).std()
    return np.array([rows.size, *best, *error, best[0] - best[1], difference])


def _texts(tables: Mapping[tuple[str, tuple[str, ...]], Table]) -> list[str]:
    found = []
    for (name, kinds), rows in tables.items():
        of_what = " and ".join(KINDS[kind] for kind in kinds)
        lines = [
            f"**{TITLES[name]}**, {of_what}\n",
            "| energy, TeV | events | ours | ctapipe | ours - ctapipe |",
            "|---|---|---|---|---|",
        ]
        for low, high, n, a, b, a_error, b_error, gap, gap_error in rows:
            lines.append(
                f"| {low:.3g} to {high:.3g} | {n:,.0f} | {a:.4f} ± {a_error:.4f} | "
                f"{b:.4f} ± {b_error:.4f} | {gap:+.4f} ± {gap_error:.4f} |"
            )
        found.append("\n".join(lines))
    return found


def _draw(tables: Mapping[tuple[str, tuple[str, ...]], Table], path: Path) -> None:
    plt = import_module("matplotlib.pyplot")
    figure, axes = plt.subplots(2, 4, figsize=(17, 7), layout="constrained")
    places = [*axes[0, :3], *axes[1, :3], axes[0, 3], axes[1, 3]]
    for axis, ((name, kinds), rows) in zip(places, tables.items(), strict=True):
        low, high, _, *values = np.array(rows).T
        centre = np.sqrt(low * high)
        for label, value, error, shift in (
            ("ctapipe 0.32", values[1], values[3], 1.03),
            ("cta_columnar", values[0], values[2], 0.97),
        ):
            axis.errorbar(centre * shift, value, error, fmt="o", ms=4, label=label)
        axis.set_xscale("log")
        kind = "reconstructed" if name == "roc_auc" else "true"
        axis.set_xlabel(f"{kind} energy / TeV")
        axis.set_title(" and ".join(KINDS[each] for each in kinds), fontsize=10)
        axis.set_ylabel(TITLES[name])
        axis.grid(alpha=0.3)
    places[0].legend()
    figure.savefig(path, dpi=90)
    plt.close(figure)
