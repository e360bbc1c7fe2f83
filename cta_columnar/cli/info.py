"""``ctacol info``: what is in a raw file, a dataset, models or event lists."""

from contextlib import closing
from typing import Annotated

import typer

EPILOG = """\
\b
Examples:
  ctacol info run.simtel.zst   telescopes, runs, number of events
  ctacol info dl1              tables, rows, telescope types, size, inputs
  ctacol info models           which models, how good, by which features
  ctacol info irf              which responses, of what, how good
  ctacol info dl3              which observations, how many events
  ctacol info prod6            which raw files and datasets are in a folder
"""

COUNTED_AT_ONCE = 200e6  # bytes of a file that are read in a few seconds


def info(
    name: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="A raw file, a dataset, models, responses, or a folder.",
        ),
    ],
    count: Annotated[
        bool | None,
        typer.Option(
            "--count/--no-count",
            help="Read a raw file whole, to count events; by default if it is small.",
        ),
    ] = None,
) -> None:
    """Say what is in a raw file, a dataset, models, or responses."""
    # Here, not above: help must come at once.
    from cta_columnar.cli.contents import describe_dataset  # noqa: PLC0415
    from cta_columnar.cli.dl3_contents import describe_event_lists  # noqa: PLC0415
    from cta_columnar.cli.folder_contents import describe_folder  # noqa: PLC0415
    from cta_columnar.cli.irf_contents import describe_irf  # noqa: PLC0415
    from cta_columnar.cli.model_contents import describe_models  # noqa: PLC0415
    from cta_columnar.cli.raw_contents import describe_raw  # noqa: PLC0415
    from cta_columnar.remote import location  # noqa: PLC0415
    from cta_columnar.sources.base import open_source  # noqa: PLC0415
    from cta_columnar.store import (  # noqa: PLC0415
        holds_models,
        is_dataset,
        is_irf,
        open_irf,
        open_models,
        open_store,
    )
    from cta_columnar.store.gadf import is_dl3  # noqa: PLC0415

    path = location(name)
    if is_dataset(path):
        typer.echo("\n".join(describe_dataset(open_store(path))))
        return
    if holds_models(path):
        typer.echo("\n".join(describe_models(open_models(path))))
        return
    if is_irf(path):
        typer.echo("\n".join(describe_irf(open_irf(path))))
        return
    if is_dl3(path):
        typer.echo("\n".join(describe_event_lists(path)))
        return
    if path.is_dir():
        typer.echo("\n".join(describe_folder(path)))
        return
    every = {"focal_length_choice": "EQUIVALENT", "skip_calibration_events": False}
    with closing(open_source(path, **every)) as source:
        is_small = path.stat().st_size < COUNTED_AT_ONCE
        for line in describe_raw(source, count=is_small if count is None else count):
            typer.echo(line)
