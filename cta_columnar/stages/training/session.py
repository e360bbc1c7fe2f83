"""One training: what all its lessons share, and how one of them is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.config import TrainConfig
from cta_columnar.errors import UserError
from cta_columnar.models import (
    ARRAY,
    Condition,
    Description,
    EventClasses,
    Feature,
    Model,
    Target,
    Use,
)
from cta_columnar.schemas import training
from cta_columnar.stages.features import input_units
from cta_columnar.stages.selection import Selection
from cta_columnar.stages.training.columns import section_features
from cta_columnar.stages.training.cross_fitting import (
    CrossFitted,
    Problem,
    cross_fitted,
)
from cta_columnar.stages.training.fitting import Fitted
from cta_columnar.stages.training.lesson_rows import (
    lesson_matrix,
    lesson_weights,
    record_of,
    scarce_classes,
    shortage,
)
from cta_columnar.stages.training.plan import Lesson, Plan, estimator_of, remedy
from cta_columnar.stages.training.reading import columns_of_models
from cta_columnar.stages.training.sample import Sample


@dataclass(eq=False)
class Results:
    """What a training gives, besides its models.

    Attributes
    ----------
    importance, performance, cut_flow : list of pyarrow.Table
        Of all models.
    classes : dict of str to EventClasses
        Classes of events by task.
    warnings : list of str
        What was skipped, and what scikit-learn had to say.
    """

    importance: list[pa.Table] = field(default_factory=list)
    performance: list[pa.Table] = field(default_factory=list)
    cut_flow: list[pa.Table] = field(default_factory=list)
    classes: dict[str, EventClasses] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Goal:
    """What a model is to predict.

    Attributes
    ----------
    y : float64[r] or int64[r]
        In the unit of the target, or number of the class.
    trains : bool[r]
        Which rows it is trained on, if y is a number there.
    target : Target
        What y is.
    classes : tuple of str
        Names of the classes, for a classifier.
    use : Use
        How predictions become columns.
    fewest : int
        Rows that are wanted, if these are more than ``min_rows``.
    """

    y: AnyArray
    trains: Mask
    target: Target
    classes: tuple[str, ...] = ()
    use: Use = field(default_factory=Use)
    fewest: int = 0

    def taught(self, trains: Mask) -> AnyArray:
        """Return what the estimator is told: y[r], NaN where it is not trained."""
        if self.classes:
            return self.y
        taught: F8 = np.full(self.y.shape, np.nan)
        taught[trains] = self.target.forward(self.y[trains])
        return taught

    def answer(self, predictions: F8, usable: Mask) -> F8:
        """float64[r, k]: predictions of usable rows in the unit of the target."""
        answer: F8 = np.full((usable.size, predictions.shape[1]), np.nan)
        is_plain = bool(self.classes)
        answer[usable] = predictions if is_plain else self.target.inverse(predictions)
        return answer


@dataclass(frozen=True, eq=False)
class Session:
    """A training while it goes on.

    Attributes
    ----------
    config : TrainConfig
        What to train.
    plan : Plan
        Which models.
    sample : Sample
        On which rows.
    inputs : mapping of str to str
        Digest of each dataset by name, for the record.
    config_digest : str
        Of the configuration, for the record.
    keep : callable
        Takes each model as soon as it is there.
    on_fit : callable
        Called after each fit with the name of the model.
    workers : int
        Threads of fits.
    results : Results
        What came of it so far.
    """

    config: TrainConfig
    plan: Plan
    sample: Sample
    inputs: Mapping[str, str]
    config_digest: str
    keep: Callable[[Model], None]
    on_fit: Callable[[str], None]
    workers: int = 1
    results: Results = field(default_factory=Results)

    def learn(self, lesson: Lesson, goal: Goal) -> F8 | None:
        """Train one model, and keep it.

        Returns
        -------
        float64[r, k], optional
            What it predicts, cross-fitted, in the unit of the target; NaN where
            features are not finite. None if too few rows are left to train on.
        """
        features, schema = self._features(lesson)
        choice = estimator_of(self.config, lesson.task).resolve(lesson.tel_type, -1)
        trains = goal.trains & np.isfinite(goal.y)
        x, usable, worst = lesson_matrix(
            self.sample, lesson, features, choice.name, trains
        )
        self._count(lesson, trains, usable)
        trains &= usable
        fold = self.sample.events.fold[self.sample.event_of(lesson.tel_type)]
        fewest = max(self.config.min_rows, goal.fewest)
        if few := shortage(goal.y, trains, fold, goal.classes, fewest):
            scarce = scarce_classes(goal.y[trains], goal.classes, fewest)
            few += remedy(self.config, lesson.section, scarce)
            self.skip(lesson, f"{few}; {worst}" if worst else few)
            return None
        weight = lesson_weights(self.config, self.sample, lesson, trains)
        problem = Problem(
            choice.name,
            choice.options,
            x,
            goal.taught(trains)[usable],
            trains[usable],
            weight[usable],
            fold[usable],
            self.config.folds,
            goal.classes,
            self.config.seed,
            self.workers,
        )
        try:
            done = cross_fitted(problem, lambda: self.on_fit(_name(lesson)))
        except UserError as error:
            raise UserError(f"{_name(lesson)}: {error}") from error
        known = self._described(lesson, goal, features, schema, done.fitted, trains)
        self.keep(Model(known, done.fitted.body))
        self.results.importance.append(_importance(lesson, features, done))
        said = (f"{_name(lesson)}: {each}" for each in done.fitted.warnings)
        self.results.warnings += said
        return goal.answer(done.predictions, usable)

    def _features(self, lesson: Lesson) -> tuple[tuple[Feature, ...], pa.Schema]:
        rows = self.sample.rows
        is_array = lesson.tel_type == ARRAY
        stored = rows.event_schema() if is_array else rows.schema(lesson.tel_type)
        return section_features(self.config, lesson.section, stored, self.plan.classes)

    def _count(self, lesson: Lesson, trains: Mask, usable: Mask) -> None:
        names = ("trained_class", "finite_features")
        selection = Selection(names, np.stack([trains, usable]))
        flow = selection.cut_flow(lesson.task, {lesson.tel_type: slice(None)})
        self.results.cut_flow.append(flow)

    def skip(self, lesson: Lesson, why: str) -> None:
        """Go on without a model, and tell it."""
        self.results.warnings.append(
            f"no {lesson.task} model of {lesson.tel_type}: {why}"
        )
        for _ in range(self.config.folds + 1):
            self.on_fit(_name(lesson))

    def _described(
        self,
        lesson: Lesson,
        goal: Goal,
        features: Sequence[Feature],
        schema: pa.Schema,
        fitted: Fitted,
        trained: Mask,
    ) -> Description:
        # Of whole events, the images that passed are all there is.
        quality = () if lesson.tel_type == ARRAY else self.config.quality
        return Description(
            task=lesson.task,
            tel_type=lesson.tel_type,
            target=goal.target,
            classes=goal.classes,
            features=tuple(features),
            inputs=input_units(features, schema, quality),
            link=fitted.link,
            accepts_nan=False,  # rows with a NaN were left out
            estimator=fitted.record,
            training=record_of(
                self.sample, lesson, trained, self.inputs, self.config_digest
            ),
            quality=tuple(Condition(cut.name, cut.expression) for cut in quality),
            use=goal.use,
            reads=columns_of_models(
                self.config,
                lesson,
                features,
                self.sample.rows.origins,
                self.plan.classes,
            ),
        )


def _name(lesson: Lesson) -> str:
    return f"{lesson.task} of {lesson.tel_type}"


def _importance(
    lesson: Lesson, features: Sequence[Feature], done: CrossFitted
) -> pa.Table:
    n_features = len(features)
    found = getattr(done.fitted.estimator, "feature_importances_", None)
    folds = done.permutation
    mean = folds.mean(axis=0) if len(folds) else np.full(n_features, np.nan)
    uncert = np.full(n_features, np.nan)
    if len(folds) > 1:
        uncert = folds.std(axis=0, ddof=1) / np.sqrt(len(folds))
    columns = {
        "task": [lesson.task] * n_features,
        "tel_type": [lesson.tel_type] * n_features,
        "feature": [each.name for each in features],
        "impurity": np.full(n_features, np.nan) if found is None else found,
        "permutation": mean,
        "permutation_uncert": uncert,
    }
    return pa.table(columns, schema=training.IMPORTANCE)
