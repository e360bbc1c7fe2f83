"""What will be trained on what, and what not: known before any work is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cta_columnar.config import AlgorithmChoice, TrainConfig
from cta_columnar.config.train_sections import EventErrorConfig, ModelConfig
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY
from cta_columnar.stages.event_classes import MIN_EVENTS_PER_CLASS
from cta_columnar.stages.training.tally import Tally

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
        Images or events that it is trained on, at most.
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


def make_plan(config: TrainConfig, tally: Tally) -> Plan:
    """Plan which models are trained.

    Parameters
    ----------
    config : TrainConfig
        The training.
    tally : Tally
        Which images take part, and where others went.

    Raises
    ------
    UserError
        If no telescope type has enough images for a section, there are too few events,
        or one class only.
    """
    counts = tally.counts
    classes = tuple(n for n in config.classes if any(c[n] for c in counts.values()))
    lost = [n for n in config.classes if n not in classes and tally.of([n])[0]]
    skipped = [f"no model knows {name}: {tally.told([name])}" for name in lost]
    lessons = []
    for section in config.sections:
        wanted = [n for n in trained_classes(config, section) if n in classes]
        _check_wanted(config, section, classes, tally)
        if isinstance(getattr(config, section), EventErrorConfig):
            lessons.append(_of_events(config, section, wanted, tally))
            continue
        reasons = {t: _shortage(config, section, t, wanted, tally) for t in counts}
        types = [tel_type for tel_type, why in reasons.items() if not why]
        said = [f"{section}: {t}: {why}" for t, why in reasons.items() if why]
        if not types:
            told = "\n  ".join(said)
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
    config: TrainConfig, section: str, there: Sequence[str], tally: Tally
) -> None:
    """Refuse a section that is trained on classes of which nothing is left."""
    wanted = trained_classes(config, section)
    missing = [name for name in wanted if name not in there]
    if section != "particle":
        if len(missing) < len(wanted):
            return
        why = f"is trained on {' or '.join(wanted)}, and there is no image left"
    elif config.signal in there and len(there) > 1:
        return
    else:
        found = ", ".join(there) or "none"
        why = f"wants {config.signal} and another class, found {found}"
    told = "; ".join(f"{name}: {tally.told([name])}" for name in missing)
    add = ""
    if not all(tally.of([name])[0] for name in missing):
        add = "add another dataset to --input, or "
    raise UserError(f"{section}: {why} ({told}); {add}set {section} to null")


def _shortage(
    config: TrainConfig,
    section: str,
    tel_type: str,
    wanted: Sequence[str],
    tally: Tally,
) -> str:
    """Say why a telescope type cannot be trained; empty if it can."""
    # The classes of particles are told apart, so there must be some of each.
    groups = [[name] for name in wanted] if section == "particle" else [wanted]
    few = {
        names: int(n)
        for names in map(tuple, groups)
        if (n := tally.of(names, tel_type)[-1]) < config.min_rows
    }
    if not few:
        return ""
    said = ", ".join(
        f"{n} of {' and '.join(names)} ({tally.told(names, tel_type)})"
        for names, n in few.items()
    )
    said = f"{said}, fewer than min_rows {config.min_rows}"
    return said + remedy(config, section, [name for names in few for name in names])


def remedy(config: TrainConfig, section: str, scarce: Sequence[str]) -> str:
    """Say what to do if classes of particles are so scarce that there is no model.

    Parameters
    ----------
    config : TrainConfig
        The training.
    section : str
        Other sections than ``particle`` do not tell classes apart: empty.
    scarce : sequence of str
        Classes of which there are too few rows.
    """
    if section != "particle" or not scarce:
        return ""
    add = ""
    if config.signal not in scarce and len(config.classes) > len(scarce) + 1:
        named = " ".join(f"classes.{name}=null" for name in scarce)
        add = f", or train without the scarce class: {named}"
    return f"; lower min_rows{add}"


def fewest_events(config: TrainConfig, section: str) -> int:
    """Events that a section about whole events needs, for its classes of them too."""
    own = getattr(config, section)
    return max(config.min_rows, MIN_EVENTS_PER_CLASS * int(own.n_classes))


def _of_events(
    config: TrainConfig, section: str, wanted: Sequence[str], tally: Tally
) -> Lesson:
    """Plan a model of whole events, for which there must be enough of them."""
    n_events = sum(tally.n_events[name] for name in wanted)
    fewest = fewest_events(config, section)
    if n_events < fewest:
        n_classes = getattr(config, section).n_classes
        why = f"min_rows {config.min_rows}"
        if fewest > config.min_rows:
            why = f"the {fewest} that {n_classes} classes of events want"
        names = " and ".join(wanted)
        raise UserError(
            f"{section}: {n_events} events of {names} have an image to train on, fewer "
            f"than {why} (images: {tally.told(wanted)}); give more, or set {section} "
            "to null"
        )
    return Lesson(section, section, ARRAY, n_events)


def count_fits(plan: Plan, n_folds: int) -> int:
    """Fits that a plan takes, for progress."""
    return len(plan.lessons) * (n_folds + 1)
