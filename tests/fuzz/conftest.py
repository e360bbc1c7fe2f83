"""Counts of what damage was noticed, as a table at the end of the tests."""

from collections import Counter

import pytest
from fuzz.damage import load
from fuzz.processes import ctacol_many
from reference.simtel_files import find

pytest.register_assert_rewrite("fuzz.verdicts")

_COUNTS = pytest.StashKey[Counter]()


@pytest.fixture
def tally(request):
    """Count ``tally[kind, outcome]`` over all tests of this session."""
    return request.config.stash.setdefault(_COUNTS, Counter())


@pytest.fixture(scope="session")
def warm(shared, tmp_path_factory):
    """Compile what these tests run, once and in one process.

    With an empty cache that takes a minute: no time limit should have to count it, and
    workers should not each do it.
    """
    folder = tmp_path_factory.mktemp("warm")
    calls = []
    for name in ("calib_events", "lst_muons", "prod6_south_lsts_gamma"):
        words = ["run", "stage1", "--input", find(shared, name), "--workers", 1]
        words += ["--output", folder / name, *load(shared, name).options]
        calls.append(words)
    assert [each.status for each in ctacol_many(calls, folder)] == [0, 0, 0]


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
