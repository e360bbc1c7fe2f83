import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import charges as reference
from reference.simulation import draws as streams

from cta_columnar.kernels.simulation.charges import (
    detect,
    draw_charge,
    draw_charges,
    flash,
)
from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.variates import normals, uniforms

few = settings(deadline=None, max_examples=25)
KEY = st.tuples(*[st.integers(0, 2**32 - 1)] * 5)
QUANTILES = np.array([0.0, 0.5, 0.9, 1.0, 1.3, 4.0], np.float32)


@few
@given(KEY)
def test_charges_equal_the_reference(key):
    u = streams.uniforms(*key)
    want = [reference.charge(u, QUANTILES) for _ in range(7)]
    np.testing.assert_allclose(draw_charges(new_stream(*key), QUANTILES, 7), want, 1e-6)
    assert draw_charge(new_stream(*key), QUANTILES) == pytest.approx(want[0])


@few
@given(KEY, st.integers(0, 12), st.floats(0, 2))
def test_detected_light_equals_the_reference(key, n, jitter):
    rng = np.random.default_rng(key[0])
    pixel = np.sort(rng.integers(0, 4, n)).astype(np.int32)
    time = rng.uniform(-50, 50, n).astype(np.float32)
    efficiency = np.array([0.0, 0.7, 1.25, 2.0], np.float32)
    delay = np.array([0.0, 1.0, -2.0, 0.5], np.float32)
    got = detect(new_stream(*key), pixel, time, efficiency, delay, jitter, QUANTILES)
    want = reference.detect(
        streams.uniforms(*key), streams.normal,
        pixel, time, efficiency, delay, jitter, QUANTILES,
    )  # fmt: skip
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, np.array(other, float), rtol=1e-5, atol=1e-4)


def test_the_mean_follows_the_efficiency():
    n = 4000
    pixel = np.repeat(np.arange(3, dtype=np.int32), n)
    efficiency = np.array([0.8, 1.0, 1.2], np.float32)
    seen, *_ = detect(
        new_stream(1, 1, 5, 0, 0), pixel, np.zeros(3 * n, np.float32), efficiency,
        np.zeros(3, np.float32), 0.0, QUANTILES,
    )  # fmt: skip
    counts = np.bincount(seen) / n
    assert counts[1] == 1
    np.testing.assert_allclose(counts, efficiency, atol=4 * np.sqrt(0.16 / n))


def test_a_flash_has_its_mean_and_its_times_in_order():
    mean = np.array([0.0, 3.0, 70.0, 300.0], np.float32)
    pixel, time = flash(new_stream(2, 1, 5, 0, 0), mean, 1.0, 40.0)
    counts = np.bincount(pixel, minlength=4)
    assert counts[0] == 0
    assert (np.abs(counts - mean) <= 4 * np.sqrt(mean)).all()
    for p in range(4):
        assert (np.diff(time[pixel == p]) >= 0).all()
    assert time.mean() == pytest.approx(40, abs=0.3)
    assert time.std() == pytest.approx(1, abs=0.2)


@few
@given(KEY, st.sampled_from([1.0, 3.0]))
def test_arrays_of_variates_are_those_of_the_stream(key, most):
    u = streams.uniforms(*key)
    np.testing.assert_array_equal(
        uniforms(new_stream(*key), 5), [next(u) for _ in range(5)]
    )
    u = streams.uniforms(*key)
    values = (streams.normal(u) for _ in range(10_000))
    want = [next(v for v in values if abs(v) <= most) for _ in range(6)]
    np.testing.assert_allclose(normals(new_stream(*key), 6, most), want, rtol=1e-9)
