import numpy as np
from cameras import cameras, seeds, square
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import morphology as reference

from cta_columnar.kernels.morphology import heaviest_island, heaviest_islands, islands


@settings(deadline=None, max_examples=60)
@given(cameras(), seeds(), st.sampled_from([0, 0.3, 0.6, 1]))
def test_islands_equal_the_reference(camera, seed, share):
    mask = np.random.default_rng(seed).random(camera.n_pixels) < share
    labels, n_islands = islands(mask, *camera.csr)
    want_labels, want_count = reference.islands(mask, camera)
    np.testing.assert_array_equal(labels, want_labels)
    assert n_islands == want_count


def test_labels_follow_the_lowest_pixel():
    mask = np.array([0, 1, 0, 1, 1, 0, 1, 0], bool)
    labels, n_islands = islands(mask, *square(1, 8).csr)
    assert labels.tolist() == [0, 1, 0, 2, 2, 0, 3, 0]
    assert n_islands == 3


@settings(deadline=None, max_examples=60)
@given(cameras(), st.integers(0, 3), seeds(), st.sampled_from([0, 0.3, 0.6, 1]))
def test_heaviest_islands_equal_the_reference(camera, n_events, seed, share):
    rng = np.random.default_rng(seed)
    shape = n_events, camera.n_pixels
    mask = rng.random(shape) < share
    # Few values, so that islands are often equal.
    weight = rng.choice(np.float32([-1, 0, 1, 1, 2, np.nan]), shape)
    got = heaviest_islands(mask, weight, *camera.csr)
    assert got.shape == shape
    for event in range(n_events):
        want = reference.heaviest_island(mask[event], weight[event], camera)
        np.testing.assert_array_equal(got[event], want)


def heaviest(weight):
    """Pixels of the heaviest island in a row; those of no weight are in no island."""
    weight = np.array(weight, np.float32)
    kept = heaviest_island(weight != 0, weight, *square(1, weight.size).csr)
    return np.flatnonzero(kept).tolist()


def test_of_equal_islands_the_first_is_kept():
    assert heaviest([2, 0, 1, 1, 0, 2]) == [0]


def test_an_island_of_negative_weight_is_one():
    # The brightest island of ctapipe is then all that is in no island.
    assert heaviest([-1, -2, 0, -1]) == [3]


def test_an_island_with_nan_weighs_least():
    assert heaviest([np.nan, 9, 0, -5]) == [3]
    assert heaviest([np.nan, 0, np.nan]) == [0]
