import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import sorting as reference

from cta_columnar.kernels.simulation import sorting


def assert_sorted_as_by_the_reference(pixels, times):
    got = sorting.sorted_by_pixel(pixels, times)
    want = reference.sorted_by_pixel(pixels, times)
    for mine, other in zip(got, want, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_array_equal(mine, other)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 6), st.floats(-9, 9, width=32)), max_size=30))
def test_sorting_equals_the_reference(pairs):
    assert_sorted_as_by_the_reference(
        np.array([p for p, _ in pairs], np.int32),
        np.array([t for _, t in pairs], np.float32),
    )


def test_pixels_with_many_photo_electrons():
    """Above a number of them, the times of a pixel are sorted in another way."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 5, 300).astype(np.int32)
    times = rng.normal(0, 9, 300).astype(np.float32)
    assert np.bincount(pixels).min() > 30
    assert_sorted_as_by_the_reference(pixels, times)
