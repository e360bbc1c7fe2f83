import numpy as np
import pytest
from cameras import cameras, hexagonal, seeds, square
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import cleaning as reference

from cta_columnar.kernels.cleaning import brightest_means, mars, tailcuts

CHARGES = np.float32([0, 4, 5, 6, 10, 12, np.nan])
LEVELS = [(10, 5), (5, 5), (4, 6)]


def images(rng, n_events, n_pixels):
    return rng.choice(CHARGES, (n_events, n_pixels))


def thresholds(rng, levels, n_pixels):
    """Picture and boundary, different from pixel to pixel."""
    return [
        (level + rng.choice([0, 1], n_pixels)).astype(np.float32) for level in levels
    ]


@settings(deadline=None, max_examples=100)
@given(
    *(cameras(), st.integers(0, 3), seeds(), st.integers(0, 3), st.booleans()),
    *(st.sampled_from(LEVELS), st.booleans()),
)
def test_tailcuts_equal_the_reference(
    camera, n_events, seed, min_neighbors, isolated, levels, by_event
):
    rng = np.random.default_rng(seed)
    image = images(rng, n_events, camera.n_pixels)
    picture, boundary = thresholds(rng, levels, camera.n_pixels)
    pictures = picture[None]
    if by_event:
        pictures = picture + np.arange(n_events, dtype=np.float32)[:, None]
    got = tailcuts(image, pictures, boundary, min_neighbors, isolated, *camera.csr)
    assert got.shape == image.shape
    for event in range(n_events):
        want = reference.tailcuts(
            image[event],
            pictures[event if by_event else 0],
            *(boundary, min_neighbors, isolated, camera),
        )
        np.testing.assert_array_equal(got[event], want)


@settings(deadline=None, max_examples=60)
@given(
    *(cameras(), st.integers(0, 3), seeds(), st.integers(0, 3)),
    st.sampled_from(LEVELS),
)
def test_mars_equals_the_reference(camera, n_events, seed, min_neighbors, levels):
    rng = np.random.default_rng(seed)
    image = images(rng, n_events, camera.n_pixels)
    options = *thresholds(rng, levels, camera.n_pixels), min_neighbors
    got = mars(image, *options, *camera.csr)
    assert got.shape == image.shape
    for event in range(n_events):
        want = reference.mars(image[event], *options, camera)
        np.testing.assert_array_equal(got[event], want)


def test_mars_takes_one_more_ring():
    row = square(1, 6)
    image = np.float32([[20, 20, 6, 6, 6, 0]])
    picture, boundary = np.full(6, 10, np.float32), np.full(6, 5, np.float32)
    plain = tailcuts(image, picture[None], boundary, 1, False, *row.csr)
    more = mars(image, picture, boundary, 1, *row.csr)
    assert plain[0].tolist() == [True, True, True, False, False, False]
    assert more[0].tolist() == [True, True, True, True, False, False]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 3), st.integers(1, 20), seeds(), st.integers(1, 6))
def test_brightest_means_equal_the_reference(n_events, n_pixels, seed, n_brightest):
    image = images(np.random.default_rng(seed), n_events, n_pixels) - 5
    image[:, 0] = 7  # one pixel is a number
    got = brightest_means(image, n_brightest)
    want = [reference.brightest_mean(each, n_brightest) for each in image]
    np.testing.assert_allclose(got, want, rtol=1e-14)


@pytest.mark.parametrize("n_pixels", [0, 4])
def test_there_is_no_mean_of_nothing(n_pixels):
    image = np.full((1, n_pixels), np.nan, np.float32)
    assert np.isnan(brightest_means(image, 3)).all()


@pytest.mark.parametrize(
    ("min_neighbors", "isolated", "kept"), [(0, True, 1), (0, False, 0), (2, True, 1)]
)
def test_lone_bright_pixel(min_neighbors, isolated, kept):
    camera = hexagonal(1)
    image = np.zeros((1, 7), np.float32)
    image[0, 0] = 100
    picture, boundary = np.full(7, 10, np.float32), np.full(7, 5, np.float32)
    mask = tailcuts(
        image, picture[None], boundary, min_neighbors, isolated, *camera.csr
    )
    assert mask.sum() == kept


def test_thresholds_are_reached_by_equality():
    camera = hexagonal(1)
    ten, five = np.full(7, 10, np.float32), np.full(7, 5, np.float32)
    center = int(np.argmax(np.diff(camera.indptr)))
    image = np.full((2, 7), 10, np.float32)
    image[0, 0] = 5
    image[1, 0] = np.nextafter(np.float32(5), np.float32(0))
    mask = tailcuts(image, ten[None], five, 2, False, *camera.csr)
    assert mask[:, 0].tolist() == [True, False]
    assert mask[:, center].all()


def test_each_event_for_itself():
    camera = hexagonal(2)
    picture, boundary = np.full(19, 10, np.float32), np.full(19, 5, np.float32)
    image = np.zeros((3, 19), np.float32)
    image[1] = 20
    mask = tailcuts(image, picture[None], boundary, 2, False, *camera.csr)
    assert mask.all(axis=1).tolist() == [False, True, False]
    assert not mask[[0, 2]].any()
