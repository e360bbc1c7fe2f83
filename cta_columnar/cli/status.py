"""``ctacol status``: how far a run is."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cta_columnar.pipelines.planning.status import Status
    from cta_columnar.pipelines.planning.troubles import Trouble

EPILOG = """\
\b
Examples:
  ctacol status dl1
  ctacol status dl1 --json
  sbatch --array=$(ctacol status dl1 --unfinished) stage1.sh

It only looks, also while others write. The exit status is 0 if the dataset is finished,
3 if it is not.
"""

MAX_LINES = 20
NOT_FINISHED = 3


def status(
    dataset: Annotated[
        str,
        typer.Argument(metavar="DATASET", help="The --output of ctacol run or plan."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Write all that is known as JSON.")
    ] = False,
    unfinished: Annotated[
        bool,
        typer.Option(
            "--unfinished",
            help="Write only the elements of the plan that have something to do, as "
            "sbatch --array wants them.",
        ),
    ] = False,
) -> None:
    """Say how far a dataset is, what failed, and how long it takes."""
    # Here, not above: help must come at once.
    from cta_columnar.pipelines.planning.status import status as look  # noqa: PLC0415
    from cta_columnar.texts import encodable  # noqa: PLC0415

    found = look(dataset)
    if as_json:
        typer.echo(json.dumps(encodable(found.to_plain()), indent=1))
    elif unfinished:
        typer.echo(found.unfinished)
        return
    else:
        typer.echo("\n".join(to_text(found)))
    if found.state != "finished":
        raise typer.Exit(NOT_FINISHED)


def to_text(found: "Status") -> Iterator[str]:
    """Say it in lines."""
    from cta_columnar.cli.text import columns, in_bytes, in_seconds  # noqa: PLC0415
    from cta_columnar.store import is_unfinished_merge  # noqa: PLC0415

    n_left = found.n_shards - found.n_done - found.n_left_out - found.n_failed
    counts = {"failed": found.n_failed, "left out": found.n_left_out, "to do": n_left}
    rest = "".join(f", {count:,} {what}" for what, count in counts.items() if count)
    yield f"{found.dataset}: {found.stage}, {found.state}"
    rows = [("shards", f"{found.n_done:,} of {found.n_shards:,} done{rest}")]
    if found.n_failed_attempts > found.n_failed:
        rows.append(("attempts", f"{found.n_failed_attempts:,} failed"))
    size = in_bytes(found.n_bytes)
    rows.append(("input", f"{in_bytes(found.n_bytes_done)} of {size} done"))
    if found.n_elements:
        left = f"; with something to do: {found.unfinished}" if found.unfinished else ""
        rows.append(("elements", f"{found.n_elements:,}{left}"))
    if found.bytes_per_second:
        rows.append(("rate", f"{in_bytes(found.bytes_per_second)}/s per worker"))
    if found.n_workers:
        rows.append(("at work", f"{found.n_workers:,} workers"))
    elif found.state == "running":
        rows.append(("at work", "no workers yet"))
    if found.seconds_left:
        with_one = "" if found.n_workers else ", with one worker"
        rows.append(("time left", f"about {in_seconds(found.seconds_left)}{with_one}"))
    yield from columns(rows, indent="  ")
    if found.state == "complete":
        close = f"ctacol finish {found.dataset}"
        again = "the same command with --resume"
        if is_unfinished_merge(found.dataset):
            again = "the same ctacol merge"
        how = close if found.n_elements else again
        yield f"all shards are done, only the manifest is missing: {how} writes it"
    yield from _troubles("failed", found.failures)
    yield from _troubles("ended early", found.ended)
    yield from _troubles("tried again", found.retries)
    yield from _troubles("inputs left out", found.left_out)


def _troubles(title: str, troubles: Sequence["Trouble"]) -> Iterator[str]:
    if not troubles:
        return
    yield f"{title}: {len(troubles)}"
    for each in troubles[:MAX_LINES]:
        where = "" if each.element is None else f" (element {each.element})"
        yield f"  {each.what}{where}: {each.reason.removeprefix(f'{each.what}: ')}"
    if len(troubles) > MAX_LINES:
        yield f"  and {len(troubles) - MAX_LINES} more"
