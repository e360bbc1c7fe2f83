"""From models to a plan for stage 3, checked before any event is read."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models import Description, ModelSource, Origin
from cta_columnar.stages.applying import cuts_of
from cta_columnar.stages.prediction_of_events import (
    INVERSE_VARIANCE,
    CombinedDirection,
    CombinedEnergy,
    CombinedParticle,
    ErrorOfEvents,
    check_weights,
)
from cta_columnar.stages.prediction_of_images import (
    POSITIVE,
    DispOfImages,
    EnergyOfImages,
    ParticleOfImages,
    UncertaintyOfImages,
)
from cta_columnar.stages.prediction_origins import find_columns
from cta_columnar.stages.prediction_plan import AS_MODELS_SAY, Plan, Wish, Wishes
from cta_columnar.stages.prediction_step import Models, Step

V = TypeVar("V")

# Tasks that combine images, and the models that say how these were weighed.
_WEIGHTS_OF = {"energy": "energy", "particle": "particle", "disp": "disp_norm"}

# Units of what models predict. Errors of energies are those of their logarithms.
_UNITS = {
    "energy": "TeV",
    "disp_norm": "deg",
    "energy_uncert": "",
    "disp_uncert": "deg",
    "energy_error": "",
    "direction_error": "deg",
}


def plan_of(
    models: ModelSource,
    wishes: Wishes = AS_MODELS_SAY,
    there: Mapping[str, Origin] | None = None,
) -> Plan:
    """Find the steps for which there are models.

    Parameters
    ----------
    models : ModelSource
        What there is.
    wishes : Wishes
        What is to be applied, and how.
    there : mapping of str to Origin, optional
        Columns of the input that models made. By default nobody knows.

    Raises
    ------
    UserError
        If models of one task differ in what they should share, predict something else
        than their task, two tasks would have columns of one name, there is no model
        for any task, or one reads a column that other models made than in the training.
    """
    known = _Known(models)
    steps: list[Step] = []
    late: list[Step] = []
    if wishes.energy is not None and "energy" in models.types:
        steps += _energy_steps(known, wishes.energy, late)
    if wishes.particle is not None and "particle" in models.types:
        steps += _particle_steps(known, wishes.particle)
    if wishes.disp is not None and {"disp_norm", "disp_sign"} & models.types.keys():
        steps += _disp_steps(known, wishes, late)
    elif wishes.best_direction == "disp":
        raise UserError("best_direction disp wants models disp_norm and disp_sign")
    steps += late
    for task in ("energy_error", "direction_error"):
        if getattr(wishes, task) and task in models.types:
            of_task = known.of(task)
            _check_direction(of_task, wishes.best_direction)
            models.event_classes(task)  # now, if they are damaged
            steps.append(ErrorOfEvents(task, of_task))
    if not steps:
        tasks = ", ".join(models.types) or "none"
        raise UserError(f"no model is to be applied; there are: {tasks}")
    _check_names(steps)
    found = find_columns(steps, there, models.identity)
    return Plan(
        tuple(steps), found.names, found.origins, found.sources, _trained_weights(known)
    )


def _trained_weights(known: "_Known") -> dict[str, tuple[str, ...]]:
    """Weights of images in the training, also of tasks that are not applied."""
    return {
        made: tuple(sorted({each.use.weights for each in known.of(task).values()}))
        for made, task in _WEIGHTS_OF.items()
        if known.has(task)
    }


def _energy_steps(known: "_Known", wish: Wish, late: list[Step]) -> list[Step]:
    of_task = known.of("energy")
    prefix, weights = _columns(of_task, wish, known.has("energy_uncert"))
    log_target = _agreed(of_task, "transform", lambda each: each.target.transform)
    steps: list[Step] = [EnergyOfImages(prefix, of_task)]
    if known.has("energy_uncert"):
        of_uncertainty = known.of("energy_uncert")
        step = UncertaintyOfImages(prefix, of_uncertainty, "energy_uncert")
        (steps if weights == INVERSE_VARIANCE else late).append(step)
    return [*steps, CombinedEnergy(prefix, weights, log_target == "log10")]


def _particle_steps(known: "_Known", wish: Wish) -> list[Step]:
    of_task = known.of("particle")
    prefix, weights = _columns(of_task, wish, has_uncertainty=False)
    classes = _agreed(of_task, "classes", lambda each: each.classes)
    signal = _agreed(of_task, "signal", lambda each: each.use.signal or "gamma")
    if signal not in classes:
        raise UserError(
            f"particle: no class {signal!r}; {did_you_mean(signal, classes)}"
        )
    return [
        ParticleOfImages(prefix, of_task, classes, signal),
        CombinedParticle(prefix, weights, classes, signal),
    ]


def _disp_steps(known: "_Known", wishes: Wishes, late: list[Step]) -> list[Step]:
    norm, sign = known.of("disp_norm"), known.of("disp_sign")
    alone = {t for _, t in norm} ^ {t for _, t in sign}
    if alone:
        raise UserError(
            f"{', '.join(sorted(alone))} has one of disp_norm and disp_sign, and not "
            "the other; train both"
        )
    for each in sign.values():
        if POSITIVE not in each.classes or len(each.classes) != 2:
            raise UserError(
                f"the {each.title} has the classes {each.classes}, not positive"
            )
    prefix, weights = _columns(norm, wishes.disp or Wish(), known.has("disp_uncert"))
    steps: list[Step] = [DispOfImages(prefix, norm | sign)]
    if known.has("disp_uncert"):
        of_uncertainty = known.of("disp_uncert")
        step = UncertaintyOfImages(prefix, of_uncertainty, "disp_uncert")
        (steps if weights == INVERSE_VARIANCE else late).append(step)
    is_best = wishes.best_direction == "disp"
    return [*steps, CombinedDirection(prefix, weights, is_best)]


class _Known:
    """Descriptions of models, each read once."""

    def __init__(self, models: ModelSource) -> None:
        self._models = models

    def has(self, task: str) -> bool:
        return task in self._models.types

    def of(self, task: str) -> dict[tuple[str, str], Description]:
        """Describe the models of a task."""
        types = self._models.types.get(task, ())
        found = {(task, each): self._models.describe(task, each) for each in types}
        for known in found.values():
            unit = _UNITS.get(task, known.target.unit)
            if known.target.unit != unit:
                raise UserError(
                    f"the {known.title} predicts in {known.target.unit!r}, not in "
                    f"{unit!r}; train it again"
                )
            cuts_of(known)
        return found


def _columns(of_task: Models, wish: Wish, has_uncertainty: bool) -> tuple[str, str]:
    prefix = wish.prefix or _agreed(of_task, "prefix", lambda each: each.prefix)
    weights = wish.weights or _agreed(of_task, "weights", lambda each: each.use.weights)
    check_weights(weights, has_uncertainty=has_uncertainty)
    return prefix, weights


def _agreed(of_task: Models, what: str, get: Callable[[Description], V]) -> V:
    """Return what all models of a task have in common."""
    values = {key: get(known) for key, known in of_task.items()}
    if len(set(values.values())) > 1:
        listed = ", ".join(f"{key[1]} {value}" for key, value in values.items())
        task = next(iter(values))[0]
        raise UserError(f"models of {task} differ in their {what}: {listed}")
    return next(iter(values.values()))


def _check_direction(of_task: Models, best_direction: str) -> None:
    for known in of_task.values():
        trained = known.target.name.removesuffix("_direction_error")
        if trained in ("geometry", "disp") and trained != best_direction:
            raise UserError(
                f"the {known.title} is about the direction of {trained}: set "
                f"best_direction to {trained}, or direction_error to false"
            )


def _check_names(steps: Sequence[Step]) -> None:
    for of_events in (False, True):
        names = [n for s in steps if s.of_events == of_events for n in s.writes.names]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise UserError(f"two tasks would write {', '.join(double)}: set a prefix")
