import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import windows as reference

from cta_columnar.kernels.windows import window_sums


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2),
    st.integers(0, 4),
    st.integers(1, 20),
    st.integers(1, 9),
    st.integers(-25, 25),
    seeds(),
    st.booleans(),
)
def test_window_equals_reference(
    n_events, n_pixels, n_samples, width, shift, seed, with_nan
):
    rng = np.random.default_rng(seed)
    shape = n_events, n_pixels
    waveform = rng.choice(
        np.float32([-1, -0.0, 0, 0.1, 1, 2] + [np.nan] * with_nan), (*shape, n_samples)
    )
    peak = rng.integers(0, n_samples, shape, dtype=np.int32)
    selected = rng.integers(0, 2, shape, dtype=np.int8)
    factor = np.array([1.21741, 0.97123])
    image, time = window_sums(waveform, peak, selected, factor, width, shift, 1.041)
    assert image.dtype == time.dtype == np.float32
    for e, p in np.ndindex(shape):
        want = reference.window_sum(
            waveform[e, p], peak[e, p], factor[selected[e, p]], width, shift, 1.041
        )
        np.testing.assert_array_equal((image[e, p], time[e, p]), want)


def test_pulse_of_the_reference_document():
    waveform = np.zeros((1, 1, 40), np.float32)
    waveform[0, 0, [20, 21]] = 3, 4
    peak, selected = np.full((1, 1), 20, np.int32), np.zeros((1, 1), np.int8)
    charge, time = window_sums(waveform, peak, selected, np.ones(1), 3, 1, 1.0)
    assert charge == 7
    assert time == pytest.approx(20.571, abs=5e-4)
