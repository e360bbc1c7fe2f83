"""``ctacol validate``: does a dataset, or a model, keep what is promised of it."""

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\
Checks names, types and units of all columns, checksums, the number of rows, that no key
stands twice, and that nothing lies there which no run has recorded. Of models: that
each one is whole and as it was written. Exit status 1 if anything is wrong.
"""

REMEDY_OF_MODELS = "Train them again with --overwrite, or copy them once more."
REMEDY = (
    "The run that made it repairs missing and damaged parts with --resume, and makes "
    "all of it anew with --overwrite."
)


def validate(
    path: Annotated[
        str, typer.Argument(metavar="DATASET|MODELS", help="Folder to check.")
    ],
) -> None:
    """Check a dataset or models: schema, checksums, completeness."""
    from cta_columnar import store  # noqa: PLC0415 - help must come at once

    of_models = store.holds_models(Path(path)) and not store.is_dataset(Path(path))
    problems = store.validate_models(path) if of_models else store.validate(path)
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        typer.echo(REMEDY_OF_MODELS if of_models else REMEDY, err=True)
        raise typer.Exit(1)
    typer.echo(f"{path}: all is well")
    if of_models:
        return
    for each in store.open_store(path).contents.skipped:
        typer.echo(f"left out: {each.path}: {each.reason}")
