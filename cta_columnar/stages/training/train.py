"""Train all models of a configuration, on a dataset or on frames."""

from collections.abc import Callable, Mapping

from cta_columnar.config import TrainConfig, digest
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, Model
from cta_columnar.stages.training.columns import refuse_truth, section_features
from cta_columnar.stages.training.plan import (
    Plan,
    check_estimators,
    make_plan,
    trained_classes,
)
from cta_columnar.stages.training.reading import columns_of_models
from cta_columnar.stages.training.rows import TrainingRows
from cta_columnar.stages.training.sampling import read_sample
from cta_columnar.stages.training.session import Results, Session
from cta_columnar.stages.training.tasks import TRAINERS
from cta_columnar.stages.training.weights import wanted_spectrum


def check_training(config: TrainConfig, rows: TrainingRows) -> Plan:
    """Plan a training, and refuse what cannot be trained, before any work is done.

    Parameters
    ----------
    config : TrainConfig
        What to train.
    rows : TrainingRows
        On what.

    Raises
    ------
    UserError
        If an estimator cannot be exported, a feature is unknown or reads the truth,
        there is one class only, or no telescope type with enough rows.
    """
    check_estimators(config)
    for cut in config.quality:
        for name in cut.columns:
            refuse_truth(f"quality: {cut.name}", name)
    plan = make_plan(config, rows.counts)
    for lesson in plan.lessons:
        is_array = lesson.tel_type == ARRAY
        stored = rows.event_schema() if is_array else rows.schema(lesson.tel_type)
        features, _ = section_features(config, lesson.section, stored, plan.classes)
        columns_of_models(config, lesson, features, rows.origins, plan.classes)
    for section in config.sections:
        _check_spectra(config, section, plan, rows)
    return plan


def _check_spectra(
    config: TrainConfig, section: str, plan: Plan, rows: TrainingRows
) -> None:
    """Refuse weights by a spectrum where there is none, or none was simulated."""
    if config.sections[section].weights != "spectrum":
        return
    for name in trained_classes(config, section):
        if name not in plan.classes:
            continue
        if name not in config.spectra:
            raise UserError(f"{section}.weights: `spectra` has none for {name}")
        try:
            wanted_spectrum(config.spectra[name])
        except UserError as error:
            raise UserError(f"spectra.{name}: {error}") from error
        if not rows.runs.get(name):
            raise UserError(f"{section}.weights: no simulated run of {name} is known")
        for run in rows.runs[name]:
            if not 0 < run.energy_min < run.energy_max:
                raise UserError(
                    f"{section}.weights: showers of {name} were simulated from "
                    f"{run.energy_min:g} to {run.energy_max:g} TeV, which is no "
                    "spectrum; set weights to none or flat"
                )


def train_models(
    rows: TrainingRows,
    config: TrainConfig,
    keep: Callable[[Model], None],
    *,
    plan: Plan | None = None,
    inputs: Mapping[str, str] | None = None,
    on_fit: Callable[[str], None] | None = None,
    workers: int = 1,
) -> Results:
    """Train models, each on predictions of those before it that had not seen the event.

    Parameters
    ----------
    rows : TrainingRows
        Images, `Frames` in a notebook.
    config : TrainConfig
        What to train.
    keep : callable
        Takes each model as soon as it is there: ``models.append``.
    plan : Plan, optional
        What `check_training` returned.
    inputs : mapping of str to str, optional
        Digests of datasets by name, for the record.
    on_fit : callable, optional
        Called after each fit.
    workers : int
        Threads. The models do not depend on it.

    Returns
    -------
    Results
        Importances, figures of merit, classes of events, what was skipped.

    Raises
    ------
    UserError
        As `check_training`; or if data cannot be trained on.
    """
    plan = plan or check_training(config, rows)
    types = dict.fromkeys(e.tel_type for e in plan.lessons if e.tel_type != ARRAY)
    sample = read_sample(rows, tuple(types), config)
    session = Session(
        config,
        plan,
        sample,
        dict(inputs or {}),
        digest(config),
        keep,
        on_fit or _tell_nobody,
        workers,
    )
    session.results.warnings += plan.skipped
    for section in config.sections:
        TRAINERS[section](session)
    return session.results


def _tell_nobody(_name: str) -> None:
    """Take the name of a model that was fitted, and do nothing."""
