"""``ctacol merge``: several datasets as one."""

from typing import Annotated

import typer

EPILOG = """\
\b
Examples:
  ctacol merge a b --output all          hard links: no room, no time
  ctacol merge a b --output all --copy   copies, where that is another disk

Datasets are of one stage, configuration, code and array. Parts keep their bytes and
names. Two that share an event or a run are refused, and so is an output in which an
input or a part of one lies. If it is interrupted, the same command begins anew.
"""

WAYS = "How parts come there"


def merge(
    datasets: Annotated[
        list[str],
        typer.Argument(metavar="DATASET...", help="Finished datasets, two or more."),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FOLDER", help="The dataset.")
    ],
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Delete what the output holds, once the inputs are found to be fit.",
        ),
    ] = False,
    copy: Annotated[
        bool,
        typer.Option(
            "--copy",
            help="Copy them, and check their SHA-256; by default they are hard links.",
            rich_help_panel=WAYS,
        ),
    ] = False,
    reference: Annotated[
        bool,
        typer.Option(
            "--reference",
            help="Symbolic links: the datasets must stay as and where they are.",
            rich_help_panel=WAYS,
        ),
    ] = False,
) -> None:
    """Make one dataset of several that were made alike."""
    # Here, not above: help must come at once.
    from cta_columnar.cli.text import in_bytes, in_number  # noqa: PLC0415
    from cta_columnar.errors import UserError  # noqa: PLC0415
    from cta_columnar.store import merge as join  # noqa: PLC0415

    if copy and reference:
        raise UserError("--copy and --reference: choose one")
    how = "copy" if copy else "reference" if reference else "link"
    contents = join(datasets, output, how=how, overwrite=overwrite)
    size = sum(record.size for record in contents.records)
    n_events = sum(record.counts.get("events", 0) for record in contents.records)
    typer.echo(
        f"{output}: {in_number(len(contents.records), 'shard')} of "
        f"{len(datasets)} datasets, {in_bytes(size)}, {n_events:,} array events"
    )
