import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import gain_selection as reference

from cta_columnar.kernels.gain_selection import (
    channels_by_threshold,
    of_selected_channel,
)


@settings(deadline=None, max_examples=30)
@given(st.tuples(*map(st.integers, (0, 1, 0, 1), (3, 2, 5, 40))), seeds())
def test_equals_reference(shape, seed):
    r0 = np.random.default_rng(seed).integers(3990, 4003, shape, dtype=np.uint16)
    got = channels_by_threshold(r0, 4000)
    assert got.dtype == np.int8
    np.testing.assert_array_equal(got, reference.channels_by_threshold(r0, 4000))


@pytest.mark.parametrize(("count", "channel"), [(4000, 0), (4001, 1), (65535, 1)])
@pytest.mark.parametrize("sample", [0, 20, 39])
def test_one_sample_above_the_threshold_is_enough(count, channel, sample):
    r0 = np.zeros((1, 2, 1, 40), np.uint16)
    r0[0, 0, 0, sample] = count
    r0[0, 1] = 5000  # the low gain decides nothing
    assert channels_by_threshold(r0, 4000) == channel


def test_threshold_beyond_16_bits_is_never_passed():
    r0 = np.full((1, 2, 1, 4), 65535, np.uint16)
    assert channels_by_threshold(r0, 65536 + 10) == 0


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 4), st.integers(1, 2), st.integers(0, 5), seeds())
@pytest.mark.parametrize("dtype", [np.float32, np.bool_])
def test_coefficients_of_the_selected_channel(dtype, n_events, n_channels, n_pix, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2, (3, n_channels, n_pix)).astype(dtype)
    index = rng.integers(0, 3, n_events, dtype=np.int32)
    selected = rng.integers(0, n_channels, (n_events, n_pix), dtype=np.int8)
    got = of_selected_channel(values, index, selected)
    assert got.dtype == dtype
    want = reference.of_selected_channel(values, index, selected)
    np.testing.assert_array_equal(got, want)
