import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import image_precision as reference

from cta_columnar.kernels.image_precision import LEAST_STEP, from_int16, to_int16

# Far beyond any charge, below the steps, and what is no number.
VALUES = st.floats(-(2.0**100), 2.0**100, width=32) | st.sampled_from(
    [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-7, -3e-6, 1.5, 32767.0]
)
IMAGES = st.tuples(st.integers(0, 3), st.integers(0, 7)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=VALUES)
)


@settings(deadline=None, max_examples=200)
@given(IMAGES)
def test_equals_reference(values):
    before = values.copy()
    codes, step = to_int16(values)
    back = from_int16(codes, step)
    np.testing.assert_array_equal(values, before)
    assert codes.dtype == np.int16
    assert step.dtype == back.dtype == np.float32
    assert codes.shape == back.shape == values.shape
    for event, row in enumerate(values):
        wanted, wanted_step = reference.to_int16(row)
        np.testing.assert_array_equal(codes[event], wanted)
        assert step[event] == wanted_step
        decoded = np.float32(reference.from_int16(codes[event].tolist(), step[event]))
        np.testing.assert_array_equal(back[event], decoded)


@settings(deadline=None, max_examples=200)
@given(IMAGES)
def test_nothing_is_off_by_more_than_half_a_step(values):
    codes, step = to_int16(values)
    back = from_int16(codes, step).astype(np.float64)
    is_number = np.isfinite(values)
    np.testing.assert_array_equal(np.isfinite(back), is_number)
    bound = 0.5 * step.astype(np.float64)[:, np.newaxis]
    last_digit = np.spacing(np.abs(np.where(is_number, values, 0)))
    off = np.abs(np.where(is_number, back - values, 0))
    assert (off <= bound + last_digit).all()


def test_steps_follow_the_brightest_pixel():
    values = np.float32([[0, 0], [3276.7, -1], [np.nan, np.nan]])
    codes, step = to_int16(values)
    np.testing.assert_array_equal(step, np.float32([LEAST_STEP, 0.1, LEAST_STEP]))
    np.testing.assert_array_equal(codes, [[0, 0], [32767, -10], [-32768, -32768]])


def test_what_was_rounded_once_stays():
    image = np.random.default_rng(1).normal(0, 30, (20, 50)).astype(np.float32)
    codes, step = to_int16(image)
    again, _ = to_int16(from_int16(codes, step))
    np.testing.assert_array_equal(again, codes)
