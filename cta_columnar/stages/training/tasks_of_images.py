"""Sections that say something of each image, and by that of its event."""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, Mask
from cta_columnar.models import Target, Use
from cta_columnar.schemas import predictions
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.combination import (
    combine_directions,
    combine_energies,
    combine_scores,
    disp_to_altaz,
)
from cta_columnar.stages.prediction_of_images import POSITIVE
from cta_columnar.stages.training import performance as figures
from cta_columnar.stages.training.columns import prefix_of
from cta_columnar.stages.training.plan import Lesson
from cta_columnar.stages.training.session import Goal, Session
from cta_columnar.stages.training.targets import (
    DISP_COLUMNS,
    direction_error,
    energy_error,
    separation,
    true_disp,
)
from cta_columnar.stages.training.task_parts import (
    fill,
    is_trained_on,
    of_events,
    prefixed,
    target_of,
    tell,
)

SIGNS = ("negative", POSITIVE)
"""Classes of ``disp_sign``: on which side of the centroid the source lies."""


def train_energy(session: Session) -> None:
    """Energy, from each image, then of events."""
    own, sample = session.config.energy, session.sample
    assert own is not None
    prefix = prefix_of(session.config, "energy")
    use = Use(prefix, session.config.image_weights)
    target = target_of("true_energy", "TeV", own)
    trains, truth = is_trained_on(session, "energy"), sample.events.truth
    trained = []
    for lesson in session.plan.of("energy"):
        images = sample.images[lesson.tel_type]
        true = truth["true_energy"][images.event]
        goal = Goal(true, trains[images.event], target, use=use)
        found = session.learn(lesson, goal)
        if found is None:
            continue
        trained.append(lesson.tel_type)
        energy = np.where(found[:, 0] > 0, found[:, 0], np.nan)
        images.predicted.update(
            {
                f"{prefix}_tel_energy": energy,
                f"{prefix}_tel_is_valid": np.isfinite(energy),
                "reco_tel_energy": energy,
            }
        )
        good = trains[images.event] & np.isfinite(energy)
        metrics = figures.energy_metrics(energy[good], true[good])
        tell(session, lesson, metrics, good)
    own_columns = predictions.of_telescopes("energy", prefix)
    fill(session, "energy", trained, merge(own_columns, predictions.STANDARD_TEL))
    names = (f"{prefix}_tel_is_valid", f"{prefix}_tel_energy")
    columns = sample.combined(combine_energies, names, log_target=own.log_target)
    made = prefixed(prefix, columns)
    made |= {
        "reco_energy": columns["energy"],
        "reco_energy_uncert": columns["energy_uncert"],
    }
    sample.events.predicted.update(made)
    good = trains & np.isfinite(columns["energy"])
    metrics = figures.energy_metrics(
        columns["energy"][good], truth["true_energy"][good]
    )
    tell(session, of_events("energy"), metrics, good)


def train_particle(session: Session) -> None:
    """Probability of each class, from each image, then of events."""
    config, sample = session.config, session.sample
    own = config.particle
    assert own is not None
    prefix, classes = prefix_of(config, "particle"), session.plan.classes
    use = Use(prefix, config.image_weights, config.signal)
    signal, numbers = classes.index(config.signal), list(config.classes)
    # Numbers of the classes that there are.
    known = np.array([classes.index(n) if n in classes else -1 for n in numbers] + [-1])
    label = known[sample.events.label]
    target, trained = Target("true_shower_primary_id"), []
    for lesson in session.plan.of("particle"):
        images = sample.images[lesson.tel_type]
        own_label = label[images.event]
        everything = np.ones(own_label.shape, bool)
        goal = Goal(own_label, everything, target, classes, use)
        found = session.learn(lesson, goal)
        if found is None:
            continue
        trained.append(lesson.tel_type)
        valid: Mask = np.isfinite(found[:, signal])
        images.predicted.update(
            {
                f"{prefix}_tel_is_valid": valid,
                f"{prefix}_tel_prediction": found[:, signal],
            }
        )
        for number, name in enumerate(classes):
            images.predicted[f"{prefix}_tel_probability_{name}"] = found[:, number]
        metrics = figures.class_metrics(
            found[valid, signal], own_label[valid], signal, classes
        )
        tell(session, lesson, metrics, valid, kind="reconstructed")
    fill(
        session,
        "particle",
        trained,
        predictions.of_telescopes("particle", prefix, classes),
    )
    columns = {}
    for name in classes:
        names = (f"{prefix}_tel_is_valid", f"{prefix}_tel_probability_{name}")
        columns = sample.combined(combine_scores, names)
        sample.events.predicted[f"{prefix}_probability_{name}"] = columns["prediction"]
    score = sample.events.predicted[f"{prefix}_probability_{config.signal}"]
    made = {"is_valid": columns["is_valid"], "prediction": score}
    sample.events.predicted.update(prefixed(prefix, made) | {"gh_score": score})
    good = np.isfinite(score)
    metrics = figures.class_metrics(score[good], label[good], signal, classes)
    tell(session, of_events("particle"), metrics, good, kind="reconstructed")


