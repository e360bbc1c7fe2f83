"""Train all models of a configuration, on a dataset or on frames."""

from collections.abc import Callable, Mapping

from cta_columnar.config import TrainConfig, digest
from cta_columnar.models import ARRAY, Model
from cta_columnar.stages.training.checks import (
    check_cuts,
    check_estimators,
    check_lessons,
    check_rules,
    check_spectra,
)
from cta_columnar.stages.training.plan import Plan, make_plan
from cta_columnar.stages.training.rows import TrainingRows
from cta_columnar.stages.training.sampling import read_sample
from cta_columnar.stages.training.session import Results, Session
from cta_columnar.stages.training.tasks import TRAINERS
from cta_columnar.stages.training.trial import try_estimators


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
        If an estimator cannot be exported or fitted, a feature is unknown or reads the
        truth, there is one class only, or no telescope type with enough images, or too
        few events.
    """
    check_estimators(config)
    check_rules(config, rows.tel_types)
    check_cuts(config)
    plan = make_plan(config, rows.tally)
    check_lessons(config, plan, rows)
    check_spectra(config, plan, rows)
    try_estimators(config, plan)
    return plan


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
