"""Which models get other inputs than they were trained on, by other weights of images.

Later models have seen the energy, score and direction of events as they were combined
in the training. Whoever combines them in another way should know what that concerns.
"""

from collections.abc import Iterator, Sequence

from cta_columnar.models import Description
from cta_columnar.stages.applying import cuts_of
from cta_columnar.stages.features import columns_read
from cta_columnar.stages.prediction_of_events import (
    CombinedDirection,
    CombinedEnergy,
    CombinedParticle,
)
from cta_columnar.stages.prediction_plan import Plan
from cta_columnar.stages.prediction_step import Step

# The task whose models say how images were weighed, and what is made of them.
_MADE_OF = {
    CombinedEnergy: ("energy", "the energy"),
    CombinedParticle: ("particle", "the score"),
    CombinedDirection: ("disp_norm", "the direction by disp"),
}
Combined = CombinedEnergy | CombinedParticle | CombinedDirection


def changed_weights(plan: Plan) -> list[str]:
    """Tell which models read what is combined otherwise than in their training.

    Parameters
    ----------
    plan : Plan
        What stage 3 is to do.

    Returns
    -------
    list of str
        A sentence for each of energy, score and direction that is; none if nobody
        reads it.
    """
    told = []
    for number, step in enumerate(plan.steps):
        if not isinstance(step, Combined):
            continue
        made_of, what = _MADE_OF[type(step)]
        known = (each for (task, _), each in plan.models.items() if task == made_of)
        trained = sorted({each.use.weights for each in known})
        concerned = dict.fromkeys(_concerned(step, plan.steps[number + 1 :]))
        if concerned and trained != [step.weights]:
            told.append(
                f"images are weighed by {step.weights} in {what} of an event, in the "
                f"training by {' or '.join(trained)}: the models of "
                f"{', '.join(concerned)} get other inputs than they were trained on"
            )
    return told


def _concerned(step: Combined, later: Sequence[Step]) -> Iterator[str]:
    """Tasks whose models read what a step writes, or are about it."""
    written = set(step.writes.names)
    for other in later:
        for (task, _), known in other.models.items():
            read = {*columns_read(known.features, cuts_of(known))}
            read |= {*other.reads_of_events}
            if read & written or _is_about(known, step):
                yield task


def _is_about(known: Description, step: Combined) -> bool:
    return known.target.name == "disp_direction_error" and isinstance(
        step, CombinedDirection
    )