def train_disp(session: Session) -> None:
    """Direction by the disp method, from each image, then of events."""
    config, sample = session.config, session.sample
    own = config.disp
    assert own is not None
    prefix, trains = own.prefix, is_trained_on(session, "disp")
    use = Use(prefix, config.image_weights)
    norm_target = target_of("disp_norm", "deg", own)
    truth, trained = sample.events.truth, []
    for norm, sign in zip(
        session.plan.of("disp_norm"), session.plan.of("disp_sign"), strict=True
    ):
        images = sample.images[norm.tel_type]
        table = sample.table(norm.tel_type, DISP_COLUMNS)
        columns = {name: table[name].to_numpy() for name in DISP_COLUMNS}
        del table  # of many pieces, so these are copies
        disp = true_disp(columns, project=own.project)
        own_trains = trains[images.event] & np.isfinite(disp)
        right = (disp > 0).astype(np.int64)
        goal = Goal(right, own_trains, Target("disp_sign"), SIGNS, use)
        side = session.learn(sign, goal)
        if side is None:
            session.skip(norm, "there is none of disp_sign")
            continue
        goal = Goal(np.abs(disp), own_trains, norm_target, use=use)
        length = session.learn(norm, goal)
        if length is None:
            continue
        trained.append(norm.tel_type)
        positive = side[:, 1]
        found = length[:, 0] * np.where(positive >= 0.5, 1.0, -1.0)
        found[np.isnan(positive)] = np.nan
        lon, lat, psi, *pointing = (columns[name] for name in DISP_COLUMNS[:5])
        alt, az = disp_to_altaz(lon, lat, psi, found, pointing[0], pointing[1])
        images.predicted.update(
            {
                f"{prefix}_tel_parameter": found,
                f"{prefix}_tel_sign_score": np.abs(2 * positive - 1),
                f"{prefix}_tel_alt": alt,
                f"{prefix}_tel_az": az,
                f"{prefix}_tel_is_valid": np.isfinite(alt),
            }
        )
        good = own_trains & np.isfinite(alt)
        error = _separation(truth, images.event, alt, az)
        tell(session, norm, figures.direction_metrics(error[good]), good)
        tell(session, sign, figures.sign_metrics(found[good], disp[good]), good)
    fill(session, "disp", trained, predictions.of_telescopes("disp", prefix))
    names = tuple(f"{prefix}_tel_{each}" for each in ("is_valid", "alt", "az"))
    made = sample.combined(combine_directions, names)
    sample.events.predicted.update(prefixed(prefix, made))
    if config.best_direction == "disp":
        sample.events.predicted.update(
            {f"reco_{name}": made[name] for name in ("alt", "az", "is_valid")}
        )
    good = trains & np.isfinite(made["alt"])
    error = _separation(truth, slice(None), made["alt"], made["az"])
    metrics = figures.direction_metrics(error[good])
    tell(session, of_events("disp"), metrics, good)


def _separation(truth: Mapping[str, F8], rows: object, alt: F8, az: F8) -> F8:
    true_alt, true_az = truth["true_alt"], truth["true_az"]
    return separation(alt, az, true_alt[rows], true_az[rows])  # type: ignore[call-overload]


def train_energy_uncert(session: Session) -> None:
    """How far the energy of an image is off."""
    own, events = session.config.energy_uncert, session.sample.events
    assert own is not None
    prefix = prefix_of(session.config, "energy")
    target = target_of("energy_error", "", own)
    trained = []
    for lesson in session.plan.of("energy_uncert"):
        images = session.sample.images[lesson.tel_type]
        energy = images.predicted[f"{prefix}_tel_energy"]
        error = energy_error(energy, events.truth["true_energy"][images.event])
        found = _uncertainty(session, lesson, error, target)
        if found is not None:
            images.predicted[f"{prefix}_tel_energy_uncert"] = energy * found
            trained.append(lesson.tel_type)
    own_columns = predictions.of_telescopes("energy_uncert", prefix)
    fill(session, "energy_uncert", trained, own_columns)


def train_disp_uncert(session: Session) -> None:
    """How far the direction of an image is off."""
    own, events = session.config.disp_uncert, session.sample.events
    assert own is not None
    prefix = prefix_of(session.config, "disp")
    target = target_of("direction_error", "deg", own)
    trained = []
    for lesson in session.plan.of("disp_uncert"):
        images = session.sample.images[lesson.tel_type]
        alt, az = (images.predicted[f"{prefix}_tel_{each}"] for each in ("alt", "az"))
        true = (events.truth[each][images.event] for each in ("true_alt", "true_az"))
        found = _uncertainty(session, lesson, direction_error(alt, az, *true), target)
        if found is not None:
            images.predicted[f"{prefix}_tel_ang_distance_uncert"] = found
            trained.append(lesson.tel_type)
    fill(
        session,
        "disp_uncert",
        trained,
        predictions.of_telescopes("disp_uncert", prefix),
    )


def _uncertainty(
    session: Session, lesson: Lesson, error: F8, target: Target
) -> F8 | None:
    images = session.sample.images[lesson.tel_type]
    trains = is_trained_on(session, lesson.section)[images.event]
    trains &= np.isfinite(error)
    found = session.learn(lesson, Goal(error, trains, target))
    if found is None:
        return None
    good = trains & np.isfinite(found[:, 0])
    metrics = figures.error_metrics(
        error[good], found[good, 0], np.zeros(0, np.int8), target.unit
    )
    tell(session, lesson, metrics, good)
    return found[:, 0]
