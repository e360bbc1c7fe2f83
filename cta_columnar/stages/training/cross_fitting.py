"""Models that predict what they have not seen: k-fold cross-fitting.

The showers are divided into folds. What is predicted for those of a fold comes of a
model that was trained on the others, so it is as good, or bad, as it will be for new
events. Later models read such predictions, as they will when models are applied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.models import LINKS
from cta_columnar.stages.training.catalogue import FOREST, kind_of
from cta_columnar.stages.training.fitting import Fitted, fit

PERMUTED_ROWS = 2000
"""Rows of a fold at most that importances are found with."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What a model is to learn.

    Attributes
    ----------
    estimator : str
        Class of scikit-learn.
    arguments : mapping
        Its arguments.
    x : float64[r, f]
        Features of all rows that are predicted, all finite.
    y : float64[r] or int64[r]
        Target, or number of the class; not looked at where a row does not train.
    trains : bool[r]
        Which rows it is trained on; the others are only predicted.
    weight : float64[r]
        Of the rows that train.
    fold : int64[r]
        Fold of each row.
    n_folds : int
        Folds.
    classes : tuple of str
        Names of the classes; none for a regressor.
    seed : int
        Of all random numbers.
    workers : int
        Threads for estimators whose result does not depend on them.
    """

    estimator: str
    arguments: Mapping[str, Any]
    x: F8
    y: AnyArray
    trains: Mask
    weight: F8
    fold: I8
    n_folds: int
    classes: tuple[str, ...] = ()
    seed: int = 0
    workers: int = 1

    def fitted(self, rows: Mask) -> Fitted:
        """Fit the estimator to some rows."""
        # Sums of other estimators depend on how many threads share them.
        is_forest = kind_of(self.estimator).family == FOREST
        return fit(
            self.estimator,
            self.arguments,
            self.x[rows],
            self.y[rows],
            weight=self.weight[rows],
            classes=self.classes,
            seed=self.seed,
            n_jobs=self.workers if is_forest else 1,
        )


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """What came of a problem.

    Attributes
    ----------
    fitted : Fitted
        Trained on all rows.
    predictions : float64[r, k]
        Of each row by the model of the other folds; NaN in a fold without a model.
    permutation : float64[n, f]
        Relative increase of the loss if a feature is shuffled, for each fold that has
        held out rows.
    """

    fitted: Fitted
    predictions: F8
    permutation: F8


def cross_fitted(problem: Problem, on_fit: Callable[[], None]) -> CrossFitted:
    """Fit a model of all folds, and one without each.

    Parameters
    ----------
    problem : Problem
        What to learn.
    on_fit : callable
        Called after each of the ``n_folds + 1`` fits.

    Raises
    ------
    UserError
        If there is nothing to train on, in a fold at least.
    """
    n_outputs = max(len(problem.classes), 1)
    predictions: F8 = np.full((len(problem.x), n_outputs), np.nan)
    permutation = []
    for number in range(problem.n_folds):
        held_out = problem.fold == number
        if held_out.any():
            fitted = problem.fitted(problem.trains & ~held_out)
            predictions[held_out] = answers(fitted, problem.x[held_out])
            probe = _probe(problem, number)
            if probe.size:
                permutation.append(_permutation(problem, fitted, probe, number))
            # Two forests at a time are the most memory that there would be.
            del fitted
        on_fit()
    final = problem.fitted(problem.trains)
    on_fit()
    n_features = problem.x.shape[1]
    return CrossFitted(
        final, predictions, np.array(permutation).reshape(-1, n_features)
    )


def answers(fitted: Fitted, x: F8) -> F8:
    """float64[r, k]: what a model says of rows x[r, f]."""
    predictions: F8 = LINKS[fitted.link](fitted.body.evaluate(x))
    return predictions


def _probe(problem: Problem, number: int) -> I8:
    """int64[n]: held out rows, at most `PERMUTED_ROWS`, to find importances with."""
    rows = np.flatnonzero(problem.trains & (problem.fold == number))
    rng = np.random.default_rng([problem.seed, number])
    if rows.size > PERMUTED_ROWS:
        rows = rng.choice(rows, PERMUTED_ROWS, replace=False)
    return rows


def _permutation(problem: Problem, fitted: Fitted, rows: I8, number: int) -> F8:
    """float64[f]: relative increase of the loss if a feature is shuffled."""
    x, y = problem.x[rows].copy(), problem.y[rows]
    before = _loss(answers(fitted, x), y)
    increase: F8 = np.zeros(x.shape[1])
    for feature in range(x.shape[1]):
        rng = np.random.default_rng([problem.seed, number, feature])
        column = x[:, feature].copy()
        x[:, feature] = rng.permutation(column)
        after = _loss(answers(fitted, x), y)
        increase[feature] = (after - before) / before if before > 0 else 0.0
        x[:, feature] = column
    return increase


def _loss(predictions: F8, y: AnyArray) -> float:
    """Mean squared error; of probabilities, the sum over classes (Brier's score)."""
    if predictions.shape[1] == 1:
        return float(np.mean((predictions[:, 0] - y) ** 2))
    truth = np.eye(predictions.shape[1])[y.astype(np.int64)]
    return float(np.mean(((predictions - truth) ** 2).sum(axis=1)))
