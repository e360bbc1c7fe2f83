import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import impact as reference

from cta_columnar.kernels.impact import impact_distance


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 4), max_size=5), st.integers(0, 2**32 - 1))
def test_kernel_equals_reference(rows_per_event, seed):
    rng = np.random.default_rng(seed)
    n = len(rows_per_event)
    start = np.concatenate([[0], np.cumsum(rows_per_event)]).astype(np.int64)
    alt, az = rng.uniform(0.2, np.pi / 2, n), rng.uniform(-4, 7, n)
    core_x, core_y = rng.uniform(-1000, 1000, (2, n))
    position = rng.uniform(-500, 500, (6, 3))
    tel_index = rng.integers(0, 6, start[-1]).astype(np.int32)
    got = impact_distance(start, alt, az, core_x, core_y, tel_index, position)
    assert got.shape == tel_index.shape
    for i in range(n):
        for row in range(start[i], start[i + 1]):
            want = reference.impact_distance(
                alt[i], az[i], core_x[i], core_y[i], position[tel_index[row]]
            )
            assert got[row] == pytest.approx(want, rel=1e-12, abs=1e-9)


def test_vertical_shower():
    start = np.array([0, 2])
    zenith, zero = np.array([np.pi / 2]), np.zeros(1)
    position = np.array([[3.0, 4.0, 50.0], [0.0, 0.0, -5.0]])
    index = np.array([0, 1], np.int32)
    got = impact_distance(start, zenith, zero, zero, zero, index, position)
    np.testing.assert_allclose(got, [5, 0], atol=1e-12)


def test_nan_shower_gives_nan():
    start = np.array([0, 1])
    nan = np.full(1, np.nan)
    index = np.zeros(1, np.int32)
    got = impact_distance(start, nan, nan, nan, nan, index, np.zeros((1, 3)))
    assert np.isnan(got).all()
