import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import calibration as reference

from cta_columnar.kernels.calibration import calibrate


def random_input(shape, seed):
    rng = np.random.default_rng(seed)
    n_events, n_channels, n_pixels, _ = shape
    coefficients = 3, n_channels, n_pixels
    return (
        rng.integers(0, 2**16, shape, dtype=np.uint16),
        rng.integers(0, n_channels, (n_events, n_pixels), dtype=np.int8),
        rng.normal(300, 5, coefficients).astype(np.float32),
        rng.normal(0.02, 0.001, coefficients).astype(np.float32),
        rng.integers(0, 3, n_events, dtype=np.int32),
    )


@settings(deadline=None, max_examples=30)
@given(
    st.tuples(*map(st.integers, (0, 1, 0, 1), (3, 2, 5, 40))),
    seeds(),
    st.sampled_from([(1.0, 0.0), (0.97, 0.1)]),
)
def test_equals_reference_to_the_last_bit(shape, seed, scale_and_shift):
    arguments = *random_input(shape, seed), *scale_and_shift
    got, want = calibrate(*arguments), reference.calibrate(*arguments)
    assert got.dtype == want.dtype == np.float32
    np.testing.assert_array_equal(got, want)


def test_nan_coefficients_stay_in_their_pixel():
    r0, selected, pedestal, dc_to_pe, index = random_input((2, 2, 4, 3), seed=0)
    pedestal[:, :, 1] = np.nan
    out = calibrate(r0, selected, pedestal, dc_to_pe, index, 1.0, 0.0)
    assert np.isnan(out).any(axis=(0, 2)).tolist() == [False, True, False, False]


@pytest.mark.parametrize("channel", [0, 1])
def test_read_only_input_of_one_channel(channel):
    r0, selected, pedestal, dc_to_pe, index = random_input((1, 2, 3, 4), seed=1)
    r0.flags.writeable = False
    selected[:] = channel
    want = (r0[0, channel] - pedestal[index[0], channel, :, None]) * dc_to_pe[
        index[0], channel, :, None
    ]
    got = calibrate(r0, selected, pedestal, dc_to_pe, index, 1.0, 0.0)
    np.testing.assert_array_equal(got[0], want)


def test_one_channel_is_that_of_each_pixel():
    r0, selected, pedestal, dc_to_pe, index = random_input((3, 2, 5, 4), seed=2)
    chosen = selected[:, np.newaxis, :, np.newaxis]
    one = np.take_along_axis(r0, chosen.astype(np.int64), axis=1)
    both = calibrate(r0, selected, pedestal, dc_to_pe, index, 1.0, 0.0)
    got = calibrate(one, selected, pedestal, dc_to_pe, index, 1.0, 0.0)
    assert selected.any()
    np.testing.assert_array_equal(got, both)
