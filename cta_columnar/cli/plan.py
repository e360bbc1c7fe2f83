"""``ctacol plan``: what ``ctacol run`` would do, as the elements of a job array."""

import inspect
import shlex
from collections.abc import Callable
from typing import Annotated, Any

import typer

from cta_columnar.cli import run
from cta_columnar.cli.commands import RunCommand

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Divide a run into elements of a job array.",
)

EPILOG = """\
\b
Examples:
  ctacol plan {verb} {example} --output {output} \\
      --shards 500 --sbatch {verb}.sh
  sbatch {verb}.sh
  ctacol status {output}
  sbatch --array=$(ctacol status {output} --unfinished) {verb}.sh

\b
Without a batch system:
  bash {verb}.sh 7              element 7
  ctacol run planned {output}      all that is missing, here

Options are those of ctacol run {verb}. The plan lies in {output}/_plan, with the log
and the exit status of each element. It is refused when code, configuration or inputs
have changed since. What --batch may say: ctacol config show batch.
"""

ARRAY = "Job array"

# What concerns one process only.
_NOT_PLANNED = {"workers", "dry_run", "executor", "scheduler", "cluster"}


def _option(kind: Any, name: str, metavar: str, meaning: str) -> Any:  # noqa: ANN401
    option = typer.Option(
        *name.split(), metavar=metavar, help=meaning, rich_help_panel=ARRAY
    )
    return Annotated[kind | None, option]


_OPTIONS = {
    "shards": _option(
        int,
        "--shards --elements",
        "N",
        "Elements of the array, at most; by default one per shard, or max_elements.",
    ),
    "sbatch": _option(str, "--sbatch", "FILE.sh", "Write this batch script."),
    "batch": _option(
        str, "--batch", "FILE.yaml", "What an element asks for: config show batch."
    ),
    "wall_time": _option(int, "--time", "MIN", "Wall time of an element."),
    "memory": _option(float, "--memory", "GB", "Memory of each worker."),
    "workers": _option(int, "--workers -w", "N", "Processes of an element."),
    "queue": _option(str, "--partition", "NAME", "Partition of the batch system."),
    "account": _option(str, "--account", "NAME", "Account of the batch system."),
    "scratch": _option(str, "--scratch", "FOLDER", "On a disk of the node: '$TMPDIR'."),
}
_OF_BATCH = ("wall_time", "memory", "workers", "queue", "account", "scratch")


def _plan(verb: str, given: dict[str, Any]) -> None:
    # Only now: help must come before an array library is loaded.
    from cta_columnar.cli import logs  # noqa: PLC0415
    from cta_columnar.cli.text import in_bytes, in_number  # noqa: PLC0415
    from cta_columnar.pipelines.planning.plan import batch_of, plan  # noqa: PLC0415

    logs.configure(given.pop("log_level"))
    keys = {name: given.pop(name) for name in _OF_BATCH}
    made = plan(
        verb,
        elements=given.pop("shards"),
        script=given.pop("sbatch"),
        batch=batch_of(given.pop("batch"), keys),
        **run.keywords_of(given),
    )
    pieces, n_elements = made.plan.pieces, len(made.plan.elements)
    size = sum(piece.size for piece in pieces)
    typer.echo(
        f"{in_number(len(pieces), 'shard')}, {in_bytes(size)}, in "
        f"{in_number(n_elements, 'element')} of about {in_bytes(size / n_elements)}\n"
        f"plan: {made.path}"
    )
    if made.script is not None:
        typer.echo(f"next: sbatch {shlex.quote(str(made.script))}")


def _planned(verb: str, of_run: Callable[..., None]) -> Callable[..., None]:
    """Return the verb with the options that it has as one of ``run``, and of arrays."""

    def command(**given: Any) -> None:  # noqa: ANN401
        _plan(verb, given)

    signature = inspect.signature(of_run)
    kept = [p for name, p in signature.parameters.items() if name not in _NOT_PLANNED]
    added = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=a
        )
        for name, a in _OPTIONS.items()
    ]
    # Typer asks for both.
    command.__signature__ = signature.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in (*kept, *added)}
    command.__doc__ = of_run.__doc__
    return command


_RAW, _DL1, _DL2 = "--input 'runs/*.simtel.zst'", "--input dl1", "--input dl2"
for _verb, _example, _output, _usage in (
    (run.reduce, _RAW, "dl0", run.USAGE_1),
    (run.stage1, _RAW, "dl1", run.USAGE_1),
    (run.calibration, _DL1, "calibration", run.USAGE_2),
    (run.stage2, _DL1, "dl2", run.USAGE_2),
    (run.stage3, f"{_DL2} --models models", "dl2-full", run.USAGE_3),
):
    _name = _verb.__name__
    _epilog = EPILOG.format(verb=_name, example=_example, output=_output)
    app.command(_name, cls=RunCommand, epilog=_epilog, options_metavar=_usage)(
        _planned(_name, _verb)
    )
