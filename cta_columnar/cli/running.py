"""Run a pipeline, show how it goes, and say what came of it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from cta_columnar.cli import logs
from cta_columnar.cli.options import execution


def run_and_tell(stage: str, log_level: execution.LogLevel, **keywords: Any) -> None:  # noqa: ANN401
    """Call `cta_columnar.run` with these keywords, for a verb of the command line."""
    logs.configure(log_level)
    stays = "what was finished stays; the same command with --resume goes on from there"
    # A training has the option only to say that there is nothing to resume.
    may_resume = "resume" in keywords and stage != "train"
    with interruptible(stays if may_resume else "nothing was written"):
        # Only now: help must come before an array library is loaded.
        with _loading():
            from cta_columnar.cli.progress import Reporter  # noqa: PLC0415
            from cta_columnar.cli.summary import to_text  # noqa: PLC0415
            from cta_columnar.pipelines.reports.run import BESIDE  # noqa: PLC0415
            from cta_columnar.pipelines.run import load, run  # noqa: PLC0415

            load(stage)
        with Reporter(stage) as report:
            summary = run(stage, on_progress=report, **keywords)
    typer.echo(to_text(summary, dry_run=keywords["dry_run"]))
    page = summary.output / BESIDE
    if not keywords["dry_run"] and page.exists():
        typer.echo(f"report: {page}")


@contextmanager
def _loading() -> Iterator[None]:
    """Look for no garbage among what modules make, now or later: all of it stays.

    It took a tenth of a short run.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def interruptible(what_is_left: str) -> Iterator[None]:
    """Say what is left after Ctrl-C, SIGTERM or SIGUSR1, and exit as shells expect."""
    from cta_columnar.pipelines.running.stopping import Stopped, stoppable  # noqa: PLC0415

    try:
        with stoppable():
            yield
    except KeyboardInterrupt as error:
        what, status = "interrupted", 130
        if isinstance(error, Stopped):
            what, status = str(error), error.status
        typer.echo(f"{what}: {what_is_left}", err=True)
        raise typer.Exit(status) from None
