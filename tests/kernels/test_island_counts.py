import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import island_counts as reference
from toy_images import Camera

from cta_columnar.kernels.island_counts import island_counts
from cta_columnar.kernels.kept_pixels import kept_pixels

CAMERA = Camera()
NEIGHBORS = CAMERA.neighbors()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 4), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_kernel_equals_the_reference(n_events, share, seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((n_events, CAMERA.n_pixels)) < share
    got = island_counts(*kept_pixels(mask), *NEIGHBORS)
    assert got.shape == (5, n_events)
    assert got.dtype == np.int32
    for e in range(n_events):
        want = reference.island_counts(np.flatnonzero(mask[e]), CAMERA.touching)
        assert got[:, e].tolist() == want


@pytest.mark.parametrize(
    ("size", "small", "medium", "large"),
    [(1, 1, 0, 0), (2, 1, 0, 0), (3, 0, 1, 0), (50, 0, 1, 0), (51, 0, 0, 1)],
)
def test_limits_of_small_medium_and_large(size, small, medium, large):
    mask = np.zeros((1, CAMERA.n_pixels), bool)
    mask[0, :size] = True  # whole rows of the camera, so one island
    got = island_counts(*kept_pixels(mask), *NEIGHBORS)[:, 0]
    assert got.tolist() == [size, 1, small, medium, large]


def test_no_pixels_no_islands():
    got = island_counts(*kept_pixels(np.zeros((2, CAMERA.n_pixels), bool)), *NEIGHBORS)
    assert not got.any()
