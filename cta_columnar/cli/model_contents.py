"""A folder of models in words."""

import math
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cta_columnar.cli.text import columns, in_bytes, in_number
from cta_columnar.models import ARRAY
from cta_columnar.store import Models, load_table, load_training_share, open_models

MOST_IMPORTANT = 4


def describe_models(root: Path) -> Iterator[str]:
    """Say which models there are, how good they are, and by which features."""
    share, models = load_training_share(root), open_models(root)
    n_models = sum(map(len, models.types.values()))
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    yield f"{root}: {in_number(n_models, 'model')}"
    facts = [
        ("size", in_bytes(size)),
        ("trained on", f"{100 * share.fraction:g} % of the showers, seed {share.seed}"),
        ("runs", ", ".join(str(obs_id) for obs_id, _ in share.runs)),
    ]
    yield from columns(facts, indent="  ")
    yield "models:"
    yield from columns(list(_models(models)), indent="  ", right=(3, 4))
    yield "on events that they have not seen, all energies together:"
    yield from columns(list(_figures(root)), indent="  ", right=(3,))
    yield "most important features, by how much worse it is without:"
    yield from columns(list(_features(root)), indent="  ")


def _models(models: Models) -> Iterator[tuple[str, ...]]:
    before = ""
    for task, types in models.types.items():
        for tel_type in types:
            known = models.describe(task, tel_type)
            what = "event" if tel_type == ARRAY else "image"
            yield (
                task if task != before else "",
                tel_type,
                known.estimator.name,
                in_number(len(known.features), "feature"),
                in_number(known.training.n_rows, what),
            )
            before = task


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
    for (task, tel_type), rows in table.group_by(
        "task", "tel_type", maintain_order=True
    ):
        best = rows.sort("permutation", descending=True, nulls_last=True)
        names = best["feature"].head(MOST_IMPORTANT)
        yield str(task), str(tel_type), ", ".join(names)
