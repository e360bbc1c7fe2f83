"""A folder of trained models in words."""

from collections.abc import Iterator

from cta_columnar.cli.text import columns, in_bytes, in_number
from cta_columnar.store import Models, load_training_share
from cta_columnar.store.training_share import FILE


def describe_models(models: Models) -> Iterator[str]:
    """Say which models there are, what they are made of, and of what they know."""
    yield f"{models.root}: trained models"
    rows = []
    for task, tel_types in models.types.items():
        for number, tel_type in enumerate(tel_types):
            known = models.describe(task, tel_type)
            size = sum(
                p.stat().st_size for p in models.folder(task, tel_type).iterdir()
            )
            rows.append(
                (
                    "" if number else task,
                    tel_type,
                    known.estimator.name,
                    in_number(len(known.features), "feature"),
                    in_number(known.training.n_rows, "row"),
                    in_bytes(size),
                )
            )
    yield from columns(rows, indent="  ", right=(3, 4, 5))
    if (models.root / FILE).exists():
        share = load_training_share(models.root)
        yield (
            f"trained on {100 * share.fraction:g} % of the showers of "
            f"{in_number(len(share.runs), 'run')}, seed {share.seed}"
        )
