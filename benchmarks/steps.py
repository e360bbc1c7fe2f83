"""Where the time of stage 1 goes, step by step, by the clock that a run prints.

python -m benchmarks.steps [--repeats N] [--page docs/performance.md]

Runs stage 1 on the long files of `benchmarks.run`, all defaults, in one process; of
each step the smallest of some repetitions. Prints a table in Markdown.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import cta_columnar
from benchmarks import machine, measure, ours
from benchmarks.files import LongFile
from benchmarks.page import put_between
from benchmarks.report import table
from benchmarks.run import BENCH, FILES, QUICK_DIVISOR, long_file

Steps = dict[str, float]


def profile(file: LongFile, output: Path, repeats: int) -> Steps:
    """Return CPU seconds of each step: the smallest of some runs."""
    taken: dict[str, list[float]] = defaultdict(list)
    # The first one loads what was compiled.
    for _ in range(repeats + 1):
        done = cta_columnar.run(
            "stage1", input=file.path, output=ours.fresh(output), workers=1
        )
        for name, seconds in done.step_seconds.items():
            taken[name].append(seconds)
    return {name: min(seconds[1:]) for name, seconds in taken.items()}


def report(profiles: dict[str, tuple[LongFile, Steps]]) -> str:
    """Return the table: microseconds per telescope event, and the share."""
    names = list(dict.fromkeys(n for _, steps in profiles.values() for n in steps))
    totals = {each: sum(steps.values()) for each, (_, steps) in profiles.items()}

    def cell(each: str, seconds: float) -> str:
        events = profiles[each][0].events.telescope_events
        return f"{seconds / events * 1e6:.1f} ({seconds / totals[each]:.1%})"

    rows = [
        [name, *(cell(e, steps.get(name, 0.0)) for e, (_, steps) in profiles.items())]
        for name in names
    ]
    rows.append(["all", *(cell(each, totals[each]) for each in profiles)])
    heads = [
        f"{each}, {file.events.telescope_events} telescope events"
        for each, (file, _) in profiles.items()
    ]
    return table(["step: us per telescope event", *heads], rows)


def main() -> int:
    """Profile both files, print the table, and put it into a page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="shorter files")
    parser.add_argument("--page", type=Path, help="page to write the table into")
    given = parser.parse_args()
    divisor = QUICK_DIVISOR if given.quick else 1
    measure.pin_to_one_core()
    files = [long_file(name, copies // divisor) for name, copies in FILES.items()]
    output = BENCH / "work" / "steps"
    found = {f.name: (f, profile(f, output, given.repeats)) for f in files}
    facts = machine.here()
    text = f"{facts['date']}, {facts['processor']}, load {facts['load']}.\n\n"
    text += report(found)
    print(text)
    if given.page is not None:
        put_between(given.page, "benchmarks.steps", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
