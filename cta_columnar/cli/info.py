"""``ctacol info``: what is in a raw file or a dataset."""

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\
\b
Examples:
  ctacol info run.simtel.zst   telescopes, runs, number of events
  ctacol info dl1              tables, rows, telescope types, size, inputs
"""

COUNTED_AT_ONCE = 200e6  # bytes of a file that are read in a few seconds


def info(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A raw file, or the folder of a dataset."),
    ],
    count: Annotated[
        bool | None,
        typer.Option(
            "--count/--no-count",
            help="Read a raw file whole, to count events; by default if it is small.",
        ),
    ] = None,
) -> None:
    """Say what is in a raw file or a dataset."""
    # Here, not above: help must come at once.
    from cta_columnar.cli.contents import describe_dataset  # noqa: PLC0415
    from cta_columnar.cli.raw_contents import describe_raw  # noqa: PLC0415
    from cta_columnar.sources.base import open_source  # noqa: PLC0415
    from cta_columnar.store import open_store  # noqa: PLC0415

    if path.is_dir():
        lines = describe_dataset(open_store(path))
    else:
        source = open_source(
            path, focal_length_choice="EQUIVALENT", skip_calibration_events=False
        )
        if count is None:
            count = path.stat().st_size < COUNTED_AT_ONCE
        lines = describe_raw(source, count=count)
    for line in lines:
        typer.echo(line)
