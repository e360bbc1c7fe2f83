"""Which showers are trained on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.stages.training_share import FOLD, SAMPLE, SHARE, in_share, uniform

WORD = 2**64 - 1
numbers = st.integers(0, 2**63 - 1)


def splitmix(state):
    """The mixing function as its authors print it, on Python's integers."""
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & WORD
    return state ^ (state >> 31)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), numbers, numbers)
def test_numbers_are_those_of_splitmix(seed, obs_id, event_id):
    state = 0
    for word in (seed, SHARE, obs_id, event_id // 100):
        state = splitmix((state + word + 0x9E3779B97F4A7C15) & WORD)
    got = uniform(seed, SHARE, np.array([obs_id]), np.array([event_id]))
    assert got.tolist() == [(state >> 11) / 2**53]


def test_all_uses_of_a_shower_go_together():
    event_id = np.arange(100, 50_000)
    share = in_share(1, 0.5, np.full(event_id.size, 7), event_id).reshape(-1, 100)
    assert (share.all(axis=1) | ~share.any(axis=1)).all()
    assert 0.4 < share.mean() < 0.6


def test_a_larger_share_holds_a_smaller_one():
    event_id = np.arange(0, 1_000_000, 100)
    obs_id = np.full(event_id.size, 3)
    small, large = (in_share(1, f, obs_id, event_id) for f in (0.2, 0.7))
    assert (large | ~small).all()
    assert small.mean() == pytest.approx(0.2, abs=0.02)
    assert large.mean() == pytest.approx(0.7, abs=0.02)
    assert in_share(1, 1.0, obs_id, event_id).all()


def test_seeds_runs_and_purposes_do_not_depend_on_each_other():
    event_id = np.arange(0, 400_000, 100)
    one = np.full(event_id.size, 1)
    draws = [
        uniform(1, SHARE, one, event_id),
        uniform(1, FOLD, one, event_id),
        uniform(1, SAMPLE, one, event_id),
        uniform(2, SHARE, one, event_id),
        uniform(1, SHARE, one + 1, event_id),
        uniform(1, SHARE, one, event_id + 100),
    ]
    correlation = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlation).max() < 0.08


def test_no_events():
    nothing = np.zeros(0, np.int64)
    assert in_share(1, 0.5, nothing, nothing).shape == (0,)
