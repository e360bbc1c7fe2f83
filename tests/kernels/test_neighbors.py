import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import neighbors as reference

from cta_columnar.kernels.neighbors import neighbor_lists


def sets_of(near, counts):
    return [set(row[:n].tolist()) for row, n in zip(near, counts, strict=True)]


def assert_same(x, y, reach, most, by_l1_norm):
    near, counts = neighbor_lists(x, y, reach, most, by_l1_norm)
    assert near.shape == (x.size, most)
    assert sets_of(near, counts) == reference.neighbor_sets(
        x, y, reach, most, by_l1_norm
    )
    for row, n in zip(near, counts, strict=True):
        assert (np.diff(row[:n]) > 0).all()


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 40),
    st.integers(0, 2**32 - 1),
    st.sampled_from([(1.4, 6, False), (1.5, 4, True), (3.0, 2, False)]),
)
def test_scattered_points(n, seed, rule):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    assert_same(x, y, *rule)


@settings(deadline=None, max_examples=15)
@given(
    st.integers(1, 7),
    st.integers(1, 7),
    st.floats(0.0, 3.1),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_lattices_with_holes(columns, rows, angle, square, seed):
    """A turned grid, from which pixels are missing as they do between modules."""
    i, j = (a.ravel() for a in np.mgrid[:columns, :rows].astype(float))
    x, y = (i, j) if square else (i + 0.5 * j, np.sqrt(0.75) * j)
    kept = np.random.default_rng(seed).random(i.size) < 0.8
    x, y = x[kept], y[kept]
    if not square:  # the L1 norm belongs to the axes
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = cos * x - sin * y, sin * x + cos * y
    assert_same(x, y, *((1.5, 4, True) if square else (1.4, 6, False)))


@pytest.mark.parametrize("n", [0, 1, 2, 30])
def test_points_on_a_line_and_in_one_place(n):
    line, place = np.arange(n, dtype=float) ** 2, np.zeros(n)
    assert_same(line, place, 1.5, 4, True)
    assert_same(place, line, 1.4, 6, False)
    assert_same(place, place, 1.4, 6, False)


def test_ties_go_to_the_lower_index():
    x = np.array([0.0, 3.0, 0.0, -3.0, 0.0])
    y = np.array([3.0, 0.0, 0.0, 0.0, -3.0])
    near, counts = neighbor_lists(x, y, 1.4, 3, False)
    assert counts[2] == 3
    assert near[2].tolist() == [0, 1, 3]
    assert_same(x, y, 1.4, 3, False)


def test_far_away_point_is_found():
    x = np.r_[np.arange(9.0), 1e6]
    assert_same(x, np.zeros(10), 1.4, 6, False)
