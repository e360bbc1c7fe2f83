"""What will be trained on what, and what not: known before any work is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cta_columnar.config import AlgorithmChoice, TrainConfig
from cta_columnar.config.train_sections import EventErrorConfig, ModelConfig
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY
from cta_columnar.stages.training.catalogue import check_estimator, is_classifier

Counts = Mapping[str, Mapping[str, int]]
"""Rows of each class, by telescope type."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One model to train.

    Attributes
    ----------
    task : str
        What it predicts, and its folder.
    section : str
        Section of the configuration.
    tel_type : str
        Telescope type; `ARRAY` for events.
    n_rows : int
        Rows that it is trained on, at most.
    """

    task: str
    section: str
    tel_type: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All models to train.

    Attributes
    ----------
    lessons : tuple of Lesson
        In the order of training.
    skipped : tuple of str
        Which telescope types have no model for which task, and why.
    classes : tuple of str
        Classes of particles that there are.
    """

    lessons: tuple[Lesson, ...]
    skipped: tuple[str, ...]
    classes: tuple[str, ...]

    def of(self, task: str) -> list[Lesson]:
        """Return the models of a task."""
        return [each for each in self.lessons if each.task == task]


def tasks_of(section: str) -> tuple[str, ...]:
    """Tasks that a section trains; each has a folder of models."""
    return ("disp_norm", "disp_sign") if section == "disp" else (section,)


def estimator_of(config: TrainConfig, task: str) -> AlgorithmChoice:
    """Return the estimator of a task, with exceptions for telescope types."""
    if task == "disp_sign" and config.disp is not None:
        return config.disp.sign_estimator
    own: ModelConfig = getattr(config, "disp" if task == "disp_norm" else task)
    return own.estimator


def trained_classes(config: TrainConfig, section: str) -> tuple[str, ...]:
    """Classes of showers that a section is trained on; all for the particle."""
    if section == "particle":
        return tuple(config.classes)
    of = {"energy_uncert": "energy", "disp_uncert": "disp"}.get(section, section)
    own = getattr(config, of)
    return (config.signal,) if isinstance(own, EventErrorConfig) else own.train_on


def check_estimators(config: TrainConfig) -> None:
    """Refuse estimators that cannot be trained and exported, before any data are read.

    Raises
    ------
    UserError
        With the key and the reason.
    """
    for section in config.sections:
        for task in tasks_of(section):
            key = "sign_estimator" if task == "disp_sign" else "estimator"
            wants_classes = task in ("particle", "disp_sign")
            _check_choice(f"{section}.{key}", estimator_of(config, task), wants_classes)


def _check_choice(key: str, choice: AlgorithmChoice, wants_classes: bool) -> None:
    ways: list[tuple[str, Mapping[str, Any]]] = [(choice.name, choice.options)]
    for rule in choice.rules:
        if rule.pattern.startswith("tel_id="):
            raise UserError(
                f"{key}: {rule.pattern!r}: models are for types of telescopes"
            )
        resolved = choice.resolve(rule.pattern, -1)
        ways.append((resolved.name, resolved.options))
    for name, arguments in ways:
        try:
            check_estimator(name, arguments)
        except UserError as error:
            raise UserError(f"{key}: {error}") from error
        if is_classifier(name) != wants_classes:
            what = "a classifier" if wants_classes else "a regressor"
            raise UserError(f"{key}: wants {what}, which {name} is not")


def make_plan(config: TrainConfig, counts: Counts) -> Plan:
    """Plan which models are trained.

    Parameters
    ----------
    config : TrainConfig
        The training.
    counts : mapping
        Rows of each class by telescope type, those of the sample.

    Raises
    ------
    UserError
        If no telescope type has enough rows for a section, or one class only.
    """
    classes = tuple(
        name
        for name in config.classes
        if any(each.get(name) for each in counts.values())
    )
    lessons, skipped = [], []
    for section in config.sections:
        wanted = [n for n in trained_classes(config, section) if n in classes]
        _check_wanted(config, section, wanted, classes)
        if isinstance(getattr(config, section), EventErrorConfig):
            lessons.append(Lesson(section, section, ARRAY, 0))
            continue
        reasons = {
            tel_type: _shortage(config, section, rows, wanted)
            for tel_type, rows in counts.items()
        }
        types = [tel_type for tel_type, why in reasons.items() if not why]
        said = [f"{section}: {t}: {why}" for t, why in reasons.items() if why]
        if not types:
            told = "\n  ".join(said) or "no image passes the cuts"
            raise UserError(
                f"{section}: no telescope type has enough images to train on:\n  {told}"
            )
        skipped += [f"no model of {each}" for each in said]
        lessons += [
            Lesson(task, section, tel_type, sum(counts[tel_type][n] for n in wanted))
            for task in tasks_of(section)
            for tel_type in types
        ]
    return Plan(tuple(lessons), tuple(skipped), classes)


def _check_wanted(
    config: TrainConfig, section: str, wanted: Sequence[str], there: Sequence[str]
) -> None:
    found = ", ".join(there) or "none"
    if section != "particle":
        if not wanted:
            names = " or ".join(trained_classes(config, section))
            raise UserError(
                f"{section}: is trained on {names}, and there is none in the input "
                f"(classes there: {found}); add such a dataset or set {section} to null"
            )
        return
    if config.signal not in there or len(there) < 2:
        raise UserError(
            f"particle: wants {config.signal} and another class, found {found}; add "
            "another dataset to --input, or set particle to null"
        )


def _shortage(
    config: TrainConfig, section: str, rows: Mapping[str, int], wanted: Sequence[str]
) -> str:
    """Say why a telescope type cannot be trained; empty if it can."""
    each_class = [(name, rows.get(name, 0)) for name in wanted]
    if section != "particle":
        each_class = [(" and ".join(wanted), sum(n for _, n in each_class))]
    few = [f"{n} of {name}" for name, n in each_class if n < config.min_rows]
    if not few:
        return ""
    return f"{', '.join(few)}, fewer than min_rows {config.min_rows}"


def count_fits(plan: Plan, n_folds: int) -> int:
    """Fits that a plan takes, for progress."""
    return len(plan.lessons) * (n_folds + 1)
