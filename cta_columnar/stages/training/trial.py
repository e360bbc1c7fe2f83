"""Fits to a few made-up rows, which find wrong arguments before any work is done.

Some arguments of scikit-learn go together with others, with the target or with the
number of features alone, and only `fit` says so.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cta_columnar.array_types import AnyArray
from cta_columnar.config import TrainConfig
from cta_columnar.config.choice import Selection
from cta_columnar.errors import UserError
from cta_columnar.stages.training.catalogue import (
    BOOSTING,
    FOREST,
    HISTOGRAM,
    kind_of,
)
from cta_columnar.stages.training.fitting import fit
from cta_columnar.stages.training.plan import Lesson, Plan, estimator_of
from cta_columnar.stages.training.tasks_of_images import SIGNS

_ROWS = 40
"""Made-up rows, of each class."""

_BRIEF: Mapping[str, dict[str, Any]] = {
    FOREST: {"n_estimators": 2},
    BOOSTING: {"n_estimators": 2},
    HISTOGRAM: {"max_iter": 2},
}
# Of numbers of rows: fewer than there are here.
_OF_ROWS = {"max_samples": _ROWS // 2, "validation_fraction": _ROWS // 4}


def try_estimators(config: TrainConfig, plan: Plan) -> None:
    """Fit each estimator of a plan to made-up rows of its width and its target.

    Raises
    ------
    UserError
        With the key, the telescope type, and what scikit-learn says.
    """
    done = set()
    for lesson in plan.lessons:
        choice = estimator_of(config, lesson.task).resolve(lesson.tel_type, -1)
        why = _too_many(choice, lesson, config.folds)
        # Types of one choice have the same trial.
        if not why and (trial := (lesson.task, repr(choice))) not in done:
            done.add(trial)
            why = _why_not(config, plan, lesson, choice)
        if why:
            key = f"{lesson.section}.{'sign_' * (lesson.task == 'disp_sign')}estimator"
            raise UserError(f"{key}: of {lesson.tel_type}: {why}")


def _too_many(choice: Selection, lesson: Lesson, n_folds: int) -> str:
    """Say which argument wants more rows than a fit has; empty if none does."""
    # Without the largest of the folds there are fewer still.
    most = lesson.n_rows * (n_folds - 1) // n_folds
    for name in _OF_ROWS:
        if type(n := choice.options.get(name)) is int and n > most:
            return f"{choice.name}: {name} {n:,}, and a fit has at most {most:,} rows"
    return ""


def _why_not(config: TrainConfig, plan: Plan, lesson: Lesson, choice: Selection) -> str:
    """Say why an estimator cannot be fitted to its target; empty if it can."""
    own = config.sections[lesson.section]
    classes = {"particle": plan.classes, "disp_sign": SIGNS}.get(lesson.task, ())
    sizes = len(own.features), len(classes)
    is_log = not classes and bool(getattr(own, "log_target", False))
    why = _refused(choice, *sizes, is_log)
    if is_log and why and not _refused(choice, *sizes, is_log=False):
        why = f"{why}; that is so for logarithms: set log_target to false"
    return why


def _refused(choice: Selection, n_features: int, n_classes: int, is_log: bool) -> str:
    """Say why an estimator cannot be fitted to made-up rows; empty if it can."""
    rng = np.random.default_rng(0)
    n_rows = _ROWS * max(n_classes, 1)
    x = rng.normal(size=(n_rows, n_features))
    # All targets are positive, and may be more or less than 1.
    exponent = rng.uniform(-2, 2, n_rows)
    y: AnyArray = exponent if is_log else 10**exponent
    if n_classes:
        y = np.arange(n_rows) % n_classes
    classes = [str(number) for number in range(n_classes)]
    try:
        fit(choice.name, _quick(choice), x, y, classes=classes)
    except UserError as error:
        return str(error)
    return ""


def _quick(choice: Selection) -> dict[str, Any]:
    """Return arguments with which a fit takes a moment, and has enough rows."""
    fewer = {
        key: min(choice.options[key], most)
        for key, most in _OF_ROWS.items()
        if type(choice.options.get(key)) is int
    }
    return dict(choice.options) | fewer | _BRIEF.get(kind_of(choice.name).family, {})
