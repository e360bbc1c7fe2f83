import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import kept_pixels as reference

from cta_columnar.kernels.kept_pixels import charge_sums, gather, kept_pixels


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 5), st.integers(0, 70), st.floats(0, 1), st.integers(0, 2**32 - 1)
)
def test_lists_values_and_sums_equal_the_reference(n_events, n_pixels, share, seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((n_events, n_pixels)) < share
    indptr, pixels = kept_pixels(mask)
    want_indptr, want_pixels = reference.kept_pixels(mask)
    assert indptr.dtype == np.int64
    assert pixels.dtype == np.int32
    assert indptr.tolist() == want_indptr
    assert pixels.tolist() == want_pixels

    charge = rng.normal(size=mask.shape).astype(np.float32)
    values = gather(charge, indptr, pixels)
    assert values.dtype == np.float64
    assert values.tolist() == reference.gather(charge, mask)
    np.testing.assert_allclose(
        charge_sums(values, indptr),
        reference.charge_sums(charge, mask),
        rtol=1e-12,
        atol=1e-12,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.float64])
def test_any_image_type_is_gathered_to_float64(dtype):
    image = np.array([[1, 2, 3]], dtype)
    image.setflags(write=False)
    indptr, pixels = kept_pixels(np.array([[True, False, True]]))
    assert gather(image, indptr, pixels).tolist() == [1.0, 3.0]


def test_nan_is_passed_on():
    image = np.array([[np.nan, 1.0]])
    indptr, pixels = kept_pixels(np.ones((1, 2), bool))
    values = gather(image, indptr, pixels)
    assert np.isnan(values[0])
    assert np.isnan(charge_sums(values, indptr)[0])
