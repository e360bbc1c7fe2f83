"""``ctacol validate``: does a dataset keep what the data model promises."""

from typing import Annotated

import typer

EPILOG = """\
Checks names, types and units of all columns, checksums, the number of rows, that no key
stands twice, and that nothing lies there which no run has recorded. Exit status 1 if
anything is wrong.
"""

REMEDY = (
    "The run that made it repairs missing and damaged parts with --resume, and makes "
    "all of it anew with --overwrite."
)


def validate(
    path: Annotated[str, typer.Argument(metavar="DATASET", help="Folder to check.")],
) -> None:
    """Check a dataset: schema, checksums, keys, completeness."""
    from cta_columnar import store  # noqa: PLC0415 - help must come at once

    problems = store.validate(path)
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        typer.echo(REMEDY, err=True)
        raise typer.Exit(1)
    typer.echo(f"{path}: all is well")
    for each in store.open_store(path).contents.skipped:
        typer.echo(f"left out: {each.path}: {each.reason}")
