import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.errors import UserError
from cta_columnar.stages.dl3 import intervals

PAIRS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted), max_size=5
)


def array(pairs):
    return np.array(pairs, np.int64).reshape(-1, 2)


@given(PAIRS, PAIRS)
@settings(max_examples=200, deadline=None)
def test_good_time_is_what_is_in_an_interval_and_in_no_gap(whole, gaps):
    wanted = {
        t
        for t in range(31)
        if any(a <= t < b for a, b in whole) and not any(a <= t < b for a, b in gaps)
    }
    if not wanted:
        with pytest.raises(UserError, match="no good time is left"):
            intervals.good_intervals(array(whole), array(gaps))
        return
    good = intervals.good_intervals(array(whole), array(gaps))
    got = [t for a, b in good for t in range(a, b)]
    assert got == sorted(wanted)
    assert (good[:, 1] > good[:, 0]).all()
    assert (good[1:, 0] > good[:-1, 1]).all()  # intervals that touch are one
    assert intervals.ontime(good) == pytest.approx(len(wanted) / 1e9)
    np.testing.assert_array_equal(
        intervals.inside(np.arange(31), good), [t in wanted for t in range(31)]
    )
    placed = intervals.place((np.arange(len(got)) + 0.5) / len(got), good)
    np.testing.assert_array_equal(placed, got)


def test_short_intervals_are_not_good():
    second = 10**9
    whole = array([[0, 5 * second], [6 * second, 60 * second]])
    good = intervals.good_intervals(whole, shortest_s=10)
    np.testing.assert_array_equal(good, [[6 * second, 60 * second]])
    with pytest.raises(UserError, match="shorter than 100 s"):
        intervals.good_intervals(whole, shortest_s=100)
    with pytest.raises(UserError, match="gap 1 of 1 stops before it starts"):
        intervals.good_intervals(whole, array([[5, 3]]))


def test_gaps_between_events():
    time_ns = np.array([0, 1, 3, 40, 41, 100]) * 10**9
    gaps = intervals.gaps_between(time_ns, 10.0)
    np.testing.assert_array_equal(
        gaps, [[3 * 10**9 + 1, 40 * 10**9], [41 * 10**9 + 1, 10**11]]
    )
    good = intervals.good_intervals(array([[0, 10**11 + 1]]), gaps)
    assert intervals.inside(time_ns, good).all()
    assert intervals.gaps_between(time_ns[:1], 10.0).shape == (0, 2)


def test_dead_time():
    assert intervals.dead_fraction(10_000, 100.0, 1e-4) == pytest.approx(0.01)
    with pytest.raises(UserError, match="do not fit into 100 s"):
        intervals.dead_fraction(10_000, 100.0, 0.02)
