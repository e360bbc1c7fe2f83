"""Counts of what damage was noticed, as a table at the end of the tests."""

from collections import Counter

import pytest

pytest.register_assert_rewrite("fuzz.verdicts")

_COUNTS = pytest.StashKey[Counter]()


@pytest.fixture
def tally(request):
    """Count ``tally[kind, outcome]`` over all tests of this session."""
    return request.config.stash.setdefault(_COUNTS, Counter())


def pytest_terminal_summary(terminalreporter, config):
    counts = config.stash.get(_COUNTS, None)
    if not counts:
        return
    terminalreporter.section("damaged files")
    outcomes = sorted({outcome for _, outcome in counts})
    row = "{:12}" + "{:>12}" * len(outcomes)
    terminalreporter.line(row.format("", *outcomes))
    for kind in sorted({kind for kind, _ in counts}):
        numbers = [counts[kind, outcome] for outcome in outcomes]
        terminalreporter.line(row.format(kind, *numbers))
