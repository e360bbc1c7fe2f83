"""Sections about whole events: how far they are off, and classes by that."""

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.config.train_sections import EventErrorConfig
from cta_columnar.models import Target
from cta_columnar.stages.event_classes import find_classes
from cta_columnar.stages.training.performance import error_metrics
from cta_columnar.stages.training.plan import fewest_events
from cta_columnar.stages.training.session import Goal, Session
from cta_columnar.stages.training.targets import direction_error, energy_error
from cta_columnar.stages.training.task_parts import is_trained_on, target_of, tell


def train_energy_error(session: Session) -> None:
    """How far the energy of an event is off, and classes of events by that."""
    own, events = session.config.energy_error, session.sample.events
    assert own is not None
    error = energy_error(events.predicted["reco_energy"], events.truth["true_energy"])
    target = target_of("energy_error", "", own)
    _event_error(session, "energy_error", own, error, target)


def train_direction_error(session: Session) -> None:
    """How far the direction of an event is off, and classes of events by that."""
    own, events = session.config.direction_error, session.sample.events
    assert own is not None
    reco = session.sample.event_table(["reco_alt", "reco_az"])
    error = direction_error(
        reco["reco_alt"].to_numpy(),
        reco["reco_az"].to_numpy(),
        events.truth["true_alt"],
        events.truth["true_az"],
    )
    # Whose direction it is about: stage 3 compares it with its own best one.
    name = f"{session.config.best_direction}_direction_error"
    target = target_of(name, "deg", own)
    _event_error(session, "direction_error", own, error, target)


def _event_error(
    session: Session, task: str, own: EventErrorConfig, error: F8, target: Target
) -> None:
    events = session.sample.events
    energy = session.sample.event_table(["reco_energy"])["reco_energy"].to_numpy()
    # Without an energy an event is in no class.
    trains = is_trained_on(session, task) & np.isfinite(error) & (energy > 0)
    fewest = fewest_events(session.config, task)
    (lesson,) = session.plan.of(task)
    found = session.learn(lesson, Goal(error, trains, target, fewest=fewest))
    if found is None:
        # A later section may read it; no event has it.
        events.predicted[task] = np.full(error.shape, np.nan)
        events.predicted[f"{task}_class"] = np.full(error.shape, -1, np.int8)
        return
    predicted = found[:, 0]
    good = trains & np.isfinite(predicted)
    classes = find_classes(
        energy[good],
        predicted[good],
        n_classes=own.n_classes,
        bins_per_decade=own.bins_per_decade,
    )
    session.results.classes[task] = classes
    number = classes.of(energy, predicted)
    events.predicted.update({task: predicted, f"{task}_class": number})
    metrics = error_metrics(error[good], predicted[good], number[good], target.unit)
    tell(session, lesson, metrics, good, kind="reconstructed")
