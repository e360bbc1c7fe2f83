import numpy as np
import pytest
from cameras import cameras, hexagonal, seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import cleaning as reference

from cta_columnar.kernels.cleaning import tailcuts


@settings(deadline=None, max_examples=100)
@given(
    cameras(),
    st.integers(0, 3),
    seeds(),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from([(10, 5), (5, 5), (4, 6)]),
)
def test_equals_reference(camera, n_events, seed, min_neighbors, isolated, levels):
    rng = np.random.default_rng(seed)
    n_pixels = camera.n_pixels
    image = rng.choice(np.float32([0, 4, 5, 6, 10, 12, np.nan]), (n_events, n_pixels))
    # Thresholds differ from pixel to pixel.
    picture, boundary = (
        (level + rng.choice([0, 1], n_pixels)).astype(np.float32) for level in levels
    )
    got = tailcuts(image, picture, boundary, min_neighbors, isolated, *camera.csr)
    for event in range(n_events):
        want = reference.tailcuts(
            image[event], picture, boundary, min_neighbors, isolated, camera
        )
        np.testing.assert_array_equal(got[event], want)


@pytest.mark.parametrize(
    ("min_neighbors", "isolated", "kept"), [(0, True, 1), (0, False, 0), (2, True, 1)]
)
def test_lone_bright_pixel(min_neighbors, isolated, kept):
    camera = hexagonal(1)
    image = np.zeros((1, 7), np.float32)
    image[0, 0] = 100
    picture, boundary = np.full(7, 10, np.float32), np.full(7, 5, np.float32)
    mask = tailcuts(image, picture, boundary, min_neighbors, isolated, *camera.csr)
    assert mask.sum() == kept


def test_thresholds_are_reached_by_equality():
    camera = hexagonal(1)
    ten, five = np.full(7, 10, np.float32), np.full(7, 5, np.float32)
    center = int(np.argmax(np.diff(camera.indptr)))
    image = np.full((2, 7), 10, np.float32)
    image[0, 0] = 5
    image[1, 0] = np.nextafter(np.float32(5), np.float32(0))
    mask = tailcuts(image, ten, five, 2, False, *camera.csr)
    assert mask[:, 0].tolist() == [True, False]
    assert mask[:, center].all()


def test_each_event_for_itself():
    camera = hexagonal(2)
    picture, boundary = np.full(19, 10, np.float32), np.full(19, 5, np.float32)
    image = np.zeros((3, 19), np.float32)
    image[1] = 20
    mask = tailcuts(image, picture, boundary, 2, False, *camera.csr)
    assert mask.all(axis=1).tolist() == [False, True, False]
    assert not mask[[0, 2]].any()
