"""``ctacol info``: what is in a raw file or a dataset."""

from typing import Annotated

import typer

EPILOG = """\
\b
Examples:
  ctacol info run.simtel.zst   telescopes, runs, number of events
  ctacol info dl1              tables, rows, telescope types, size, inputs
"""


def info(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A raw file, or the folder of a dataset."),
    ],
) -> None:
    """Say what is in a raw file or a dataset."""
    from cta_columnar.cli.contents import describe  # noqa: PLC0415 - see commands.py

    typer.echo("\n".join(describe(path)))
