"""Which models get other inputs than they were trained on, by other weights of images.

Later models have seen the energy, score and direction of events as they were combined
in the training. Whoever combines them in another way, now or in an earlier run, should
know what that concerns.
"""

from collections.abc import Iterator

from cta_columnar.models import Origin
from cta_columnar.stages.prediction_plan import Plan

_WHAT = {
    "energy": "the energy",
    "particle": "the score",
    "disp": "the direction by disp",
}


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
        reads it, or nobody noted how images were weighed.
    """
    concerned: dict[tuple[str, str, str], dict[str, None]] = {}
    for task, here, trained in _compared(plan):
        if trained != (here.weights,):
            case = (here.task, here.weights, " or ".join(trained))
            concerned.setdefault(case, {})[task] = None
    return [
        f"images are weighed by {weights} in {_WHAT[made]} of an event, in the "
        f"training by {trained}: the models of {', '.join(tasks)} get other inputs "
        "than they were trained on"
        for (made, weights, trained), tasks in concerned.items()
    ]


def _compared(plan: Plan) -> Iterator[tuple[str, Origin, tuple[str, ...]]]:
    """Yield who reads a column, what it is here, and its weights in the training."""
    for step in plan.steps:
        for key, known in step.models.items():
            for name, here in plan.sources.get(key, {}).items():
                there = known.reads[name]
                trained: tuple[str, ...] = (there.weights,)
                if not there.training:
                    trained = plan.trained_weights.get(here.task, ("",))
                if here.weights and any(trained):
                    yield key[0], here, trained
