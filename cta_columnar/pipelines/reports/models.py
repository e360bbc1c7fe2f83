"""What a report says of a folder of models."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cta_columnar.display.model_reports import TrainedModels
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY
from cta_columnar.store import (
    Models,
    is_models,
    load_table,
    load_training_share,
    open_models,
)


def read_models(root: Path) -> TrainedModels:
    """Read what a training left beside its models.

    Raises
    ------
    UserError
        If these are single models, of which nothing is known.
    """
    if not is_models(root):
        raise UserError(
            f"{root} has models, but nothing that says how good they are; ctacol run "
            "train writes that"
        )
    share, models = load_training_share(root), open_models(root)
    facts = [
        (
            "showers",
            f"{100 * share.fraction:g} % of each run, seed {share.seed}",
        ),
        ("runs", ", ".join(str(obs_id) for obs_id, _ in share.runs)),
    ]
    return TrainedModels(
        root.name,
        facts,
        list(_models(models)),
        _table(root, "cross_validation"),
        _table(root, "importance"),
        _table(root, "cut_flow"),
    )


def _models(models: Models) -> Iterator[tuple[str, ...]]:
    for task, tel_types in models.types.items():
        for tel_type in tel_types:
            known = models.describe(task, tel_type)
            what = "events" if tel_type == ARRAY else "images"
            yield (
                task,
                tel_type,
                known.estimator.name,
                str(len(known.features)),
                f"{known.training.n_rows:,} {what}",
            )


def _table(root: Path, name: str) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(load_table(root, name)))
