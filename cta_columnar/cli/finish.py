"""``ctacol finish``: close a dataset whose planned shards are all done."""

from typing import Annotated

import typer

EPILOG = """\
\b
Example:
  ctacol finish dl1

Whoever does the last shard of a plan does this, too: it is for the case that just this
process was killed. If shards are missing, it says in which elements they are.
"""


def finish(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="The --output of ctacol plan.")
    ],
) -> None:
    """Close a dataset whose planned shards are done."""
    # Here, not above: help must come at once.
    from cta_columnar.cli.summary import to_text  # noqa: PLC0415
    from cta_columnar.pipelines.planning.planned import finish as close  # noqa: PLC0415

    typer.echo(to_text(close(dataset)))
