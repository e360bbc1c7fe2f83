"""What all sections have in common: whom they train on, and what they tell."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, Mask
from cta_columnar.config.train_sections import ModelConfig
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, Target
from cta_columnar.stages.training.performance import Metric, performance
from cta_columnar.stages.training.plan import Lesson, tasks_of, trained_classes
from cta_columnar.stages.training.session import Session


def target_of(name: str, unit: str, own: ModelConfig) -> Target:
    """Return a target of a section, on the logarithm if that is asked for."""
    is_log = bool(getattr(own, "log_target", False))
    return Target(name, unit, "log10" if is_log else "none")


def fill(
    session: Session, section: str, tel_types: Sequence[str], schema: pa.Schema
) -> None:
    """Give types without a model of a section its columns, see `Sample.fill`.

    Raises
    ------
    UserError
        If no type has a model; says why.
    """
    if not tel_types:
        begins = (f"no model of {section}:", *(f"no {t} m" for t in tasks_of(section)))
        said = [s for s in session.results.warnings if s.startswith(begins)]
        raise UserError(
            f"{section}: no telescope type has enough images with finite features:\n  "
            + "\n  ".join(said)
        )
    session.sample.fill(tel_types, schema)


def is_trained_on(session: Session, section: str) -> Mask:
    """bool[n]: events of the classes that a section is trained on."""
    names = list(session.config.classes)
    wanted = [names.index(each) for each in trained_classes(session.config, section)]
    return np.isin(session.sample.events.label, wanted)


def prefixed(prefix: str, columns: Mapping[str, F8]) -> dict[str, F8]:
    """Name columns of events; lists of telescopes are no features, so they stay out."""
    return {f"{prefix}_{n}": columns[n] for n in columns if n != "telescopes"}


def of_events(task: str) -> Lesson:
    """Name what is said of whole events, by combining images."""
    return Lesson(task, task, ARRAY, 0)


def tell(
    session: Session,
    lesson: Lesson,
    metrics: Sequence[Metric],
    rows: Mask,
    kind: str = "true",
) -> None:
    """Evaluate figures for some rows of a lesson, in bins of true or reco energy."""
    events = session.sample.events
    energy = events.truth["true_energy"]
    if kind == "reconstructed":
        # Where no energy is reconstructed, the true one stands in its place.
        energy = events.predicted.get("reco_energy", energy)
        kind = kind if "reco_energy" in events.predicted else "true"
    where = session.sample.event_of(lesson.tel_type)
    table = performance(
        lesson.task,
        lesson.tel_type,
        metrics,
        energy[where][rows],
        events.fold[where][rows],
        kind,
    )
    session.results.performance.append(table)
