import numpy as np
from cameras import cameras, seeds, square
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import morphology as reference

from cta_columnar.kernels.morphology import islands


@settings(deadline=None, max_examples=60)
@given(cameras(), st.integers(0, 3), seeds(), st.sampled_from([0, 0.3, 0.6, 1]))
def test_equals_reference(camera, n_events, seed, share):
    mask = np.random.default_rng(seed).random((n_events, camera.n_pixels)) < share
    labels, n_islands = islands(mask, *camera.csr)
    for event in range(n_events):
        want_labels, want_count = reference.islands(mask[event], camera)
        np.testing.assert_array_equal(labels[event], want_labels)
        assert n_islands[event] == want_count


def test_labels_follow_the_lowest_pixel():
    mask = np.array([[0, 1, 0, 1, 1, 0, 1, 0]], bool)
    labels, n_islands = islands(mask, *square(1, 8).csr)
    assert labels.tolist() == [[0, 1, 0, 2, 2, 0, 3, 0]]
    assert n_islands.tolist() == [3]
