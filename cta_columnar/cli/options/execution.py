"""How a run goes: where, from where on, how much is said."""

from enum import StrEnum
from typing import Annotated

import typer

from cta_columnar.pipelines.running.executor_names import ExecutorName

PANEL = "How it runs"


class LogLevel(StrEnum):
    """How much is said on the way."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def _at_least_one(number: int | None) -> int | None:
    if number is not None and number < 1:
        raise typer.BadParameter(f"{number} is less than 1")
    return number


Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-w",
        metavar="N",
        callback=_at_least_one,
        help="Processes; by default one per processor. Results are the same.",
        rich_help_panel=PANEL,
    ),
]
Executor = Annotated[
    ExecutorName | None,
    typer.Option(
        "--executor",
        metavar="NAME",
        help="processes (default), or dask, which is for several machines.",
        rich_help_panel=PANEL,
        case_sensitive=False,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler whose workers do the work, e.g. tcp://host:8786.",
        rich_help_panel=PANEL,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="FILE.yaml",
        help="Batch system that begins Dask workers: ctacol config show cluster.",
        rich_help_panel=PANEL,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with a run that was stopped: what is done stays.",
        rich_help_panel=PANEL,
    ),
]
NoResume = Annotated[
    bool,
    # Not in the help, and not unknown either: the answer says what to do.
    typer.Option("--resume", hidden=True),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Check everything and say what would be done, but write nothing.",
        rich_help_panel=PANEL,
    ),
]
Logging = Annotated[
    LogLevel,
    typer.Option(
        "--log-level",
        metavar="LEVEL",
        help="debug, info, warning or error.",
        rich_help_panel=PANEL,
        case_sensitive=False,
    ),
]
