"""What each section trains: targets, columns of predictions, figures of merit."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cta_columnar.array_types import F8, Mask
from cta_columnar.config.train import EventErrorConfig, ModelConfig
from cta_columnar.models import ARRAY, Target, Use
from cta_columnar.stages.combination import (
    combine_directions,
    combine_energies,
    combine_scores,
    disp_to_altaz,
)
from cta_columnar.stages.event_classes import find_classes
from cta_columnar.stages.prediction_of_images import POSITIVE
from cta_columnar.stages.training import performance as figures
from cta_columnar.stages.training.columns import prefix_of
from cta_columnar.stages.training.plan import Lesson, trained_classes
from cta_columnar.stages.training.session import Session
from cta_columnar.stages.training.targets import (
    DISP_COLUMNS,
    direction_error,
    energy_error,
    separation,
    true_disp,
)

SIGNS = ("negative", POSITIVE)
"""Classes of ``disp_sign``: on which side of the centroid the source lies."""

_LOG: Mapping[bool, str] = {True: "log10", False: "none"}


def _target(name: str, unit: str, own: ModelConfig) -> Target:
    is_log = bool(getattr(own, "log_target", False))
    return Target(name, unit, "log10" if is_log else "none")


def _is_trained_on(session: Session, section: str) -> Mask:
    """bool[n]: events of the classes that a section is trained on."""
    names = list(session.config.classes)
    wanted = [names.index(each) for each in trained_classes(session.config, section)]
    return np.isin(session.sample.events.label, wanted)


def train_energy(session: Session) -> None:
    """Energy, from each image, then of events."""
    own, sample = session.config.energy, session.sample
    assert own is not None
    prefix = prefix_of(session.config, "energy")
    use = Use(own.prefix or "", session.config.image_weights)
    target = _target("true_energy", "TeV", own)
    trains, truth = _is_trained_on(session, "energy"), sample.events.truth
    for lesson in session.plan.of("energy"):
        images = sample.images[lesson.tel_type]
        true = truth["true_energy"][images.event]
        found = session.learn(lesson, true, trains[images.event], target, use=use)
        if found is None:
            continue
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
        _tell(session, lesson, metrics, good)
    names = (f"{prefix}_tel_is_valid", f"{prefix}_tel_energy")
    columns = sample.combined(combine_energies, names, log_target=own.log_target)
    made = _prefixed(prefix, columns)
    made |= {
        "reco_energy": columns["energy"],
        "reco_energy_uncert": columns["energy_uncert"],
    }
    sample.events.predicted.update(made)
    good = trains & np.isfinite(columns["energy"])
    metrics = figures.energy_metrics(
        columns["energy"][good], truth["true_energy"][good]
    )
    _tell(session, _of_events("energy"), metrics, good)


def train_particle(session: Session) -> None:
    """Probability of each class, from each image, then of events."""
    config, sample = session.config, session.sample
    own = config.particle
    assert own is not None
    prefix, classes = prefix_of(config, "particle"), session.plan.classes
    use = Use(own.prefix or "", config.image_weights, config.signal)
    signal, numbers = classes.index(config.signal), list(config.classes)
    # Numbers of the classes that there are.
    known = np.array([classes.index(n) if n in classes else -1 for n in numbers] + [-1])
    label = known[sample.events.label]
    target, everything = Target("true_shower_primary_id"), np.ones(label.shape, bool)
    for lesson in session.plan.of("particle"):
        images = sample.images[lesson.tel_type]
        own_label = label[images.event]
        found = session.learn(
            lesson, own_label, everything[images.event], target, classes, use
        )
        if found is None:
            continue
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
        _tell(session, lesson, metrics, valid, kind="reconstructed")
    columns = {}
    for name in classes:
        names = (f"{prefix}_tel_is_valid", f"{prefix}_tel_probability_{name}")
        columns = sample.combined(combine_scores, names)
        sample.events.predicted[f"{prefix}_probability_{name}"] = columns["prediction"]
    score = sample.events.predicted[f"{prefix}_probability_{config.signal}"]
    made = {"is_valid": columns["is_valid"], "prediction": score}
    sample.events.predicted.update(_prefixed(prefix, made) | {"gh_score": score})
    good = np.isfinite(score)
    metrics = figures.class_metrics(score[good], label[good], signal, classes)
    _tell(session, _of_events("particle"), metrics, good, kind="reconstructed")


def train_disp(session: Session) -> None:
    """Direction by the disp method, from each image, then of events."""
    config, sample = session.config, session.sample
    own = config.disp
    assert own is not None
    prefix, trains = own.prefix, _is_trained_on(session, "disp")
    use = Use(prefix, config.image_weights)
    norm_target = _target("disp_norm", "deg", own)
    truth = sample.events.truth
    for norm, sign in zip(
        session.plan.of("disp_norm"), session.plan.of("disp_sign"), strict=True
    ):
        images = sample.images[norm.tel_type]
        table = sample.table(norm.tel_type, DISP_COLUMNS)
        columns = {name: table[name].to_numpy() for name in DISP_COLUMNS}
        disp = true_disp(columns, project=own.project)
        own_trains = trains[images.event] & np.isfinite(disp)
        length = session.learn(norm, np.abs(disp), own_trains, norm_target, use=use)
        side = session.learn(
            sign,
            (disp > 0).astype(np.int64),
            own_trains,
            Target("disp_sign"),
            SIGNS,
            use,
        )
        if length is None or side is None:
            continue
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
        _tell(session, norm, figures.direction_metrics(error[good]), good)
        _tell(session, sign, figures.sign_metrics(found[good], disp[good]), good)
    names = tuple(f"{prefix}_tel_{each}" for each in ("is_valid", "alt", "az"))
    made = sample.combined(combine_directions, names)
    sample.events.predicted.update(_prefixed(prefix, made))
    if config.best_direction == "disp":
        sample.events.predicted.update(
            {f"reco_{name}": made[name] for name in ("alt", "az", "is_valid")}
        )
    good = trains & np.isfinite(made["alt"])
    error = _separation(truth, slice(None), made["alt"], made["az"])
    metrics = figures.direction_metrics(error[good])
    _tell(session, _of_events("disp"), metrics, good)


def _separation(truth: Mapping[str, F8], rows: object, alt: F8, az: F8) -> F8:
    true_alt, true_az = truth["true_alt"], truth["true_az"]
    return separation(alt, az, true_alt[rows], true_az[rows])  # type: ignore[call-overload]


def train_energy_uncert(session: Session) -> None:
    """How far the energy of an image is off."""
    own, events = session.config.energy_uncert, session.sample.events
    assert own is not None
    prefix = prefix_of(session.config, "energy")
    target = _target("energy_error", "", own)
    for lesson in session.plan.of("energy_uncert"):
        images = session.sample.images[lesson.tel_type]
        energy = images.predicted.get(f"{prefix}_tel_energy")
        if energy is None:
            continue
        error = energy_error(energy, events.truth["true_energy"][images.event])
        found = _uncertainty(session, lesson, error, target)
        if found is not None:
            images.predicted[f"{prefix}_tel_energy_uncert"] = energy * found


def train_disp_uncert(session: Session) -> None:
    """How far the direction of an image is off."""
    own, events = session.config.disp_uncert, session.sample.events
    assert own is not None
    prefix = prefix_of(session.config, "disp")
    target = _target("direction_error", "deg", own)
    for lesson in session.plan.of("disp_uncert"):
        images = session.sample.images[lesson.tel_type]
        if f"{prefix}_tel_alt" not in images.predicted:
            continue
        alt, az = (images.predicted[f"{prefix}_tel_{each}"] for each in ("alt", "az"))
        true = (events.truth[each][images.event] for each in ("true_alt", "true_az"))
        found = _uncertainty(session, lesson, direction_error(alt, az, *true), target)
        if found is not None:
            images.predicted[f"{prefix}_tel_ang_distance_uncert"] = found


def _uncertainty(
    session: Session, lesson: Lesson, error: F8, target: Target
) -> F8 | None:
    images = session.sample.images[lesson.tel_type]
    trains = _is_trained_on(session, lesson.section)[images.event]
    trains &= np.isfinite(error)
    found = session.learn(lesson, error, trains, target)
    if found is None:
        return None
    good = trains & np.isfinite(found[:, 0])
    metrics = figures.error_metrics(
        error[good], found[good, 0], np.zeros(0, np.int8), target.unit
    )
    _tell(session, lesson, metrics, good)
    return found[:, 0]


def train_energy_error(session: Session) -> None:
    """How far the energy of an event is off, and classes of events by that."""
    own, events = session.config.energy_error, session.sample.events
    assert own is not None
    error = energy_error(events.predicted["reco_energy"], events.truth["true_energy"])
    _event_error(session, "energy_error", own, error, "")


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
    _event_error(session, "direction_error", own, error, "deg")


def _event_error(
    session: Session, task: str, own: EventErrorConfig, error: F8, unit: str
) -> None:
    trains = _is_trained_on(session, task) & np.isfinite(error)
    (lesson,) = session.plan.of(task)
    found = session.learn(lesson, error, trains, _target(task, unit, own))
    if found is None:
        return
    predicted = found[:, 0]
    energy = session.sample.event_table(["reco_energy"])["reco_energy"].to_numpy()
    good = trains & np.isfinite(predicted)
    classes = find_classes(
        energy[good],
        predicted[good],
        n_classes=own.n_classes,
        bins_per_decade=own.bins_per_decade,
    )
    session.results.classes[task] = classes
    number = classes.of(energy, predicted)
    session.sample.events.predicted.update({task: predicted, f"{task}_class": number})
    metrics = figures.error_metrics(error[good], predicted[good], number[good], unit)
    _tell(session, lesson, metrics, good, kind="reconstructed")


def _prefixed(prefix: str, columns: Mapping[str, F8]) -> dict[str, F8]:
    """Name columns of events; lists of telescopes are no features, so they stay out."""
    return {f"{prefix}_{n}": columns[n] for n in columns if n != "telescopes"}


def _of_events(task: str) -> Lesson:
    return Lesson(task, task, ARRAY, 0)


def _tell(
    session: Session,
    lesson: Lesson,
    metrics: Sequence[figures.Metric],
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
    where = session.event_of(lesson)
    table = figures.performance(
        lesson.task,
        lesson.tel_type,
        metrics,
        energy[where][rows],
        events.fold[where][rows],
        kind,
    )
    session.results.performance.append(table)


TRAINERS: Mapping[str, Callable[[Session], None]] = {
    "energy": train_energy,
    "particle": train_particle,
    "disp": train_disp,
    "energy_uncert": train_energy_uncert,
    "disp_uncert": train_disp_uncert,
    "energy_error": train_energy_error,
    "direction_error": train_direction_error,
}
"""By section."""
