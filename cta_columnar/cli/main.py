"""The command ``ctacol``."""

import io
import sys
import traceback
from typing import Annotated

import typer

from cta_columnar import __version__
from cta_columnar.cli import (
    config_cmd,
    finish,
    info,
    merge,
    plan,
    report,
    run,
    simulate,
    status,
    validate,
    warmup,
)
from cta_columnar.cli.commands import Command, Group
from cta_columnar.errors import UserError

EPILOG = """\
\b
First steps:
  ctacol simulate --output run.simtel.zst        raw data, if you have none
  ctacol run stage1 --input run.simtel.zst --output dl1  images and parameters
  ctacol run stage2 --input dl1 --output dl2             directions of showers
  ctacol info dl2                                        what is in there
  ctacol report dl2                                      the same in pictures
  ctacol config show stage1                              all that can be set

Each command explains itself, e.g. ctacol run stage1 --help. From Python:
cta_columnar.run("stage1", input="run.simtel.zst", output="dl1").
"""


class Verbs(Group):
    """All verbs, in the order in which one meets them."""

    order = (
        *("simulate", "run", "plan", "status", "finish", "merge"),
        *("report", "config", "info", "validate", "warmup"),
    )


app = typer.Typer(
    name="ctacol",
    cls=Verbs,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog=EPILOG,
    help="Columnar processing of Cherenkov telescope data, from raw camera data to "
    "tables of reconstructed events, as Parquet files that any tool reads.",
)
app.command(
    "simulate", cls=Command, epilog=simulate.EPILOG, options_metavar=simulate.USAGE
)(simulate.simulate)
app.add_typer(run.app, name="run")
app.add_typer(plan.app, name="plan")
app.command("status", cls=Command, epilog=status.EPILOG)(status.status)
app.command("finish", cls=Command, epilog=finish.EPILOG)(finish.finish)
app.command("merge", cls=Command, epilog=merge.EPILOG)(merge.merge)
app.command("report", cls=Command, epilog=report.EPILOG)(report.report)
app.command("info", cls=Command, epilog=info.EPILOG)(info.info)
app.command("validate", cls=Command, epilog=validate.EPILOG)(validate.validate)
app.add_typer(config_cmd.app, name="config")
app.command("warmup", cls=Command, epilog=warmup.EPILOG)(warmup.warmup)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ctacol {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Say the version."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where an error arose; fits any command."),
    ] = False,
) -> None:
    del version, debug  # acted upon before


def main() -> None:
    """Run the command line; exit with 0, 1 for an error, 2 for a wrong call."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As errors are written: names of files need not be text.
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = [word for word in sys.argv[1:] if word != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        app(arguments, prog_name="ctacol")
    except Exception as error:  # the last resort: no traceback for people
        if debug:
            traceback.print_exc()
        for line in describe(error):
            # What is indented belongs to the line before.
            mark = "" if line.startswith(" ") else "error: "
            typer.echo(mark + line, err=True)
        sys.exit(1)


def describe(error: Exception) -> list[str]:
    """Say in lines what went wrong, where, and what to do."""
    if isinstance(error, UserError):
        return str(error).splitlines()
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return [f"{where}{error.strerror}"]
    return [
        f"this is a fault of ctacol, not yours: {type(error).__name__}: {error}",
        "please report it, with what --debug prints in addition",
    ]


if __name__ == "__main__":
    # Batch scripts begin it by the interpreter, wherever ctacol is.
    main()
