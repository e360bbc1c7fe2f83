"""``ctacol validate``: do datasets, models and event lists keep what is promised."""

from collections.abc import Sequence
from typing import Annotated

import typer

EPILOG = """\
Checks names, types and units of all columns, checksums, the number of rows, that no key
stands twice, and that nothing lies there which no run has recorded. Of models: that
each one is whole and as it was written. Of event lists, whoever wrote them: that they
keep the format, GADF. Exit status 1 if anything is wrong.
"""

REMEDY_OF_MODELS = "Train them again with --overwrite, or copy them once more."
REMEDY_OF_LISTS = "Make them again with --overwrite, or mend what wrote them."
REMEDY = (
    "The run that made it repairs missing and damaged parts with --resume, and makes "
    "all of it anew with --overwrite."
)


def validate(
    path: Annotated[
        str, typer.Argument(metavar="DATASET|MODELS|DL3", help="Folder to check.")
    ],
) -> None:
    """Check a dataset, models or event lists: schema, checksums, completeness."""
    from cta_columnar import store  # noqa: PLC0415 - help must come at once
    from cta_columnar.store import gadf  # noqa: PLC0415

    if gadf.is_dl3(path):
        _tell(path, gadf.validate_dl3(path), REMEDY_OF_LISTS)
        return
    of_models = store.is_models(path)
    problems = store.validate_models(path) if of_models else store.validate(path)
    _tell(path, problems, REMEDY_OF_MODELS if of_models else REMEDY)
    if of_models:
        return
    for each in store.open_store(path).contents.skipped:
        typer.echo(f"left out: {each.path}: {each.reason}")


def _tell(path: str, problems: Sequence[str], remedy: str) -> None:
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        typer.echo(remedy, err=True)
        raise typer.Exit(1)
    typer.echo(f"{path}: all is well")
