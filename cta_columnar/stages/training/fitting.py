"""Fit an estimator to arrays, and take the arrays of the model out of it."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.models import EstimatorRecord, Forest, Linear
from cta_columnar.stages.training.catalogue import is_classifier, make
from cta_columnar.stages.training.export import accepts_nan, export

_PROBED_ROWS = 1000


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted estimator, and the model that is in it.

    Attributes
    ----------
    body : Forest or Linear
        Gives the raw outputs.
    link : str
        From these to predictions.
    accepts_nan : bool
        Whether it was trained on NaN, and so learned what to do with one.
    record : EstimatorRecord
        How it was fitted.
    estimator : object
        The estimator of scikit-learn, for its importances; never written to a file.
    warnings : tuple of str
        What scikit-learn had to say, as that it did not converge.
    """

    body: Forest | Linear
    link: Any  # one of `models.LINKS`
    accepts_nan: bool
    record: EstimatorRecord
    estimator: Any
    warnings: tuple[str, ...]


def fit(
    name: str,
    arguments: Mapping[str, Any],
    x: F8,
    y: AnyArray,
    *,
    weight: F8 | None = None,
    classes: Sequence[str] = (),
    seed: int = 0,
    n_jobs: int = 1,
) -> Fitted:
    """Fit an estimator; the same arguments and seed give the same model.

    Parameters
    ----------
    name : str
        Class of scikit-learn, one of `ESTIMATORS`.
    arguments : mapping
        Its keyword arguments.
    x : float64[r, f]
        Features. NaN is for estimators that know what to do with it.
    y : float64[r] or int[r]
        Target; for a classifier the number of the class.
    weight : float64[r], optional
        Weights of the rows.
    classes : sequence of str
        Names of the classes, for a classifier.
    seed : int
        Of all random numbers.
    n_jobs : int
        Threads. The model does not depend on it, but for rounding in histogram
        boosting.

    Raises
    ------
    UserError
        If the estimator cannot be exported, its arguments do not go together, or these
        are no data to train on.
    NotExportedError
        If the model does not predict what the estimator predicts.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with sklearn

    estimator = make(name, arguments, seed=seed, n_jobs=n_jobs)
    has_nan = _check_rows(name, x, y, weight, allows_nan=accepts_nan(estimator))
    if is_classifier(name):
        y = _checked_classes(name, y, weight, classes)
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(n_jobs):
        warnings.simplefilter("always")
        try:
            estimator.fit(x, y, sample_weight=weight)
        except (TypeError, ValueError) as error:
            raise UserError(f"{name}: {error}") from error
        body, link = export(name, estimator, x[:_PROBED_ROWS])
    said = tuple(dict.fromkeys(str(each.message) for each in caught))
    version = f"scikit-learn {metadata.version('scikit-learn')}"
    record = EstimatorRecord(name, dict(arguments), seed, version)
    return Fitted(body, link, has_nan, record, estimator, said)


def _check_rows(
    name: str, x: F8, y: AnyArray, weight: F8 | None, *, allows_nan: bool
) -> bool:
    """Refuse what nothing can be trained on; tell whether a feature is NaN."""
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise ValueError(f"wants x[r, f] and y[r], got {x.shape} and {y.shape}")
    if not len(x):
        raise UserError(f"{name}: there is no row to train on")
    n_nan = int(np.count_nonzero(np.isnan(x).any(axis=1)))
    if n_nan and not allows_nan:
        raise UserError(f"{name} takes no NaN, which {n_nan} of {len(x)} rows have")
    if np.isinf(x).any() or not np.isfinite(y).all():
        raise UserError(f"{name}: a feature or target is infinite, or a target NaN")
    if weight is None:
        return n_nan > 0
    if weight.shape != y.shape:
        raise ValueError(f"weight {weight.shape} is not of the shape of y {y.shape}")
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise UserError(f"{name}: weights must be finite, not negative, not all 0")
    return n_nan > 0


def _checked_classes(
    name: str, y: AnyArray, weight: F8 | None, classes: Sequence[str]
) -> I8:
    """int64[r]: classes, of which there are several, and rows of each."""
    if len(classes) < 2:
        raise UserError(f"{name} wants two classes or more, got {list(classes)}")
    number = y.astype(np.int64)
    if not (number == y).all() or number.min() < 0 or number.max() >= len(classes):
        raise ValueError(f"y must be numbers of classes, 0 to {len(classes) - 1}")
    counted = number if weight is None else number[weight > 0]
    rows = np.bincount(counted, minlength=len(classes))
    if not rows.all():
        there = ", ".join(f"{c} {n}" for c, n in zip(classes, rows, strict=True))
        raise UserError(f"{name}: a class has no rows to train on ({there})")
    return number
