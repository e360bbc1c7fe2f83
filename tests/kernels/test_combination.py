import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import combination as reference

from cta_columnar.kernels.combination import mean_direction, weighted_mean

SIZES = st.lists(st.integers(0, 5), max_size=5)
SEEDS = st.integers(0, 2**32 - 1)


def make_rows(sizes, seed):
    """Offsets, which rows count, and positive weights."""
    rng = np.random.default_rng(seed)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    used = rng.random(start[-1]) < 0.8
    return rng, start, used, rng.lognormal(0, 3, start[-1])


def rows_of(start, used, i):
    rows = np.arange(start[i], start[i + 1])
    return rows[used[rows]]


@settings(deadline=None, max_examples=40)
@given(SIZES, SEEDS)
def test_mean_equals_reference(sizes, seed):
    rng, start, used, weight = make_rows(sizes, seed)
    value = rng.normal(3, 2, start[-1])
    value[~used] = np.nan
    got = weighted_mean(start, used, value, weight)
    for i in range(len(sizes)):
        rows = rows_of(start, used, i)
        want = reference.weighted_mean(value[rows], weight[rows])
        np.testing.assert_allclose([each[i] for each in got], want, 1e-9, 1e-9)


@settings(deadline=None, max_examples=40)
@given(SIZES, SEEDS)
def test_direction_equals_reference(sizes, seed):
    rng, start, used, weight = make_rows(sizes, seed)
    alt, az = rng.uniform(0.5, 1.57, start[-1]), rng.uniform(0, 7, start[-1])
    got = mean_direction(start, used, alt, az, weight)
    assert got.shape == (3, len(sizes))
    for i in range(len(sizes)):
        rows = rows_of(start, used, i)
        want = reference.mean_direction(alt[rows], az[rows], weight[rows])
        # The reference loses half its digits where all directions are nearly one.
        np.testing.assert_allclose(got[:2, i], want[:2], 1e-9, 1e-9)
        np.testing.assert_allclose(got[2, i], want[2], atol=1e-7)


def test_one_telescope_does_not_scatter():
    start, used = np.array([0, 1]), np.array([True])
    alt, az, weight = np.array([1.1]), np.array([6.2]), np.array([0.3])
    direction = mean_direction(start, used, alt, az, weight)[:, 0]
    np.testing.assert_allclose(direction, [1.1, 6.2, 0], atol=1e-14)
    mean, std = weighted_mean(start, used, alt, weight)
    assert mean[0] == pytest.approx(1.1)
    assert std[0] == 0


def test_small_scatter_keeps_its_digits():
    """Two directions, 2e-9 rad from each other: the deviation is half of that."""
    start, used, weight = np.array([0, 2]), np.ones(2, bool), np.ones(2)
    alt, az = np.array([1e-9, -1e-9]), np.zeros(2)
    spread = mean_direction(start, used, alt, az, weight)[2, 0]
    assert spread == pytest.approx(1e-9, rel=1e-6)


def test_opposite_directions_have_none():
    start, used, weight = np.array([0, 2]), np.ones(2, bool), np.ones(2)
    alt, az = np.array([0.0, 0.0]), np.array([0.0, np.pi])
    assert mean_direction(start, used, alt, az, weight)[2, 0] > 8


def test_azimuth_does_not_break_at_north():
    start, used, weight = np.array([0, 2]), np.ones(2, bool), np.ones(2)
    alt, az = np.array([0.7, 0.7]), np.array([0.1, 2 * np.pi - 0.1])
    az_mean = mean_direction(start, used, alt, az, weight)[1, 0]
    assert np.sin(az_mean) == pytest.approx(0, abs=1e-12)
    assert np.cos(az_mean) > 0


def test_no_events():
    start, none = np.zeros(1, np.int64), np.empty(0)
    used = np.empty(0, bool)
    assert weighted_mean(start, used, none, none)[0].size == 0
    assert mean_direction(start, used, none, none, none).shape == (3, 0)
