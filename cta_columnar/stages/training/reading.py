"""Which columns models read that models made: noted, so that stage 3 finds the same."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from cta_columnar.config import TrainConfig
from cta_columnar.config.train import SECTIONS
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, Feature, Origin
from cta_columnar.schemas import predictions
from cta_columnar.schemas.dl2 import RECO
from cta_columnar.stages.features import columns_read
from cta_columnar.stages.prediction_origins import ABOUT
from cta_columnar.stages.training.columns import added_columns, prefix_of
from cta_columnar.stages.training.plan import Lesson


def columns_of_models(
    config: TrainConfig,
    lesson: Lesson,
    features: Sequence[Feature],
    stored: Mapping[str, Origin],
    classes: Sequence[str],
) -> dict[str, Origin]:
    """Return who made the columns that a model reads or is about.

    Parameters
    ----------
    config : TrainConfig
        The training.
    lesson : Lesson
        The model.
    features : sequence of Feature
        What it reads.
    stored : mapping of str to Origin
        Columns of the input that models made.
    classes : sequence of str
        Classes of particles that there are.

    Raises
    ------
    UserError
        If images are chosen by a column that the training makes anew before.
    """
    own = _made_before(config, lesson.section, classes)
    names = {*columns_read(features), *ABOUT.get(lesson.task, ())}
    made = {**stored, **own}
    read = {name: made[name] for name in sorted(names) if name in made}
    for cut in config.quality if lesson.tel_type != ARRAY else ():
        for name in cut.columns:
            if name in own and name in stored:
                raise UserError(
                    f"quality: {cut.name}: reads {name!r} of the input, which "
                    f"{own[name].task} makes anew before {lesson.task} is trained; "
                    "choose images by a column that stays"
                )
            if name in stored:
                read[name] = stored[name]
    return read


def _made_before(
    config: TrainConfig, section: str, classes: Sequence[str]
) -> dict[str, Origin]:
    """Columns that sections before one make."""
    made: dict[str, Origin] = {}
    earlier: set[str] = set()
    for each, after in pairwise(SECTIONS[: SECTIONS.index(section) + 1]):
        names = {n for s in added_columns(config, after, classes) for n in s.names}
        if each == "disp" and config.best_direction == "disp":
            names |= set(RECO.names)
        if new := names - earlier:
            of_errors = each in predictions.ERRORS
            prefix = (
                "" if of_errors else prefix_of(config, each.removesuffix("_uncert"))
            )
            made |= {name: Origin.of(name, each, prefix) for name in new}
        earlier |= names
    return made
