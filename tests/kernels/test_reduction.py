import numpy as np
import pytest
from cameras import cameras, hexagonal, seeds, square
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import reduction as reference

from cta_columnar.kernels.reduction import grown, tailcuts_reduction


@settings(deadline=None, max_examples=100)
@given(
    *(cameras(), st.integers(0, 3), seeds(), st.integers(0, 3), st.booleans()),
    *(st.booleans(), st.integers(0, 3)),
    st.sampled_from([(10, 5), (5, 5), (4, 6)]),
)
def test_equals_reference(
    camera, n_events, seed, min_neighbors, isolated, to_boundary, n_end, levels
):
    rng = np.random.default_rng(seed)
    charges = np.float32([0, 4, 5, 6, 10, 12, np.nan])
    # Mostly below all thresholds, so that not everything is kept at once.
    weights = np.array([6, 2, 1, 1, 1, 1, 1]) / 13
    image = rng.choice(charges, (n_events, camera.n_pixels), p=weights)
    picture, boundary = (
        (level + rng.choice([0, 1], camera.n_pixels)).astype(np.float32)
        for level in levels
    )
    options = min_neighbors, isolated, to_boundary, n_end
    got = tailcuts_reduction(image, picture, boundary, *options, *camera.csr)
    assert got.shape == image.shape
    for event in range(n_events):
        want = reference.tailcuts_reduction(
            image[event], picture, boundary, *options, camera
        )
        np.testing.assert_array_equal(got[event], want)


def reduced(image, *, to_boundary=True, n_end=0, picture=10, boundary=5):
    """Reduce one image of a row of pixels, seeds needing no neighbours."""
    n_pixels = len(image)
    thresholds = (np.full(n_pixels, each, np.float32) for each in (picture, boundary))
    row = np.array([image], np.float32)
    options = 0, True, to_boundary, n_end
    mask = tailcuts_reduction(row, *thresholds, *options, *square(1, n_pixels).csr)
    return np.flatnonzero(mask[0]).tolist()


def test_pixels_above_the_boundary_are_followed_to_their_end():
    image = [0, 5, 6, 7, 12, 0, 9, 0]
    assert reduced(image) == [1, 2, 3, 4]
    assert reduced(image, to_boundary=False) == [3, 4]


@pytest.mark.parametrize(
    ("n_end", "kept"), [(0, [3]), (1, [2, 3, 4]), (9, [*range(7)])]
)
def test_rings_are_added_whatever_their_charge(n_end, kept):
    assert reduced([0, 0, 0, 20, 0, np.nan, 0], n_end=n_end) == kept


def test_seeds_below_the_boundary_go_as_in_ctapipe():
    image = [0, 4, 0, 0, 0]
    assert reduced(image, picture=3, boundary=5, n_end=1) == []
    assert reduced(image, picture=3, boundary=5, n_end=1, to_boundary=False) == [
        0,
        1,
        2,
    ]


def test_nothing_is_kept_of_an_image_without_seeds():
    camera = hexagonal(2)
    thresholds = np.full(19, 10, np.float32), np.full(19, 5, np.float32)
    image = np.full((2, 19), 9, np.float32)
    image[0] = 11
    options = 2, False, True, 2
    mask = tailcuts_reduction(image, *thresholds, *options, *camera.csr)
    assert mask.all(axis=1).tolist() == [True, False]
    assert not mask[1].any()


@settings(deadline=None, max_examples=40)
@given(cameras(), st.integers(0, 3), seeds(), st.integers(0, 3))
def test_grown_equals_reference(camera, n_events, seed, n_rings):
    rng = np.random.default_rng(seed)
    mask = rng.random((n_events, camera.n_pixels)) < 0.05
    before = mask.copy()
    got = grown(mask, n_rings, *camera.csr)
    np.testing.assert_array_equal(mask, before)
    assert got.shape == mask.shape
    for event in range(n_events):
        want = reference.grown(mask[event], n_rings, camera)
        np.testing.assert_array_equal(got[event], want)
