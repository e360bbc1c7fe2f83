from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import trimmed_line as reference

from cta_columnar.kernels.trimmed_line import trimmed_line


def all_pairs(n):
    return np.array(list(combinations(range(n), 2)), np.int64).reshape(-1, 2)


def points(n, seed):
    """Points on a line with noise and a few far ones."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = 20 + 5 * x + rng.normal(0, 0.5, n)
    y[rng.random(n) < 0.15] += 10
    return x, y


@settings(deadline=None, max_examples=40)
@given(st.integers(3, 25), st.integers(0, 2**32 - 1))
def test_kernel_equals_the_reference(n, seed):
    x, y = points(n, seed)
    n_kept = int(0.85 * n)
    pairs = np.random.default_rng(seed).permutation(all_pairs(n))[:30]
    got = trimmed_line(x, y, n_kept, pairs)
    want = reference.trimmed_line(x, y, n_kept, pairs)
    assert reference.trimmed_sum(x, y, n_kept, got) == pytest.approx(
        reference.trimmed_sum(x, y, n_kept, want), rel=1e-9, abs=1e-11
    )
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_far_points_are_left_out():
    x = np.arange(20.0)
    y = 2 * x + 1
    y[[3, 7, 11]] = 1000
    assert trimmed_line(x, y, 17, all_pairs(20)[:30]) == pytest.approx((2, 1))


def test_of_three_points_the_pair_nearest_to_the_third_wins():
    """The incumbent stores any of the three lines: each is a perfect fit of two."""
    x, y = np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 2.0])
    # Lines and the distance of the third point: 1-2 misses by 1, 1-3 by 1/3, 2-3 by 1/2
    assert trimmed_line(x, y, 2, all_pairs(3)) == pytest.approx((2 / 3, 0))


def test_of_equal_fits_the_flattest_wins():
    # Leaving out either end of a "V" is as good; so is the order of the pairs.
    x, y = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0])
    for pairs in (all_pairs(3), all_pairs(3)[::-1].copy()):
        assert trimmed_line(x, y, 2, pairs) == pytest.approx((0, 1))


def test_a_single_kept_point_gives_no_line():
    """Two pixels keep one: the fit is singular, as for the incumbent."""
    x, y = np.array([0.0, 1.0]), np.array([3.0, 4.0])
    assert np.isnan(trimmed_line(x, y, 1, all_pairs(2))).all()


def test_points_of_one_x_give_no_line():
    x, y = np.full(5, 0.7), np.arange(5.0)
    assert np.isnan(trimmed_line(x, y, 4, all_pairs(5))).all()


@pytest.mark.parametrize("n_pairs", [0, 1, 30])
def test_points_on_one_line_give_that_line(n_pairs):
    """Residuals are rounding only, so that the kept points never settle."""
    x = np.random.default_rng(3).normal(size=64)
    got = trimmed_line(x, 30 - 4 * x, 54, all_pairs(64)[:n_pairs])
    assert got == pytest.approx((-4, 30))


def test_equal_times_give_a_flat_line():
    x = np.linspace(-1, 1, 30)
    got = trimmed_line(x, np.full(30, 17.0), 25, all_pairs(30)[:30])
    assert got == pytest.approx((0, 17))


def test_more_starts_never_fit_worse():
    x, y = points(24, seed=5)
    sums = [
        reference.trimmed_sum(x, y, 20, trimmed_line(x, y, 20, all_pairs(24)[:m]))
        for m in (0, 5, 30, 100)
    ]
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(sums))
