"""A folder of trained models in words."""

import math
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cta_columnar.cli.text import columns, in_bytes, in_number
from cta_columnar.models import ARRAY
from cta_columnar.store import Models, is_models, load_table, load_training_share

MOST_IMPORTANT = 4


def describe_models(models: Models) -> Iterator[str]:
    """Say which models there are, and of a whole training how good they are."""
    yield f"{models.root}: trained models"
    yield from columns(list(_models(models)), indent="  ", right=(3, 4, 5))
    if not is_models(models.root):
        return
    share = load_training_share(models.root)
    yield (
        f"trained on {100 * share.fraction:g} % of the showers of "
        f"{in_number(len(share.runs), 'run')}, seed {share.seed}"
    )
    yield from _performance(models.root)


def _models(models: Models) -> Iterator[tuple[str, ...]]:
    for task, tel_types in models.types.items():
        for number, tel_type in enumerate(tel_types):
            known = models.describe(task, tel_type)
            folder = models.folder(task, tel_type)
            size = sum(path.stat().st_size for path in folder.iterdir())
            what = "event" if tel_type == ARRAY else "image"
            yield (
                "" if number else task,
                tel_type,
                known.estimator.name,
                in_number(len(known.features), "feature"),
                in_number(known.training.n_rows, what),
                in_bytes(size),
            )


def _performance(root: Path) -> Iterator[str]:
    if (root / "cross_validation.parquet").exists():
        yield "on events that they have not seen, all energies together:"
        yield from columns(list(_figures(root)), indent="  ", right=(3,))
    if (root / "importance.parquet").exists():
        yield "most important features, by how much worse it is if they are shuffled:"
        yield from columns(list(_features(root)), indent="  ")


def _figures(root: Path) -> Iterator[tuple[str, ...]]:
    table = pl.DataFrame(pl.from_arrow(load_table(root, "cross_validation")))
    before = ("", "")
    for row in table.filter(pl.col("energy_high").is_infinite()).to_dicts():
        here = row["task"], row["tel_type"]
        names = here if here != before else ("", "")
        before = here
        uncert, unit = row["value_uncert"], row["unit"]
        error = "" if math.isnan(uncert) else f"+- {uncert:.2g}"
        yield (*names, row["metric"], f"{row['value']:.3g}", error, unit)


def _features(root: Path) -> Iterator[tuple[str, ...]]:
    table = pl.DataFrame(pl.from_arrow(load_table(root, "importance")))
    groups = table.group_by("task", "tel_type", maintain_order=True)
    for (task, tel_type), rows in groups:
        best = rows.sort("permutation", descending=True, nulls_last=True)
        names = best["feature"].head(MOST_IMPORTANT)
        yield str(task), str(tel_type), ", ".join(names)
