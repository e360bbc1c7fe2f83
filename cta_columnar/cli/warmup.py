"""``ctacol warmup``: compile what most runs use, once per machine."""

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\
\b
Example:
  ctacol warmup run.simtel.zst

The first events of the file are processed and thrown away; what was compiled for them
is kept below ~/.cache/cta_columnar, or NUMBA_CACHE_DIR if that is set. On a cluster let
that be a disk which all machines see, and do this once before the jobs.
"""


def warmup(
    raw: Annotated[
        Path, typer.Argument(metavar="FILE", help="Any raw file; only read.")
    ],
) -> None:
    """Compile what most runs use, so that the first one need not wait."""
    # Here, not above: help must come at once.
    from cta_columnar.cli.text import in_seconds  # noqa: PLC0415
    from cta_columnar.pipelines.warmup import warm_up  # noqa: PLC0415

    seconds, folder = warm_up(raw)
    times = ", ".join(f"{stage} {in_seconds(t)}" for stage, t in seconds.items())
    typer.echo(f"compiled: {times}; kept in {folder}")
