import numpy as np
import pytest
from cameras import cameras, hexagonal, seeds, square
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import time_cleaning as reference

from cta_columnar.kernels.time_cleaning import fact, time_constrained, time_delta

CHARGES = np.float32([0, 4, 5, 6, 10, 12, 25, np.nan])
TIMES = np.float32([3, 4, 5, 6, 9, 20, np.nan])
LEVELS = st.sampled_from([(10, 5), (5, 5), (4, 6)])


def made(camera, n_events, seed, levels=(10, 5)):
    """Random images and times, and thresholds that differ from pixel to pixel."""
    rng = np.random.default_rng(seed)
    shape = n_events, camera.n_pixels
    # NaN times are the exception.
    time = rng.choice(TIMES, shape, p=[0.2, 0.2, 0.2, 0.2, 0.1, 0.05, 0.05])
    levels = [
        (level + rng.choice([0, 1], camera.n_pixels)).astype(np.float32)
        for level in levels
    ]
    return rng.choice(CHARGES, shape), time, levels


@settings(deadline=None, max_examples=60)
@given(
    *(cameras(), st.integers(0, 3), seeds(), st.integers(0, 3)),
    st.sampled_from([1, 1.5, 100]),
)
def test_time_delta_equals_the_reference(camera, n_events, seed, min_neighbors, limit):
    image, time, _ = made(camera, n_events, seed)
    mask = image > 4
    got = time_delta(mask, time, min_neighbors, limit, *camera.csr)
    assert got.shape == mask.shape
    for e in range(n_events):
        want = reference.time_delta(mask[e], time[e], min_neighbors, limit, camera)
        np.testing.assert_array_equal(got[e], want)


@settings(deadline=None, max_examples=100)
@given(
    *(cameras(), st.integers(0, 3), seeds(), st.integers(0, 3), LEVELS),
    st.sampled_from([1.0, 2.5, 5]),
)
def test_fact_equals_the_reference(
    camera, n_events, seed, min_neighbors, levels, limit
):
    image, time, levels = made(camera, n_events, seed, levels)
    options = *levels, min_neighbors, limit
    got = fact(image, time, *options, *camera.csr)
    assert got.shape == image.shape
    for e in range(n_events):
        want = reference.fact(image[e], time[e], *options, camera)
        np.testing.assert_array_equal(got[e], want)


@settings(deadline=None, max_examples=100)
@given(
    *(cameras(), st.integers(0, 3), seeds(), st.integers(0, 3), LEVELS),
    *(st.sampled_from([0.7, 2.5, 4.5]), st.sampled_from([1.5, 4])),
)
def test_time_constrained_equals_the_reference(
    camera, n_events, seed, min_neighbors, levels, core_limit, boundary_limit
):
    image, time, levels = made(camera, n_events, seed, levels)
    options = *levels, min_neighbors, core_limit, boundary_limit
    got = time_constrained(image, time, *options, *camera.csr)
    assert got.shape == image.shape
    for e in range(n_events):
        want = reference.time_constrained(image[e], time[e], *options, camera)
        np.testing.assert_array_equal(got[e], want)


def row_of(image, time):
    """One image of a row of pixels, with thresholds 10 and 5."""
    levels = [np.full(len(image), level, np.float32) for level in (10, 5)]
    arrays = np.array([image], np.float32), np.array([time], np.float32)
    return *arrays, *levels, square(1, len(image)).csr


def test_a_limit_is_not_within_itself():
    mask = np.ones((1, 2), bool)
    time = np.float32([[1, 3]])
    csr = square(1, 2).csr
    assert not time_delta(mask, time, 1, 2.0, *csr).any()
    assert time_delta(mask, time, 1, np.nextafter(2.0, 3), *csr).all()


def test_fact_drops_late_pixels():
    image, time, *levels, csr = row_of([12] * 5, [1, 1, 1, 40, 41])
    assert fact(image, time, *levels, 1, 5.0, *csr).all()
    time[0, 4] = 80
    kept = fact(image, time, *levels, 1, 5.0, *csr)
    assert kept[0].tolist() == [True, True, True, False, False]


def test_fact_without_neighbours_asks_for_no_times():
    image, time, *levels, csr = row_of([0, 6, 12, 6, 0], [1, 20, 40, 60, 80])
    kept = fact(image, time, *levels, 0, 5.0, *csr)
    assert kept[0].tolist() == [False, True, True, True, False]


@pytest.mark.parametrize(("charge", "kept"), [(19, False), (20, True)])
def test_very_bright_pixels_may_be_twice_as_far_from_the_mean(charge, kept):
    # The mean is that of the brightest island, at 10 ns.
    image, time, *levels, csr = row_of([99, 99, 0, charge, 11], [10, 10, 0, 16, 10])
    mask = time_constrained(image, time, *levels, 1, 4.5, 1.5, *csr)
    assert mask[0].tolist() == [True, True, False, kept, True]


def test_pixels_beside_the_core_come_with_it():
    image, time, *levels, csr = row_of([6, 12, 12, 6], [8.6, 10, 10, 11.5])
    mask = time_constrained(image, time, *levels, 1, 4.5, 1.5, *csr)
    assert mask[0].tolist() == [True, True, True, False]


def test_a_missing_time_spoils_one_pixel_only():
    image, time, *levels, csr = row_of([12, 12, 12, 12], [10, 10, np.nan, 10])
    mask = time_constrained(image, time, *levels, 1, 4.5, 1.5, *csr)
    assert mask[0].tolist() == [True, True, False, True]
    time[:] = np.nan
    assert not time_constrained(image, time, *levels, 1, 4.5, 1.5, *csr).any()


def test_each_event_for_itself():
    camera = hexagonal(2)
    image, time, levels = made(camera, 6, seed=8)
    image[1] = 30
    for clean in (
        lambda i, t: fact(i, t, *levels, 1, 5.0, *camera.csr),
        lambda i, t: time_constrained(i, t, *levels, 1, 4.5, 1.5, *camera.csr),
    ):
        alone = [clean(image[e : e + 1], time[e : e + 1])[0] for e in range(6)]
        np.testing.assert_array_equal(clean(image, time), alone)
        assert 0 < np.mean(alone) < 1
