"""``ctacol run planned``: an element of a plan."""

from typing import Annotated

import typer

from cta_columnar.cli import logs
from cta_columnar.cli.options import execution

EPILOG_P = """\
\b
Examples:
  ctacol run planned dl1 7      the shards of element 7, as the script does
  ctacol run planned dl1        all that is missing, here

It begins at once what is left, and is harmless if it was done, or is being done
elsewhere. Who does the last shard finishes the dataset. SIGTERM stops it; after
SIGUSR1 it begins no further shard.
"""


def planned(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="The --output of ctacol plan.")
    ],
    element: Annotated[
        int | None,
        typer.Argument(metavar="[ELEMENT]", help="Which one, from 0; else all."),
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(
            "--plan",
            metavar="DIGEST",
            help="Refuse if the dataset was planned anew since.",
        ),
    ] = None,
    workers: execution.Workers = 1,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Shards of a run that was planned."""
    logs.configure(log_level)
    # Only now: help must come before an array library is loaded.
    from cta_columnar.cli.progress import Reporter  # noqa: PLC0415
    from cta_columnar.cli.running import interruptible  # noqa: PLC0415
    from cta_columnar.cli.summary import to_text  # noqa: PLC0415
    from cta_columnar.pipelines.planning.planned import run_planned  # noqa: PLC0415

    again = "what was finished stays; the same command goes on from there"
    with interruptible(again), Reporter("planned") as report:
        summary, is_finished = run_planned(
            dataset, element, digest=digest, workers=workers, on_progress=report
        )
    typer.echo(to_text(summary))
    if is_finished:
        typer.echo(f"all shards are done: {dataset} is finished")
    elif element is not None:
        typer.echo(f"element {element} is done")
