"""How much memory a training takes at most, known before it starts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cta_columnar.config import TrainConfig
from cta_columnar.models import ARRAY, NODE
from cta_columnar.stages.training.catalogue import (
    BOOSTING,
    FOREST,
    LINEAR,
    kind_of,
    make,
)
from cta_columnar.stages.training.plan import Counts, Lesson, Plan, estimator_of

PROGRAM = 350_000_000
"""The interpreter, its libraries, and what is read at a time, bytes; measured."""

PER_IMAGE = 500
"""Keys, truth and predictions of an image and its share of an event; measured."""

_PER_ROW = 60  # target, weight, fold, masks, and the order of rows in a tree
_NODE_OF_SCIKIT_LEARN = 64


def largest_training(plan: Plan, counts: Counts, config: TrainConfig) -> int:
    """Bytes that a training takes at most.

    Parameters
    ----------
    plan : Plan
        Which models.
    counts : mapping
        Rows of each class by telescope type, those of the sample.
    config : TrainConfig
        What to train.
    """
    n_images = sum(sum(each.values()) for each in counts.values())
    lessons = (_of_lesson(each, plan, counts, config) for each in plan.lessons)
    return PROGRAM + PER_IMAGE * n_images + max(lessons)


def _of_lesson(lesson: Lesson, plan: Plan, counts: Counts, config: TrainConfig) -> int:
    """Features, a copy of those that are trained on, and the model."""
    types = counts if lesson.tel_type == ARRAY else (lesson.tel_type,)
    n_rows = sum(sum(counts[each].values()) for each in types)
    choice = estimator_of(config, lesson.task).resolve(lesson.tel_type, -1)
    is_single = kind_of(choice.name).family in (FOREST, BOOSTING)
    n_features = len(config.sections[lesson.section].features)
    features = 2 * n_features * (4 if is_single else 8)
    n_outputs = {"particle": len(plan.classes), "disp_sign": 2}.get(lesson.task, 1)
    model = largest_model(choice.name, choice.options, n_rows, n_outputs)
    return n_rows * (features + _PER_ROW) + model


def largest_model(
    name: str, arguments: Mapping[str, Any], n_rows: int, n_outputs: int = 1
) -> int:
    """Bytes of an estimator and of the model made of it, if all its trees are full.

    Parameters
    ----------
    name : str
        Class of scikit-learn.
    arguments : mapping
        Its arguments.
    n_rows : int
        Rows it is trained on.
    n_outputs : int
        Classes; 1 for a regressor.
    """
    family = kind_of(name).family
    if family == LINEAR:
        return 0
    estimator = make(name, arguments, seed=0, n_jobs=1)
    smallest = estimator.min_samples_leaf
    leaves = n_rows / smallest if smallest >= 1 else 1 / smallest
    if estimator.max_depth is not None:
        leaves = min(leaves, 2.0**estimator.max_depth)
    if estimator.max_leaf_nodes is not None:
        leaves = min(leaves, estimator.max_leaf_nodes)
    if family == FOREST:
        n_trees, n_values = estimator.n_estimators, n_outputs
    else:
        # Of boosting each class has its trees, but of two that share them.
        rounds = estimator.n_estimators if family == BOOSTING else estimator.max_iter
        n_trees, n_values = rounds * (n_outputs if n_outputs > 2 else 1), 1
    # Ours are there twice for a moment, when its trees are joined.
    ours = 2 * (NODE.itemsize + 4 * n_values)
    node = _NODE_OF_SCIKIT_LEARN + 8 * n_values + ours
    return int(np.ceil(2 * leaves)) * int(n_trees) * node
