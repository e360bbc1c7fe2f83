import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import lines_in_plane as reference

from cta_columnar.kernels.lines_in_plane import (
    mean_of_crossings,
    nearest_in_plane,
    scatter_in_plane,
)

SEEDS = st.integers(0, 2**32 - 1)


def lines(n, seed):
    """Points and angles of n lines that are not all nearly parallel."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-np.pi, np.pi, n)
    steps = np.subtract.outer(angle, angle)
    assume(n < 2 or np.abs(np.sin(steps)).max() > 1e-2)
    return rng.normal(scale=100.0, size=(n, 2)), angle


def headings(angle):
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 7), SEEDS)
def test_nearest_point_and_its_scatter_equal_the_reference(n, seed):
    point, angle = lines(n, seed)
    x, y = nearest_in_plane(angle, point)
    want, covariance = reference.nearest(point, angle)
    np.testing.assert_allclose([x, y], want, rtol=1e-8, atol=1e-6)
    if n > 2:
        xx, xy, yy = scatter_in_plane(angle, point, x, y)
        found = [[xx, xy], [xy, yy]]
        limit = 1e-9 * np.abs(covariance).max()
        np.testing.assert_allclose(found, covariance, rtol=1e-6, atol=limit)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 6), SEEDS, st.booleans())
def test_mean_of_crossings_equals_the_reference(n, seed, harmonic):
    point, angle = lines(n, seed)
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.1, 10.0, n)
    # Lines have no sense, and some are parallel.
    turned = np.where(rng.random(n) < 0.5, angle + np.pi, angle)
    if n > 2:
        turned[1] = turned[0]
        angle[1] = angle[0]
        assume(abs(np.sin(angle - angle[0])).max() > 1e-2)
    found = mean_of_crossings(point, headings(turned), weight, harmonic)
    want = reference.mean_of_crossings(point, angle, weight, harmonic)
    if want is None:
        assert n < 2
        assert np.isnan(found).all()
    else:
        scale = np.abs(want).max()
        np.testing.assert_allclose(found, np.ravel(want), rtol=1e-7, atol=1e-9 * scale)


@pytest.mark.parametrize("angles", [(0.3, 0.3), (0.3, 0.3 + np.pi, 0.3), (0.3,), ()])
def test_parallel_lines_meet_nowhere(angles):
    angle = np.array(angles, float)
    point = np.arange(2.0 * angle.size).reshape(-1, 2)
    assert np.isnan(nearest_in_plane(angle, point)).all()
    crossings = mean_of_crossings(point, headings(angle), np.ones(angle.size), True)
    assert np.isnan(crossings).all()


def test_an_angle_that_is_no_number_gives_no_point():
    angle, point = np.array([0.0, np.nan, 1.0]), np.ones((3, 2))
    assert np.isnan(nearest_in_plane(angle, point)).all()
    # Of pairs the others are left.
    angle[1] = 0.0
    directions = headings(angle)
    directions[1] = np.nan
    x, y, *_ = mean_of_crossings(point, directions, np.ones(3), False)
    assert (x, y) == pytest.approx((1.0, 1.0))


def test_lines_without_weight_have_no_mean():
    point, angle = np.eye(3)[:, :2], np.array([0.1, 1.0, 2.0])
    for harmonic in (True, False):
        found = mean_of_crossings(point, headings(angle), np.zeros(3), harmonic)
        assert np.isnan(found).all()
