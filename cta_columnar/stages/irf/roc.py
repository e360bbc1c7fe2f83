"""How well scores tell signal from background: receiver operating characteristics."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.kernels.histograms import bin_numbers
from cta_columnar.stages.irf.axes import Axis, linear_axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.given import given_floats
from cta_columnar.stages.irf.grouping import rows_by_bin


@dataclass(frozen=True, eq=False)
class _Scores:
    """Scores of one kind of events in one bin, ascending, and sums of their weights."""

    scores: F8
    below: F8  # [n + 1], sum of weights of the scores before each
    n_effective: float  # as many events without weights would scatter as much

    @property
    def total(self) -> float:
        return float(self.below[-1])


def roc(
    signal: Mapping[str, AnyArray],
    background: Mapping[str, AnyArray],
    axis: Axis,
    n_points: int = 100,
) -> tuple[Component, Component]:
    """Efficiencies of cuts on the score, and the area below their curve.

    Parameters
    ----------
    signal, background : mapping of str to array[n]
        The column of the axis, ``gh_score`` (NaN does not count) and, if wanted,
        ``weight``.
    axis : Axis
        Bins of energy, or of anything else.
    n_points : int
        Points of the curve, at equal steps of the efficiency for the signal.

    Returns
    -------
    curve : Component
        ``roc``, with an axis ``signal_efficiency``: what is told holds at the upper
        edge of a bin. NaN where there is no signal or no background.
    area : Component
        ``roc_area``: the chance that a signal event has the higher score, half of it if
        they are equal. Its error is that of Hanley & McNeil, Radiology 143 (1982) 29.
    """
    steps = linear_axis("signal_efficiency", "", 0, 1, n_points)
    shape = (axis.n_bins, n_points)
    threshold, passed, error = (np.full(shape, np.nan) for _ in range(3))
    area, area_error = np.full(axis.n_bins, np.nan), np.full(axis.n_bins, np.nan)
    pairs = zip(_in_bins(signal, axis), _in_bins(background, axis), strict=True)
    counts = np.zeros((2, axis.n_bins), np.int64)
    for i, (gammas, others) in enumerate(pairs):
        counts[:, i] = gammas.scores.size, others.scores.size
        if not gammas.total > 0 or not others.total > 0:
            continue
        threshold[i] = _thresholds(gammas, steps.high)
        above = 1 - _below(others, threshold[i], "left") / others.total
        passed[i] = above
        error[i] = np.sqrt(np.maximum(above * (1 - above), 0) / others.n_effective)
        area[i], area_error[i] = _area(gammas, others)
    curve = {
        "gh_threshold": threshold,
        "background_efficiency": passed,
        "background_efficiency_uncert": error,
    }
    whole = {
        "roc_area": area,
        "roc_area_uncert": area_error,
        "n_signal": counts[0],
        "n_background": counts[1],
    }
    return Component("roc", (axis, steps), curve), Component("roc_area", (axis,), whole)


def _in_bins(columns: Mapping[str, AnyArray], axis: Axis) -> list[_Scores]:
    scores = given_floats(columns, "gh_score", "ROC curves")
    weights = np.asarray(columns.get("weight", np.ones(scores.size)), np.float64)
    bins = bin_numbers(given_floats(columns, axis.name, "ROC curves"), axis.array)
    bins[np.isnan(scores)] = -1
    samples = []
    for rows in rows_by_bin(bins, axis.n_bins):
        # Equal scores by their weight, so that the order of events does not matter.
        order = rows[np.lexsort((weights[rows], scores[rows]))]
        of_bin = weights[order]
        below = np.concatenate([[0.0], np.cumsum(of_bin)])
        squares = math.fsum(of_bin**2)
        n_effective = below[-1] ** 2 / squares if squares > 0 else 0.0
        samples.append(_Scores(scores[order], below, float(n_effective)))
    return samples


def _below(sample: _Scores, score: F8, side: Literal["left", "right"]) -> F8:
    """Weight of the scores below some score; of equal ones too with ``right``."""
    rows = np.searchsorted(sample.scores, score, side)
    below: F8 = sample.below[rows]
    return below


def _thresholds(sample: _Scores, efficiency: F8) -> F8:
    """Return the highest scores above which there is a share of the weight at least."""
    wanted = sample.total * (1 - efficiency)
    # A hair above, for sums of weights that are what is wanted but for rounding.
    rows = np.searchsorted(sample.below, wanted * (1 + 1e-12), side="right") - 1
    return sample.scores[np.clip(rows, 0, sample.scores.size - 1)]


def _area(signal: _Scores, background: _Scores) -> tuple[float, float]:
    below = _below(background, signal.scores, "left")
    not_above = _below(background, signal.scores, "right")
    chances = (below + not_above) / 2 / background.total
    area = float(np.diff(signal.below) @ chances) / signal.total
    # Chances that two of a kind are both on the right side of one of the other.
    two_signal, two_background = area / (2 - area), 2 * area**2 / (1 + area)
    n, m = signal.n_effective, background.n_effective
    variance = area * (1 - area)
    variance += max(n - 1, 0) * (two_signal - area**2)
    variance += max(m - 1, 0) * (two_background - area**2)
    return area, math.sqrt(max(variance, 0.0) / (n * m))
