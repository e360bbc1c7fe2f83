"""``ctacol validate``: does what was written keep what is promised of it."""

from collections.abc import Callable
from typing import Annotated

import typer

EPILOG = """\
Checks names, types and units of all columns, checksums, the number of rows, that no key
stands twice, and that nothing lies there which no run has recorded. Of models and of
responses: that each one is whole and as it was written. Of event lists, whoever wrote
them: that they keep the format, GADF. Exit status 1 if anything is wrong.
"""

REMEDY_OF_MODELS = "Train them again with --overwrite, or copy them once more."
REMEDY_OF_IRF = "Make them again with --overwrite, or copy them once more."
REMEDY_OF_LISTS = "Make them again with --overwrite, or mend what wrote them."
REMEDY = (
    "The run that made it repairs missing and damaged parts with --resume, and makes "
    "all of it anew with --overwrite."
)


def validate(
    path: Annotated[
        str, typer.Argument(metavar="DATASET|MODELS|IRF|DL3", help="Folder to check.")
    ],
) -> None:
    """Check a dataset, models, responses or event lists."""
    from cta_columnar import store  # noqa: PLC0415 - help must come at once
    from cta_columnar.remote import location  # noqa: PLC0415
    from cta_columnar.store import gadf  # noqa: PLC0415

    check: Callable[[str], list[str]] = store.validate
    remedy = REMEDY
    folder = location(path)
    if store.holds_models(folder) and not store.is_dataset(folder):
        check, remedy = store.validate_models, REMEDY_OF_MODELS
    elif store.is_irf(path):
        check, remedy = store.validate_irf, REMEDY_OF_IRF
    elif gadf.is_dl3(path):
        check, remedy = gadf.validate_dl3, REMEDY_OF_LISTS
    problems = check(path)
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        typer.echo(remedy, err=True)
        raise typer.Exit(1)
    typer.echo(f"{path}: all is well")
    if check is not store.validate:
        return
    for each in store.open_store(path).contents.skipped:
        typer.echo(f"left out: {each.path}: {each.reason}")
