"""How good predictions are, in bins of energy.

Each figure is of predictions by models that had not seen the event. Its uncertainty is
the scatter of the folds, divided by the root of their number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.schemas import training

BINS_PER_DECADE = 5
FEWEST_ROWS = 10
"""Bins with fewer predictions have no figure, nor have folds for the uncertainty."""

Figure = Callable[[Mask | slice], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of merit.

    Attributes
    ----------
    name : str
        Its name.
    unit : str
        Its unit.
    figure : callable
        Gives it for some of the rows.
    """

    name: str
    unit: str
    figure: Figure


def energy_metrics(energy: F8, true_energy: F8) -> list[Metric]:
    """Bias (median) and resolution of an energy.

    The resolution is half the distance of the quantiles at 15.87 and 84.13 %, as in
    pyirf (pyirf/benchmarks/energy_bias_resolution.py).
    """
    off = energy / true_energy - 1

    def resolution(rows: Mask | slice) -> float:
        low, high = np.quantile(off[rows], [0.1587, 0.8413])
        return float(high - low) / 2

    return [
        Metric("bias", "", lambda rows: float(np.median(off[rows]))),
        Metric("resolution", "", resolution),
    ]


def direction_metrics(error: F8, name: str = "angular_resolution") -> list[Metric]:
    """Angle that holds 68 % of the directions, deg."""
    return [_containment(error, name, "deg")]


def sign_metrics(predicted: F8, true: F8) -> list[Metric]:
    """Share of images whose side is right."""
    right = np.sign(predicted) == np.sign(true)
    return [Metric("sign_accuracy", "", lambda rows: float(np.mean(right[rows])))]


def class_metrics(
    score: F8, label: I8, signal: int, names: Sequence[str]
) -> list[Metric]:
    """Area under the ROC curve of the signal against all others, and each of them."""
    there = [c for c in range(len(names)) if c != signal and (label == c).any()]
    pairs = {"roc_auc": there}
    if len(there) > 1:
        pairs |= {f"roc_auc_{names[c]}": [c] for c in there}

    def area(others: Sequence[int]) -> Figure:
        def figure(rows: Mask | slice) -> float:
            is_one = np.isin(label[rows], [signal, *others])
            return roc_auc(score[rows][is_one], label[rows][is_one] == signal)

        return figure

    return [Metric(name, "", area(others)) for name, others in pairs.items()]


def error_metrics(
    error: F8, predicted: F8, number: AnyArray, unit: str
) -> list[Metric]:
    """Rank correlation of predicted errors with true ones; containment by class."""
    found = [
        Metric(
            "rank_correlation", "", lambda rows: _ranked(error[rows], predicted[rows])
        )
    ]
    for each in np.unique(number[number >= 0]).tolist():
        of_class = np.where(number == each, error, np.nan)
        found.append(_containment(of_class, f"containment_68_class_{each}", unit))
    return found


def roc_auc(score: F8, is_signal: Mask) -> float:
    """Area under the ROC curve: how often a signal has the higher score; ties half.

    NaN without rows of both kinds.
    """
    n_signal = np.count_nonzero(is_signal)
    n_other = is_signal.size - n_signal
    if not n_signal or not n_other:
        return float("nan")
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    # Mean rank of those that share a score, counted from 1.
    rank = np.cumsum(counts) - (counts - 1) / 2
    sums = rank[place][is_signal].sum()
    return float((sums - n_signal * (n_signal + 1) / 2) / (n_signal * n_other))


def _containment(error: F8, name: str, unit: str) -> Metric:
    def figure(rows: Mask | slice) -> float:
        inside = error[rows][np.isfinite(error[rows])]
        return (
            float(np.quantile(inside, 0.68)) if inside.size >= FEWEST_ROWS else np.nan
        )

    return Metric(name, unit, figure)


def _ranked(a: F8, b: F8) -> float:
    """Correlation of ranks (Spearman's, but for ties); NaN if all values are equal."""
    first, second = (
        np.unique(each, return_inverse=True)[1].astype(np.float64) for each in (a, b)
    )
    if not first.any() or not second.any():
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def performance(
    task: str,
    tel_type: str,
    metrics: Sequence[Metric],
    energy: F8,
    fold: I8,
    kind: str = "true",
) -> pa.Table:
    """Evaluate figures in bins of energy, and for all energies together.

    Parameters
    ----------
    task, tel_type : str
        What is predicted, of what.
    metrics : sequence of Metric
        Figures, of the same rows.
    energy : float64[r]
        Energy that makes the bins, TeV.
    fold : int64[r]
        Fold of each row.
    kind : str
        ``true`` or ``reconstructed``.

    Returns
    -------
    pyarrow.Table
        `schemas.training.CROSS_VALIDATION`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.floor(np.log10(energy) * BINS_PER_DECADE)
    bins = np.unique(place[np.isfinite(place)])
    groups: list[tuple[float, float, Mask]] = [
        (0.0, float("inf"), np.ones(energy.size, bool))
    ]
    for each in bins.tolist():
        low, high = 10 ** (each / BINS_PER_DECADE), 10 ** ((each + 1) / BINS_PER_DECADE)
        groups.append((low, high, place == each))
    rows = [
        {
            "task": task,
            "tel_type": tel_type,
            "metric": metric.name,
            "unit": metric.unit,
            "energy": kind,
            "energy_low": low,
            "energy_high": high,
            "n_rows": int(np.count_nonzero(inside)),
            **_value(metric.figure, inside, fold),
        }
        for metric in metrics
        for low, high, inside in groups
    ]
    return pa.Table.from_pylist(rows, schema=training.CROSS_VALIDATION)


def _value(figure: Figure, inside: Mask, fold: I8) -> Mapping[str, float]:
    """Return a figure, and its uncertainty by the scatter of the folds."""
    nothing = {"value": float("nan"), "value_uncert": float("nan")}
    if np.count_nonzero(inside) < FEWEST_ROWS:
        return nothing
    folds = [inside & (fold == each) for each in np.unique(fold[inside])]
    values = np.array(
        [figure(rows) for rows in folds if np.count_nonzero(rows) >= FEWEST_ROWS]
    )
    values = values[np.isfinite(values)]
    uncert = float("nan")
    if values.size > 1:
        uncert = float(values.std(ddof=1) / np.sqrt(values.size))
    return {"value": figure(inside), "value_uncert": uncert}
