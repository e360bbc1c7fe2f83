import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import statistics as reference

from cta_columnar.kernels.statistics import statistics


def run(lists):
    indptr = np.cumsum([0, *map(len, lists)])
    values = np.concatenate([np.empty(0), *map(np.asarray, lists)]).astype(float)
    return statistics(values, indptr, np.ones(len(lists), bool))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.lists(st.floats(-1e3, 1e3, width=32), max_size=30), min_size=1, max_size=4
    ),
    st.booleans(),
)
def test_kernel_equals_the_reference(lists, with_nan):
    if with_nan:
        lists[0] = [*lists[0], np.nan]
    got = run(lists)
    assert got.shape == (6, len(lists))
    for e, values in enumerate(lists):
        want = reference.statistics(np.array(values, float))
        # Values that differ by less than rounding leaves of them have no shape.
        if want[3] > 1e-7 * np.abs(want[:2]).max():
            np.testing.assert_allclose(got[:, e], want, rtol=1e-6, atol=1e-6)
        else:
            np.testing.assert_allclose(got[:4, e], want[:4], rtol=1e-12, atol=1e-7)


def test_std_is_that_of_the_population_and_kurtosis_the_excess():
    values = np.random.default_rng(0).normal(20, 3, 100_000)
    got = run([values])[:, 0]
    assert got[3] == pytest.approx(np.std(values), rel=1e-12)
    assert got[4:] == pytest.approx([0, 0], abs=0.05)


def test_moments_by_hand():
    # Deviations -1, -1, -1, 3: variance 3, third moment 6, fourth 21.
    want = [4, 0, 1, np.sqrt(3), 6 / 3**1.5, 21 / 9 - 3]
    assert run([[0, 0, 4, 0]])[:, 0] == pytest.approx(want)


def test_no_events():
    assert run([]).shape == (6, 0)


@pytest.mark.parametrize("values", [[0.1], [0.1] * 3, [7.3] * 10])
def test_equal_values_have_no_spread_and_no_shape(values):
    got = run([values])[:, 0]
    assert got[:4].tolist() == [values[0], values[0], values[0], 0]
    assert np.isnan(got[4:]).all()


def test_empty_unwanted_and_nan_have_none():
    assert np.isnan(run([[], [1.0, np.nan]])).all()
    none = statistics(np.ones(3), np.array([0, 3]), np.array([False]))
    assert np.isnan(none).all()
