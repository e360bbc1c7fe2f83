import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import rows_within as reference

from cta_columnar.kernels.rows_within import rows_within

LIMIT = 3.0
# At the limit, next to it on both sides, and what is no number.
VALUES = [0.0, -1.5, LIMIT, -LIMIT, np.nextafter(LIMIT, 9), -np.inf, np.inf, np.nan]


@given(
    st.integers(0, 4).flatmap(
        lambda n: st.lists(
            st.lists(st.sampled_from(VALUES), min_size=n, max_size=n), max_size=5
        ).map(lambda rows: np.array(rows, np.float64).reshape(len(rows), n))
    ),
    st.booleans(),
)
def test_kernel_equals_the_reference(x, nan_is_within):
    got, want = np.zeros((2, len(x)), bool)
    got[:] = True
    rows_within(x, LIMIT, nan_is_within, got)
    reference.rows_within(x, LIMIT, nan_is_within, want)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("nan_is_within", [True, False])
def test_infinity_is_beyond_the_largest_number(nan_is_within):
    out = np.ones(2, bool)
    x = np.array([[np.inf], [np.finfo(np.float64).max]])
    rows_within(x, float(np.finfo(np.float64).max), nan_is_within, out)
    assert out.tolist() == [False, True]
