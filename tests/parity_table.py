"""A pytest plugin: what was compared with ctapipe's values, as tables.

PYTHONPATH=tests:. pytest -p parity_table -m parity --parity-page docs/parity.md

A line of the first table is a test with its outcomes over all files it was run on. A
test that calls ``record_property("largest deviation", value)`` gets the largest of its
numbers shown. The second table has the rows of `parity_rows`, with what tests told by
the fixture `compared`; it also goes between the marks of the page, if one is named.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from parity_rows import ROWS, WITHOUT_COUNTERPART, Row

PROGRAM = "`make parity`"
HEAD = (
    "what",
    "of it",
    "compared",
    "largest difference",
    "bound",
    "differs on purpose",
)


@dataclass
class _Outcome:
    outcomes: Counter[str] = field(default_factory=Counter)
    figures: dict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass
class Told:
    """What tests told of a row."""

    count: int = 0
    largest: float = 0.0


_OUTCOMES: dict[str, _Outcome] = defaultdict(_Outcome)
_TOLD: dict[tuple[str, str, str], Told] = defaultdict(Told)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for the page."""
    parser.addoption("--parity-page", type=Path, help="page to write the table into")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the outcome of a test; a failing set-up counts as a failure."""
    if report.when != "call" and report.passed:
        return
    row = _OUTCOMES[report.nodeid.partition("[")[0].removeprefix("tests/")]
    row.outcomes[report.outcome] += 1
    for name, value in report.user_properties:
        if isinstance(value, int | float):
            row.figures[name] = max(row.figures[name], value)
        elif name == "compared" and report.passed:
            *key, count, largest = value
            told = _TOLD[tuple(key)]
            told.count += count
            told.largest = max(told.largest, largest)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the tables, and write the second one into the page."""
    if not _OUTCOMES:
        return
    write = terminalreporter.write_line
    width = max(map(len, _OUTCOMES))
    write("")
    write(f"{'compared with ctapipe':{width}}  passed  failed  skipped  largest seen")
    for name, row in sorted(_OUTCOMES.items()):
        counts = [row.outcomes[kind] for kind in ("passed", "failed", "skipped")]
        figures = ", ".join(f"{key} {value:.2g}" for key, value in row.figures.items())
        write(f"{name:{width}}  {counts[0]:6}  {counts[1]:6}  {counts[2]:7}  {figures}")
    if not _TOLD:
        return
    write("")
    for line in table(_TOLD):
        write(line)
    page = config.getoption("--parity-page")
    if page is not None:
        write(put_into(page, _TOLD))


def table(told: Mapping[tuple[str, str, str], Told]) -> list[str]:
    """Lines of the table in Markdown."""
    lines = [_line(HEAD), "|---|---|---:|---:|---|---|"]
    lines += [_line(cells(row, told[row.key])) for row in ROWS if row.key in told]
    for (kind, name), test in WITHOUT_COUNTERPART.items():
        why = f"not in ctapipe 0.32: `{test}`"
        lines.append(_line((f"{kind} `{name}`", *[""] * 4, why)))
    return lines


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def cells(row: Row, told: Told) -> tuple[str, ...]:
    """Cells of a line of the table."""
    largest = "none"
    if told.largest > 0:
        largest = f"{told.largest:.1e} {row.unit}".rstrip()
    return (
        f"{row.kind} `{row.name}`",
        row.quantity,
        f"{told.count} {row.counted}",
        largest,
        row.bound,
        row.note,
    )


def put_into(page: Path, told: Mapping[tuple[str, str, str], Told]) -> str:
    """Write the table between the marks of a page; say what became of it."""
    wanted = {row.key for row in ROWS}
    if told.keys() != wanted:
        odd = ", ".join(" ".join(key) for key in sorted(told.keys() ^ wanted))
        return f"{page} stays as it is: nothing was told, or no row is there, of {odd}"
    # Here, since only who writes the page has the checkout on the path.
    from benchmarks.page import put_between  # noqa: PLC0415

    put_between(page, PROGRAM, "\n".join(table(told)))
    return f"written into {page}"
