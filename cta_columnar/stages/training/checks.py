"""What is refused before any work is done, besides what a plan cannot have."""

from collections.abc import Mapping, Sequence
from typing import Any

from cta_columnar.config import AlgorithmChoice, TrainConfig
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models import ARRAY
from cta_columnar.stages.irf.simulated_spectra import read_simulated_spectra
from cta_columnar.stages.training.catalogue import check_estimator, is_classifier
from cta_columnar.stages.training.columns import refuse_truth, section_features
from cta_columnar.stages.training.plan import (
    Plan,
    estimator_of,
    tasks_of,
    trained_classes,
)
from cta_columnar.stages.training.reading import columns_of_models
from cta_columnar.stages.training.rows import TrainingRows, check_columns
from cta_columnar.stages.training.targets import COLUMNS_OF
from cta_columnar.stages.training.weights import wanted_spectrum


def check_estimators(config: TrainConfig) -> None:
    """Refuse estimators that cannot be trained and exported, before any data are read.

    Raises
    ------
    UserError
        With the key and the reason.
    """
    for key, task in _estimator_keys(config):
        wants_classes = task in ("particle", "disp_sign")
        _check_choice(key, estimator_of(config, task), wants_classes)


def check_rules(config: TrainConfig, tel_types: Sequence[str]) -> None:
    """Refuse exceptions that are for no telescope type of the array.

    Raises
    ------
    UserError
        With the key, the pattern, and the nearest telescope type.
    """
    for key, task in _estimator_keys(config):
        there = [(tel_type, -1) for tel_type in tel_types]
        for pattern in estimator_of(config, task).unmatched(there):
            raise UserError(
                f"{key}: {pattern!r} fits no telescope type of the input; "
                f"{did_you_mean(pattern.strip('*'), tel_types)}"
            )


def _estimator_keys(config: TrainConfig) -> list[tuple[str, str]]:
    """Keys that choose an estimator, each with its task."""
    return [
        (f"{section}.{'sign_' * (task == 'disp_sign')}estimator", task)
        for section in config.sections
        for task in tasks_of(section)
    ]


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


def check_cuts(config: TrainConfig) -> None:
    """Refuse conditions on the truth.

    Raises
    ------
    UserError
        Which names the cut.
    """
    for cut in config.quality:
        for name in cut.columns:
            refuse_truth(f"quality: {cut.name}", name)


def check_lessons(config: TrainConfig, plan: Plan, rows: TrainingRows) -> None:
    """Refuse features that cannot be made, or targets that are not there.

    Raises
    ------
    UserError
        With the section and the column.
    """
    for lesson in plan.lessons:
        is_array = lesson.tel_type == ARRAY
        stored = rows.event_schema() if is_array else rows.schema(lesson.tel_type)
        features, schema = section_features(
            config, lesson.section, stored, plan.classes
        )
        columns_of_models(config, lesson, features, rows.origins, plan.classes)
        needed = COLUMNS_OF.get(lesson.section, ())
        where = "the events" if is_array else f"images of {lesson.tel_type}"
        if is_array and "reco_energy" not in schema.names:
            raise UserError(
                f"{lesson.section}: classes of events want reco_energy, which is not "
                f"in the input, and energy is null; set {lesson.section} to null too"
            )
        check_columns(needed, schema.names, f"{lesson.section}: {where}")


def check_spectra(config: TrainConfig, plan: Plan, rows: TrainingRows) -> None:
    """Refuse weights by a spectrum where there is none, or none was simulated.

    Raises
    ------
    UserError
        With the section, and what is not known.
    """
    for section, own in config.sections.items():
        if own.weights == "spectrum":
            for name in trained_classes(config, section):
                if name in plan.classes:
                    _check_spectrum(config, section, name, rows)


def _check_spectrum(
    config: TrainConfig, section: str, name: str, rows: TrainingRows
) -> None:
    if name not in config.spectra:
        raise UserError(f"{section}.weights: `spectra` has none for {name}")
    try:
        wanted_spectrum(config.spectra[name])
    except UserError as error:
        raise UserError(f"spectra.{name}: {error}") from error
    if name not in rows.runs:
        raise UserError(f"{section}.weights: no simulated run of {name} is known")
    try:
        read_simulated_spectra(rows.runs[name])
    except UserError as error:
        raise UserError(
            f"{section}.weights: of {name}, {error}, or set weights to none or flat"
        ) from error
