"""A pytest plugin: what was compared with ctapipe's values, as one table.

PYTHONPATH=tests pytest -p parity_table -m parity

A row is a test with its outcomes over all files it was run on. A test that calls
``record_property("largest deviation", value)`` gets the largest of its numbers shown.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest


@dataclass
class _Row:
    outcomes: Counter[str] = field(default_factory=Counter)
    figures: dict[str, float] = field(default_factory=lambda: defaultdict(float))


_ROWS: dict[str, _Row] = defaultdict(_Row)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the outcome of a test; a failing set-up counts as a failure."""
    if report.when != "call" and report.passed:
        return
    row = _ROWS[report.nodeid.partition("[")[0].removeprefix("tests/")]
    row.outcomes[report.outcome] += 1
    for name, value in report.user_properties:
        if isinstance(value, int | float):
            row.figures[name] = max(row.figures[name], value)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if not _ROWS:
        return
    width = max(map(len, _ROWS))
    write = terminalreporter.write_line
    write("")
    write(f"{'compared with ctapipe':{width}}  passed  failed  skipped  largest seen")
    for name, row in sorted(_ROWS.items()):
        counts = [row.outcomes[kind] for kind in ("passed", "failed", "skipped")]
        figures = ", ".join(f"{key} {value:.2g}" for key, value in row.figures.items())
        write(f"{name:{width}}  {counts[0]:6}  {counts[1]:6}  {counts[2]:7}  {figures}")
