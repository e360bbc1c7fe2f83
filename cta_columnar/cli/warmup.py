"""``ctacol warmup``: compile what the default chains use, once per machine."""

import typer

EPILOG = """\
Compiled code is kept below ~/.cache/cta_columnar, or NUMBA_CACHE_DIR if that is set; on
a cluster let that be a disk which all machines see, and do this once.
"""


def warmup() -> None:
    """Compile the default chains, for a first run without delay."""
    from cta_columnar.pipelines.warmup import warm_up  # noqa: PLC0415

    typer.echo(warm_up())
