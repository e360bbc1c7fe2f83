"""Columns that models read and other models made: the right ones, whatever their name.

A model knows who made such a column when it was trained (`Description.reads`). Here it
may have another prefix, or be something else under the same name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cta_columnar.errors import UserError
from cta_columnar.models import Description, Origin
from cta_columnar.schemas.dl2 import RECO
from cta_columnar.stages.applying import cuts_of
from cta_columnar.stages.features import columns_read
from cta_columnar.stages.prediction_step import Step

Key = tuple[str, str]
ABOUT = {
    "energy_error": ("reco_energy",),
    "direction_error": ("reco_energy", *RECO.names[:2]),
}
"""Columns that a task is about, whether its models read them or not."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where models find what others made.

    Attributes
    ----------
    names : dict
        By task and telescope type: what columns are called here that a model knows by
        another name.
    origins : dict of str to Origin
        Who made the columns that there are in the end.
    sources : dict
        By task and telescope type: what those columns are here that a model reads and
        models make, by the names that it knows them by.
    """

    names: dict[Key, dict[str, str]]
    origins: dict[str, Origin]
    sources: dict[Key, dict[str, Origin]]


def find_columns(
    steps: Sequence[Step], there: Mapping[str, Origin] | None, training: str
) -> Found:
    """Find for each model the columns that it was trained with.

    Parameters
    ----------
    steps : sequence of Step
        In their order.
    there : mapping of str to Origin, optional
        Columns of the input that models made; None if nobody knows.
    training : str
        Identity of the models.

    Raises
    ------
    UserError
        If one is not there, or others than in the training made it.
    """
    made = dict(there or {})
    names: dict[Key, dict[str, str]] = {}
    sources: dict[Key, dict[str, Origin]] = {}
    for step in steps:
        for key, known in step.models.items():
            places = dict(_places(known, made, training, there is None))
            names[key] = {name: at for name, at in places.items() if name != at}
            sources[key] = {n: made[at] for n, at in places.items() if at in made}
        made |= _written(step, training)
    return Found(names, made, sources)


def _written(step: Step, training: str) -> dict[str, Origin]:
    return {
        name: Origin.of(name, step.task, step.prefix, training, step.weights)
        for name in step.writes.names
    }


def _places(
    known: Description, made: Mapping[str, Origin], training: str, is_lenient: bool
) -> Iterator[tuple[str, str]]:
    """Yield each column as the model calls it, and its name here."""
    name_of = {origin.unweighted: name for name, origin in made.items()}
    read = columns_read(known.features, cuts_of(known))
    for name in dict.fromkeys((*read, *ABOUT.get(known.task, ()))):
        wanted = known.reads.get(name)
        if wanted is None:
            if name in made:
                raise _made_here(known, name, made[name])
            yield name, name
            continue
        place = name_of.get(
            replace(wanted.unweighted, training=wanted.training or training),
            # Of frames nobody knows who made their columns, as long as we do not.
            name if is_lenient and name not in made else None,
        )
        if place is None:
            raise _not_here(known, name, wanted)
        yield name, place


def _made_here(known: Description, name: str, origin: Origin) -> UserError:
    return UserError(
        f"the {known.title} is trained on {name!r} as no model made it, and here it is "
        f"what models of {origin.task} say; apply it to a dataset in which it is as in "
        "the training, or train it again on columns like these"
    )


def _not_here(known: Description, name: str, wanted: Origin) -> UserError:
    if wanted.training:
        whose = (
            f"models of {wanted.task} from another training ({wanted.training[:12]})"
        )
        remedy = "apply those to the input first, without others of that name behind"
    else:
        whose = f"models of {wanted.task} from its own training"
        remedy = f"apply {wanted.task} as well, or before, from the same folder"
    return UserError(
        f"the {known.title} is trained on {name!r} of {whose}, and no column here is "
        f"that: {remedy}"
    )
