"""``ctacol config``: what can be set, and whether a file is right."""

from typing import Annotated

import typer

from cta_columnar.cli.commands import Command
from cta_columnar.cli.options import configuration

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Show what can be set, check a file, list algorithms.",
)

EPILOG_SHOW = """\
\b
Examples:
  ctacol config show stage1              every key: default, unit, meaning
  ctacol config show stage1 > my.yaml    a file to edit, for --config
  ctacol config show stage1 --config my.yaml --set extractor.window_width=5
  ctacol config show stage1 --config my.yaml --for run.simtel.zst
"""

EPILOG_CHECK = """\
\b
Example:
  ctacol config check my.yaml
"""

EPILOG_ALGORITHMS = """\
\b
Examples:
  ctacol config algorithms              all of them
  ctacol config algorithms extractor    those of a kind, with their options
"""


@app.command(cls=Command, epilog=EPILOG_SHOW)
def show(
    stage: Annotated[
        str,
        typer.Argument(
            metavar="STAGE",
            help="simulate, reduce, stage1, calibration, stage2, train, stage3, irf, "
            "dl3 or observation.",
        ),
    ],
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    plugin: configuration.Plugin = None,
    telescopes_of: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PATH",
            help="Print what each telescope of this raw file or dataset gets.",
        ),
    ] = None,
) -> None:
    """Print all keys with unit and meaning, as a file for --config."""
    from cta_columnar import registry  # noqa: PLC0415 - help must come at once
    from cta_columnar.cli import telescopes  # noqa: PLC0415
    from cta_columnar.config.show import to_yaml  # noqa: PLC0415
    from cta_columnar.pipelines.running.settings import configure  # noqa: PLC0415

    resolved = configure(stage, config or (), settings or (), plugins=plugin or ())
    if telescopes_of is None:
        typer.echo(to_yaml(resolved, registry), nl=False)
    else:
        subarray = telescopes.subarray_of(telescopes_of, resolved)
        typer.echo("\n".join(telescopes.table(resolved, subarray)))


@app.command(cls=Command, epilog=EPILOG_CHECK)
def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE.yaml...", help="A later one changes an earlier."),
    ],
    stage: Annotated[
        str | None,
        typer.Option(metavar="STAGE", help="By default what the file says."),
    ] = None,
    settings: configuration.Settings = None,
    plugin: configuration.Plugin = None,
) -> None:
    """Check configuration files, laid over each other in order."""
    from cta_columnar.config import digest  # noqa: PLC0415
    from cta_columnar.pipelines.running.settings import configure, stage_of  # noqa: PLC0415

    stage = stage or stage_of(files)
    resolved = configure(stage, files, settings or (), plugins=plugin or ())
    typer.echo(f"{', '.join(files)}: right for {stage}, digest {digest(resolved)[:16]}")


@app.command(cls=Command, epilog=EPILOG_ALGORITHMS)
def algorithms(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="E.g. extractor, cleaner.")
    ] = None,
    plugin: configuration.Plugin = None,
) -> None:
    """List the algorithms there are, with their options."""
    from cta_columnar import registry  # noqa: PLC0415
    from cta_columnar.cli.algorithms import listing  # noqa: PLC0415

    for path in plugin or ():
        registry.load_plugin(path)
    typer.echo("\n".join(listing(kind)))
