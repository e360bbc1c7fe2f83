import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import time_shift as reference

from cta_columnar.kernels.time_shift import shift_waveforms

# Sums of their multiples are exact, so that no half is a matter of rounding.
RATES = st.sampled_from([0.25, 0.5, 1.0, 2.0])


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 3),
    st.sampled_from([0, 1, 2, 4, 8]),
    st.integers(1, 9),
    RATES,
    st.integers(0, 2**32 - 1),
)
def test_equals_reference(n_events, n_pixels, n_samples, rate, seed):
    rng = np.random.default_rng(seed)
    waveform = rng.normal(size=(n_events, n_pixels, n_samples)).astype(np.float32)
    waveform[rng.random(waveform.shape) < 0.1] = np.nan
    # Quarters of a ns, with many halves, and shifts beyond both ends.
    time_shift = rng.integers(-60, 60, (n_events, n_pixels)).astype(np.float32) / 4
    before = waveform.copy()
    shifted, remaining = shift_waveforms(waveform, time_shift, rate)
    np.testing.assert_array_equal(waveform, before)
    assert shifted.dtype == remaining.dtype == np.float32
    assert shifted.shape == waveform.shape
    for event in range(n_events if n_pixels else 0):
        moved, left = reference.shift_waveforms(
            waveform[event], time_shift[event], rate
        )
        np.testing.assert_array_equal(shifted[event], moved)
        np.testing.assert_allclose(remaining[event], left, rtol=1e-6, atol=1e-6)


def test_halves_go_to_the_even_number():
    shifts = np.float32([[-1.5, -0.5, 0.5, 1.5]])
    waveform = np.tile(np.arange(5, dtype=np.float32), (1, 4, 1))
    shifted, remaining = shift_waveforms(waveform, shifts, 1.0)
    # Old samples 2 - 2, 2, 2, and 2 + 2.
    np.testing.assert_array_equal(shifted[0, :, 2], [0, 2, 2, 4])
    np.testing.assert_array_equal(remaining, [[0.5, -0.5, 0.5, -0.5]])


def test_what_all_pixels_have_in_common_stays_for_the_peak_time():
    waveform = np.random.default_rng(1).random((1, 3, 6), np.float32)
    shifted, remaining = shift_waveforms(waveform, np.full((1, 3), 7, np.float32), 1.0)
    np.testing.assert_array_equal(shifted, waveform)
    np.testing.assert_array_equal(remaining, [[7, 7, 7]])
