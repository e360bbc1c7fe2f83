"""Which estimators there are, and which of their arguments a configuration may give."""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cta_columnar.errors import UserError, did_you_mean

FOREST, BOOSTING, HISTOGRAM, LINEAR = "forest", "boosting", "histogram", "linear"

# What the training decides, with what to do instead.
_OURS = {
    "random_state": "the seed of the training decides",
    "n_jobs": "the workers of the run decide",
    "verbose": "the run reports by itself",
    "warm_start": "every model is fitted once",
    "oob_score": "ask for cross-validation",
    "copy_X": "features are never changed",
    "categorical_features": "features are numbers; make one of each category by an "
    "expression",
}
_WEIGHTS = (None, "balanced", "balanced_subsample")


@dataclass(frozen=True, slots=True)
class EstimatorKind:
    """An estimator that can be exported.

    Attributes
    ----------
    module : str
        Where scikit-learn has it.
    family : str
        How it is exported.
    classifies : bool
        Whether it predicts probabilities of classes.
    choices : mapping of str to tuple
        Arguments of which only these values can be exported.
    links : mapping of str to str
        Link of each ``loss``; those not named are not exported.
    """

    module: str
    family: str
    classifies: bool
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


def _linear(link: str = "identity", **choices: tuple[Any, ...]) -> EstimatorKind:
    module = "sklearn.linear_model"
    return EstimatorKind(module, LINEAR, False, choices, {"": link})


def _trees(
    family: str,
    *losses: str,
    classifies: bool = False,
    links: Mapping[str, str] | None = None,
    **choices: tuple[Any, ...],
) -> EstimatorKind:
    links = dict.fromkeys(losses, "identity") | dict(links or {})
    if links:
        choices["loss"] = tuple(links)
    return EstimatorKind("sklearn.ensemble", family, classifies, choices, links)


# A link "classes" is logistic for two classes and softmax for more.
ESTIMATORS: Mapping[str, EstimatorKind] = MappingProxyType(
    {
        "RandomForestRegressor": _trees(FOREST),
        "RandomForestClassifier": _trees(
            FOREST, classifies=True, class_weight=_WEIGHTS
        ),
        "ExtraTreesRegressor": _trees(FOREST),
        "ExtraTreesClassifier": _trees(FOREST, classifies=True, class_weight=_WEIGHTS),
        "GradientBoostingRegressor": _trees(
            BOOSTING,
            *("squared_error", "absolute_error", "huber", "quantile"),
            init=(None, "zero"),
        ),
        "GradientBoostingClassifier": _trees(
            BOOSTING,
            classifies=True,
            links={"log_loss": "classes", "exponential": "classes"},
            init=(None, "zero"),
        ),
        "HistGradientBoostingRegressor": _trees(
            HISTOGRAM,
            *("squared_error", "absolute_error", "quantile"),
            links={"poisson": "exp", "gamma": "exp"},
        ),
        "HistGradientBoostingClassifier": _trees(
            HISTOGRAM,
            classifies=True,
            links={"log_loss": "classes"},
            class_weight=_WEIGHTS[:2],
        ),
        "LinearRegression": _linear(),
        "Ridge": _linear(),
        "Lasso": _linear(),
        "ElasticNet": _linear(),
        "PoissonRegressor": _linear("exp"),
        "GammaRegressor": _linear("exp"),
        "LogisticRegression": EstimatorKind(
            "sklearn.linear_model",
            LINEAR,
            True,
            # liblinear makes one model for each class against all others.
            {
                "solver": ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"),
                "class_weight": _WEIGHTS[:2],
            },
            {"": "classes"},
        ),
    }
)
"""Estimators by name. Linear ones do not scale their features: expressions may."""


def kind_of(name: str) -> EstimatorKind:
    """Look up an estimator.

    Raises
    ------
    UserError
        If it cannot be exported; names those that can.
    """
    if name not in ESTIMATORS:
        hint = did_you_mean(name, ESTIMATORS)
        raise UserError(f"estimator {name!r} cannot be exported to a model; {hint}")
    return ESTIMATORS[name]


def is_classifier(name: str) -> bool:
    """Whether an estimator predicts probabilities of classes.

    Raises
    ------
    UserError
        If it is unknown.
    """
    return kind_of(name).classifies


def check_estimator(name: str, arguments: Mapping[str, Any]) -> None:
    """Refuse what cannot be trained or exported, before any work is done.

    Parameters
    ----------
    name : str
        Class of scikit-learn.
    arguments : mapping
        Its keyword arguments.

    Raises
    ------
    UserError
        If the estimator or an argument is unknown, or a value is not allowed.
    """
    make(name, arguments, seed=0, n_jobs=1)


def make(
    name: str,
    arguments: Mapping[str, Any],
    *,
    seed: int,
    n_jobs: int,
) -> Any:  # noqa: ANN401 - a class of a library without types
    """Create an estimator that is not fitted yet.

    Raises
    ------
    UserError
        See `check_estimator`.
    """
    kind = kind_of(name)
    cls = getattr(importlib.import_module(kind.module), name)
    parameters = inspect.signature(cls).parameters
    allowed = [each for each in parameters if each not in _OURS]
    for key, value in arguments.items():
        if key in _OURS:
            raise UserError(f"{name}: {key} cannot be given: {_OURS[key]}")
        if key not in allowed:
            hint = did_you_mean(key, allowed)
            raise UserError(f"{name} has no argument {key!r}; {hint}")
        choices = kind.choices.get(key)
        if choices is not None and value not in choices:
            listed = ", ".join("null" if each is None else each for each in choices)
            raise UserError(f"{name}: {key} may be {listed}, got {value!r}")
    ours = {"random_state": seed}
    if kind.family == FOREST:
        # Elsewhere it has no effect, or is going to go.
        ours["n_jobs"] = n_jobs
    if kind.family == HISTOGRAM:
        # By default it would hold out images of the showers that it is fitted to.
        arguments = {"early_stopping": False, **arguments}
    estimator = cls(
        **dict(arguments), **{key: ours[key] for key in ours if key in parameters}
    )
    try:
        # What `fit` itself asks first, and the only way to ask it without data.
        estimator._validate_params()
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}: {error}") from error
    return estimator
