import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import sliding_window as reference

from cta_columnar.kernels.sliding_window import largest_window_sums

FACTOR = np.array([1.21741, 0.97123])


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2),
    st.integers(0, 4),
    st.integers(1, 40),
    st.integers(1, 12),
    seeds(),
    st.booleans(),
    st.booleans(),
)
def test_largest_window_equals_reference(
    n_events, n_pixels, n_samples, width, seed, with_ties, with_nan
):
    rng = np.random.default_rng(seed)
    shape = n_events, n_pixels, n_samples
    waveform = rng.normal(0, 2, shape).astype(np.float32)
    if with_ties:
        waveform = np.rint(waveform)
    if with_nan:
        waveform[rng.random(shape) < 0.05] = np.nan
    selected = rng.integers(0, 2, shape[:2], dtype=np.int8)
    image, time = largest_window_sums(waveform, selected, FACTOR, width, 1.041)
    assert image.dtype == time.dtype == np.float32
    for place in np.ndindex(shape[:2]):
        want = reference.largest_window_sum(
            waveform[place], FACTOR[selected[place]], width, 1.041
        )
        np.testing.assert_array_equal((image[place], time[place]), want)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_without_light_the_time_is_the_middle_of_the_window(value):
    waveform = np.full((1, 1, 20), value, np.float32)
    selected = np.zeros((1, 1), np.int8)
    image, time = largest_window_sums(waveform, selected, np.ones(1), 7, 2.0)
    assert image == 7 * value
    assert time == 3.5 / 2
