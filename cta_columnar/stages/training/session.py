"""One training: what all its lessons share, and how one of them is done."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from cta_columnar.array_types import F8, I8, AnyArray, Mask
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
    TrainingRecord,
    Use,
)
from cta_columnar.schemas import training
from cta_columnar.stages.features import columns_read, feature_matrix, input_units
from cta_columnar.stages.selection import Selection
from cta_columnar.stages.training.catalogue import (
    BOOSTING,
    FOREST,
    kind_of,
)
from cta_columnar.stages.training.columns import section_features
from cta_columnar.stages.training.cross_fitting import (
    CrossFitted,
    Problem,
    cross_fitted,
)
from cta_columnar.stages.training.plan import Lesson, Plan, estimator_of
from cta_columnar.stages.training.sample import Sample
from cta_columnar.stages.training.weights import sample_weights, with_signal_fraction

_SLICE = 65_536  # rows whose features are computed at once


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

    def learn(
        self,
        lesson: Lesson,
        y: AnyArray,
        trains: Mask,
        target: Target,
        classes: Sequence[str] = (),
        use: Use | None = None,
    ) -> F8 | None:
        """Train one model; see `Problem`.

        Parameters
        ----------
        lesson : Lesson
            Which one.
        y : float64[r] or int64[r]
            In the unit of the target, or number of the class.
        trains : bool[r]
            Which rows it is trained on.
        target : Target
            What it predicts.
        classes : sequence of str
            For a classifier.
        use : Use, optional
            How predictions become columns.

        Returns
        -------
        float64[r, k], optional
            Cross-fitted, in the unit of the target; NaN where features are not finite.
            None if too few rows are left to train on.
        """
        features, schema = self._features(lesson)
        trains = trains & np.isfinite(y)
        x, usable = self._matrix(lesson, features)
        self._count(lesson, trains, usable)
        few = self._too_few(y, trains & usable, classes)
        if few:
            self._skip(lesson, few)
            return None
        choice = estimator_of(self.config, lesson.task).resolve(lesson.tel_type, -1)
        goal = np.array(y[usable])
        taught = trains[usable]
        if not classes:
            goal[~taught] = np.nan
            goal[taught] = target.forward(goal[taught])
        problem = Problem(
            choice.name,
            choice.options,
            x,
            goal,
            taught,
            self._weights(lesson, trains)[usable],
            self._fold(lesson)[usable],
            self.config.folds,
            tuple(classes),
            self.config.seed,
            self.workers,
        )
        try:
            done = cross_fitted(problem, lambda: self.on_fit(_name(lesson)))
        except UserError as error:
            raise UserError(f"{_name(lesson)}: {error}") from error
        self.keep(
            Model(
                self._described(
                    lesson,
                    target,
                    classes,
                    use,
                    features,
                    schema,
                    done,
                    trains & usable,
                ),
                done.fitted.body,
            )
        )
        self.results.importance.append(_importance(lesson, features, done))
        said = (f"{_name(lesson)}: {each}" for each in done.fitted.warnings)
        self.results.warnings += said
        predictions: F8 = np.full((usable.size, done.predictions.shape[1]), np.nan)
        predictions[usable] = (
            done.predictions if classes else target.inverse(done.predictions)
        )
        return predictions

    def event_of(self, lesson: Lesson) -> I8 | slice:
        """Return the rows of events that rows of a lesson belong to."""
        if lesson.tel_type == ARRAY:
            return slice(None)
        return self.sample.images[lesson.tel_type].event

    def _fold(self, lesson: Lesson) -> I8:
        return self.sample.events.fold[self.event_of(lesson)]

    def _features(self, lesson: Lesson) -> tuple[tuple[Feature, ...], pa.Schema]:
        rows = self.sample.rows
        is_array = lesson.tel_type == ARRAY
        stored = rows.event_schema() if is_array else rows.schema(lesson.tel_type)
        return section_features(self.config, lesson.section, stored, self.plan.classes)

    def _matrix(
        self, lesson: Lesson, features: Sequence[Feature]
    ) -> tuple[AnyArray, Mask]:
        """Features of the rows where all are finite, and which rows these are."""
        names = columns_read(features)
        if lesson.tel_type == ARRAY:
            frame = self.sample.event_table(names)
        else:
            frame = self.sample.table(lesson.tel_type, names)
        name = estimator_of(self.config, lesson.task).resolve(lesson.tel_type, -1).name
        # These estimators compare in single precision anyway.
        is_single = kind_of(name).family in (FOREST, BOOSTING)
        dtype = np.float32 if is_single else np.float64
        largest = float(np.finfo(dtype).max)
        x = np.empty((frame.height, len(features)), dtype)
        usable = np.zeros(frame.height, bool)
        n_usable = 0
        for first in range(0, frame.height, _SLICE):
            values = feature_matrix(frame.slice(first, _SLICE), features).x
            good = (np.abs(values) <= largest).all(axis=1)
            usable[first : first + good.size] = good
            end = n_usable + int(np.count_nonzero(good))
            x[n_usable:end] = values[good]
            n_usable = end
        return x[:n_usable], usable

    def _count(self, lesson: Lesson, trains: Mask, usable: Mask) -> None:
        selection = Selection(
            ("trained_class", "finite_features"), np.stack([trains, usable])
        )
        flow = selection.cut_flow(lesson.task, {lesson.tel_type: slice(None)})
        self.results.cut_flow.append(flow)

    def _too_few(self, y: AnyArray, trains: Mask, classes: Sequence[str]) -> str:
        fewest = self.config.min_rows
        if not classes:
            n_rows = int(np.count_nonzero(trains))
            return f"{n_rows} rows" if n_rows < fewest else ""
        counts = np.bincount(y[trains].astype(np.int64), minlength=len(classes))
        few = zip(counts, classes, strict=True)
        return ", ".join(f"{n} rows of {name}" for n, name in few if n < fewest)

    def _skip(self, lesson: Lesson, few: str) -> None:
        self.results.warnings.append(
            f"no {lesson.task} model of {lesson.tel_type}: {few} have finite features, "
            f"fewer than min_rows {self.config.min_rows}"
        )
        for _ in range(self.config.folds + 1):
            self.on_fit(_name(lesson))

    def _weights(self, lesson: Lesson, trains: Mask) -> F8:
        """float64[r]: weights of rows; 0 of those that do not train."""
        events, where = self.sample.events, self.event_of(lesson)
        own = self.config.sections[lesson.section]
        numbers = {name: i for i, name in enumerate(self.config.classes)}
        label = events.label[where][trains]
        spectra, runs = self.config.spectra, self.sample.rows.runs
        weights: F8 = np.zeros(trains.shape)
        weights[trains] = sample_weights(
            label,
            events.truth["true_energy"][where][trains],
            events.pointing[where][trains],
            scheme=own.weights,
            balance_pointings=own.balance_pointings,
            spectra={numbers[name]: spectra[name] for name in spectra},
            runs={numbers[name]: runs[name] for name in runs},
        )
        if lesson.task == "particle" and self.config.particle is not None:
            weights[trains] = with_signal_fraction(
                weights[trains],
                label,
                numbers[self.config.signal],
                self.config.particle.signal_fraction,
            )
        return weights

    def _described(
        self,
        lesson: Lesson,
        target: Target,
        classes: Sequence[str],
        use: Use | None,
        features: Sequence[Feature],
        schema: pa.Schema,
        done: CrossFitted,
        trained: Mask,
    ) -> Description:
        # Of whole events, the images that passed are all there is.
        quality = () if lesson.tel_type == ARRAY else self.config.quality
        return Description(
            task=lesson.task,
            tel_type=lesson.tel_type,
            target=target,
            classes=tuple(classes),
            features=tuple(features),
            inputs=input_units(features, schema, quality),
            link=done.fitted.link,
            accepts_nan=False,  # rows with a NaN were left out
            estimator=done.fitted.record,
            training=self._record(lesson, trained),
            quality=tuple(Condition(cut.name, cut.expression) for cut in quality),
            use=use or Use(),
        )

    def _record(self, lesson: Lesson, trained: Mask) -> TrainingRecord:
        n_events = self.sample.events.label.size
        rows = np.arange(n_events)[self.event_of(lesson)][trained]
        took_part = np.zeros(n_events, bool)
        took_part[rows] = True
        keys = self.sample.events.keys.filter(pl.Series(took_part))
        digest = hashlib.sha256()
        for name in keys.columns:
            digest.update(keys[name].to_numpy().astype("<i8").tobytes())
        return TrainingRecord(
            dict(self.inputs),
            self.config_digest,
            keys.height,
            int(rows.size),
            digest.hexdigest(),
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
