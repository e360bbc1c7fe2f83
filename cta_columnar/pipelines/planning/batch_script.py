"""The script of a job array: for sbatch, and for a loop in a shell."""

import shlex
import sys
from pathlib import Path

from cta_columnar.config import BatchConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan_data import Plan
from cta_columnar.pipelines.planning.plan_file import LOGS, STATUSES

_HEAD = """\
#!/bin/bash
# ctacol {stage}: {n_pieces} shards, {gigabytes:.1f} GB, in {n_elements} elements.
#   sbatch {script}                        all elements, as a job array
#   sbatch --array=$(ctacol status {output} --unfinished) {script}      what is left
#   bash {script} ELEMENT                  one of them, without a batch system
# Any element may run any number of times: what is done is not done again.
"""

# Signals reach this shell alone, at any time: those that come before the program has
# begun end the script, later ones are passed on.
_BODY = """
element=${{1:-${{SLURM_ARRAY_TASK_ID:?which element? bash $0 ELEMENT}}}}
# Its log and exit status are named by it.
case $element in
    *[!0-9]* | 0?* | ??????????*) known= ;;
    *) test "$element" -lt {n_elements} && known=yes || known= ;;
esac
test -n "$known" || {{
    echo "$element is no element of the plan: they are 0 to {last_element}" >&2
    exit 1
}}
plan={folder}
# Nothing is written through a link, which may lead anywhere.
for each in "$plan" "$plan/{logs}" "$plan/{statuses}"; do
    test ! -L "$each" || {{ echo "$each is a symbolic link" >&2; exit 1; }}
done
mkdir -p "$plan/{logs}" "$plan/{statuses}"
log=$plan/{logs}/$element.log
test ! -L "$log" || rm -f "$log"
# SLURM writes what is printed there by itself.
test -n "${{SLURM_ARRAY_TASK_ID:-}}" || exec >> "$log" 2>&1
program=
caught=
end() {{
    rm -f "$plan/{statuses}/$element"
    echo "$1" > "$plan/{statuses}/$element"
    exit "$1"
}}
pass() {{
    caught=$1
    test -n "$program" || end $((128 + $(kill -l "$1")))
    kill -"$1" "$program" 2> /dev/null
}}
trap 'pass USR1' USR1
trap 'pass TERM' TERM INT
cd {cwd} || end 1
echo "element $element on $(hostname) at $(date)"
"""

# The compiled code is read by all elements at once: from a local copy.
_SCRATCH = """
scratch=$(mktemp -d "{scratch}/ctacol-XXXXXX") || end 1
trap 'rm -rf "$scratch"' EXIT
cache=${{NUMBA_CACHE_DIR:-${{XDG_CACHE_HOME:-$HOME/.cache}}/cta_columnar}}
mkdir "$scratch/compiled"
if [ -d "$cache" ]; then cp -r "$cache/." "$scratch/compiled"; fi
export TMPDIR=$scratch NUMBA_CACHE_DIR=$scratch/compiled CTACOL_SCRATCH=$scratch
"""

# A signal ends the waiting early, with a status of its own.
_RUN = """
{python} -m cta_columnar.cli.main run planned {output} "$element" \\
    --plan {digest} --workers {workers}{plugins} &
program=$!
status=
until test -n "$status"; do
    caught=
    wait "$program"
    found=$?
    test -n "$caught" || status=$found
done
end "$status"
"""

_IN_DOUBLE_QUOTES = str.maketrans({each: f"\\{each}" for each in '"`\\'})


def script_of(plan: Plan, batch: BatchConfig, folder: Path, name: str) -> str:
    """Return the script that does an element of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    batch : BatchConfig
        What an element asks for.
    folder : pathlib.Path
        Where the plan, logs and exit statuses lie.
    name : str
        Of the script, for its first lines.

    Raises
    ------
    UserError
        If a path has an end of line, which would end a comment.
    """
    for each in (name, str(folder), plan.folder, *plan.plugins):
        _refuse_line_ends(each)
    plugins = "".join(f" --plugin {shlex.quote(each)}" for each in plan.plugins)
    facts = {
        "script": shlex.quote(name),
        "stage": plan.identity.stage,
        "n_pieces": len(plan.pieces),
        "gigabytes": sum(piece.size for piece in plan.pieces) / 1e9,
        "n_elements": len(plan.elements),
        "last_element": len(plan.elements) - 1,
        "output": shlex.quote(str(plan.output)),
        "folder": shlex.quote(str(folder)),
        "cwd": shlex.quote(plan.folder),
        "digest": plan.digest,
        "workers": batch.workers,
        "plugins": plugins,
        "python": shlex.quote(batch.python or sys.executable),
        "logs": LOGS,
        "statuses": STATUSES,
        # Not in single quotes: it may be a variable of the node.
        "scratch": (batch.scratch or "").translate(_IN_DOUBLE_QUOTES),
    }
    parts = [_HEAD.format(**facts), *_directives(plan, batch, folder)]
    parts += [_BODY.format(**facts), *(f"{line}\n" for line in batch.prologue)]
    if batch.scratch is not None:
        parts.append(_SCRATCH.format(**facts))
    parts.append(_RUN.format(**facts))
    return "".join(parts)


def _refuse_line_ends(path: str) -> None:
    if "\n" in path or "\r" in path:
        raise UserError(f"{path!r} cannot stand in a batch script: rename it")


def _directives(plan: Plan, batch: BatchConfig, folder: Path) -> list[str]:
    at_once = f"%{batch.at_once}" if batch.at_once else ""
    megabytes = round(1000 * batch.memory * batch.workers)
    # SLURM puts numbers where it finds %.
    logs = str(folder / LOGS).replace("%", "%%")
    lines = [
        f"--job-name=ctacol-{plan.identity.stage}",
        f"--array=0-{len(plan.elements) - 1}{at_once}",
        f"--output={logs}/%a.log",
        "--open-mode=append",
        "--ntasks=1",
        f"--cpus-per-task={batch.workers}",
        f"--mem={megabytes}M",
        f"--time={batch.wall_time}",
    ]
    if batch.warn_before:
        lines.append(f"--signal=B:USR1@{batch.warn_before}")
    if batch.queue:
        lines.append(f"--partition={batch.queue}")
    if batch.account:
        lines.append(f"--account={batch.account}")
    return [f"#SBATCH {_quoted(each)}\n" for each in lines] + [
        f"#SBATCH {each}\n" for each in batch.directives
    ]


def _quoted(option: str) -> str:
    """Quote for sbatch, which takes a backslash for itself in quotes of any kind."""
    _refuse_line_ends(option)
    plain = shlex.quote(option) == option
    return option if plain else f'"{option.translate(_IN_DOUBLE_QUOTES)}"'
