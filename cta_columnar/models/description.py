"""What there is to know of a model besides its numbers: plain data, written as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models.origin import Origin
from cta_columnar.schemas.version import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Feature:
    """One number that a model reads of each row.

    Attributes
    ----------
    name : str
        Its name, unique in a model.
    expression : str
        How it is made of the columns of a table, in SQL; often just a column.
    unit : str
        Its unit, empty for dimensionless.
    """

    name: str
    expression: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on rows; a row that fails it has no prediction.

    Attributes
    ----------
    name : str
        Its name in cut flows.
    expression : str
        What must hold, as the cuts of a configuration are written.
    """

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Use:
    """How predictions become columns, unless whoever applies a model says otherwise.

    Models that were trained later have seen columns made in this way.

    Attributes
    ----------
    prefix : str
        In front of the names of columns; empty: ``disp`` for directions, else the name
        of the estimator.
    weights : str
        Weight of an image in what its array event gets.
    signal : str
        The class whose probability is the score, for a classifier.
    """

    prefix: str = ""
    weights: str = "none"
    signal: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What is predicted.

    Attributes
    ----------
    name : str
        Column of the truth, ``"true_energy"``, or what the classes are of.
    unit : str
        Its unit, empty for dimensionless.
    transform : str
        ``"log10"`` if the estimator was trained on the logarithm.
    """

    name: str
    unit: str = ""
    transform: Literal["none", "log10"] = "none"

    def forward(self, values: F8) -> F8:
        """Return what the estimator is trained on.

        Raises
        ------
        UserError
            If a value has no logarithm.
        """
        if self.transform == "none":
            return values
        n_bad = int(np.count_nonzero(~(values > 0)))
        if n_bad:
            raise UserError(
                f"{self.name}: {n_bad} of {values.size} values are not positive, so "
                "they have no logarithm; leave them out by a quality query, or set "
                "the transform to none"
            )
        return np.log10(values)

    def inverse(self, values: F8) -> F8:
        """From predictions of the estimator to the unit of the target."""
        if self.transform == "none":
            return values
        with np.errstate(over="ignore"):
            back: F8 = 10.0**values
        return back


@dataclass(frozen=True, slots=True)
class EstimatorRecord:
    """How a model was fitted.

    Attributes
    ----------
    name : str
        Class of scikit-learn.
    arguments : dict
        What it was given beyond its defaults.
    seed : int
        Of its random numbers.
    library : str
        ``"scikit-learn 1.6.1"``; for information, since nothing needs it any more.
    """

    name: str
    arguments: dict[str, Any]
    seed: int
    library: str


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What a model was fitted to.

    Attributes
    ----------
    inputs : dict of str to str
        Digest of each dataset, by its name.
    config_digest : str
        Digest of the configuration of the training.
    n_events, n_rows : int
        Array events and telescope events that took part.
    events_digest : str
        Digest of the keys of those events, so that the same sample is known again.
    """

    inputs: dict[str, str]
    config_digest: str
    n_events: int
    n_rows: int
    events_digest: str


@dataclass(frozen=True, slots=True)
class Description:
    """All that is known of a model but its numbers.

    Attributes
    ----------
    task : str
        Name of what it does, ``"energy"``.
    tel_type : str
        Telescope type whose events it is for.
    target : Target
        What it predicts.
    classes : tuple of str
        Names of the classes in the order of the probabilities; none for a regressor.
    features : tuple of Feature
        What it reads, in the order of the columns of ``x``.
    inputs : dict of str to str
        Units of the columns that the features and conditions are made of.
    link : str
        From raw outputs to predictions, one of `LINKS`.
    accepts_nan : bool
        Whether rows with a NaN have a prediction.
    estimator : EstimatorRecord
        How it was fitted.
    training : TrainingRecord
        To what.
    quality : tuple of Condition
        Which rows it was trained on; others it does not predict.
    use : Use
        How its predictions became columns in training.
    reads : dict of str to Origin
        Who made the columns that other models made, of those it reads or is about.
    schema_version : str
        Data model of the columns.
    """

    task: str
    tel_type: str
    target: Target
    classes: tuple[str, ...]
    features: tuple[Feature, ...]
    inputs: dict[str, str]
    link: Literal["identity", "exp", "logistic", "softmax"]
    accepts_nan: bool
    estimator: EstimatorRecord
    training: TrainingRecord
    quality: tuple[Condition, ...] = ()
    use: Use = Use()
    reads: dict[str, Origin] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION

    def check_inputs(self, units: Mapping[str, str], where: str) -> None:
        """Refuse columns that are not those the model was trained with.

        Parameters
        ----------
        units : mapping of str to str
            Unit of each column there is.
        where : str
            Whose columns these are, for the message.

        Raises
        ------
        UserError
            Which names each column, what the model wants, and what to do.
        """
        problems = list(_input_problems(self.inputs, units))
        if problems:
            raise UserError(
                f"the {self.title} does not fit {where}: {'; '.join(problems)}. Make "
                "these columns as those of the training were made, or train a model on "
                "columns like these"
            )

    @property
    def title(self) -> str:
        """Name it in messages: ``energy model of LST_LST_LSTCam``."""
        return f"{self.task} model of {self.tel_type}"

    @property
    def prefix(self) -> str:
        """What the names of its columns begin with."""
        by_default = "disp" if self.task.startswith("disp_") else self.estimator.name
        return self.use.prefix or by_default

    @property
    def n_raw(self) -> int:
        """Raw outputs that the body must give."""
        return 1 if self.link == "logistic" else max(len(self.classes), 1)


def _input_problems(
    wanted: Mapping[str, str], there: Mapping[str, str]
) -> Iterable[str]:
    for name, unit in wanted.items():
        if name not in there:
            yield f"it wants the column {name!r}; {did_you_mean(name, there)}"
        elif there[name] != unit:
            yield f"it wants {name!r} in {unit!r}, there it is in {there[name]!r}"
