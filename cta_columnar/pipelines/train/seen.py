"""Predictions as features of events that the models that made them were trained on."""

import polars as pl

from cta_columnar.config import TrainConfig
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY
from cta_columnar.pipelines.train.rows import DatasetRows
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.schemas.predictions import TRAINED_ON
from cta_columnar.stages.training.columns import section_features
from cta_columnar.stages.training.plan import Plan
from cta_columnar.stages.training.reading import columns_of_models
from cta_columnar.stages.training.rows import DATASET

_SEEN = TRAINED_ON.names[0]


def refuse_seen(rows: DatasetRows, plan: Plan, config: TrainConfig) -> None:
    """Refuse to learn from predictions that are better than those of other events.

    Raises
    ------
    UserError
        If there are such, with their number.
    """
    names = _columns_of_others(rows, plan, config)
    if not names:
        return
    seen, n_events = (_count(rows, only_seen=each) for each in (True, False))
    if seen:
        raise UserError(
            f"{', '.join(names)}: {seen} of {n_events} events to train on are such "
            "that the models that say this were trained on, so it is too good there. "
            "Apply those models to stage 2 with trained_on=drop and train on what is "
            "left, with another seed; or do not read these columns"
        )


def _columns_of_others(rows: DatasetRows, plan: Plan, config: TrainConfig) -> list[str]:
    """Columns that models read and those of another training made."""
    found = set()
    for lesson in plan.lessons:
        is_array = lesson.tel_type == ARRAY
        stored = rows.event_schema() if is_array else rows.schema(lesson.tel_type)
        features, _ = section_features(config, lesson.section, stored, plan.classes)
        read = columns_of_models(config, lesson, features, rows.origins, plan.classes)
        found |= {name for name, origin in read.items() if origin.training}
    return sorted(found)


def _count(rows: DatasetRows, *, only_seen: bool) -> int:
    """Count array events whose images take part."""
    keys = [DATASET, *EVENT_NAMES]
    there = [
        (each.filter(pl.col(_SEEN)) if only_seen else each).select(keys).unique()
        for tel_type in rows.tally.counts
        for each in rows.slices(tel_type, [*keys, _SEEN])
    ]
    return pl.concat(there).unique().height
