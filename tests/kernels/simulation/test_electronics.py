import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import banks as bank_reference
from reference.simulation import draws as streams
from reference.simulation import electronics as reference

from cta_columnar.kernels.simulation.banks import noise_bank, sky_bank
from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.electronics import (
    _MANY,
    add_signal,
    draw_places,
    first_of_pixels,
    traces,
)
from cta_columnar.kernels.simulation.sums import sums

few = settings(deadline=None, max_examples=20)
SEED = st.integers(0, 2**32 - 1)
KEY = (1, 2, 3, 4, 5)


def light(rng, n_pixels, n):
    pixel = np.sort(rng.integers(0, max(n_pixels, 1), n)).astype(np.int32)
    arrival = rng.uniform(-5, 25, n).astype(np.float32)
    return pixel, arrival, rng.exponential(1, n).astype(np.float32)


@few
@given(SEED, st.integers(0, 8), st.integers(0, 12))
def test_signal_equals_the_reference(seed, n, n_samples):
    rng = np.random.default_rng(seed)
    _, arrival, charge = light(rng, 1, n)
    pulses = rng.uniform(0, 1, (4, 6)).astype(np.float32)
    trace = np.zeros(n_samples, np.float32)
    add_signal(trace, arrival, charge, 1.3, 1.7, pulses)
    want = reference.signal(n_samples, arrival, charge, 1.3, 1.7, pulses)
    np.testing.assert_allclose(trace, want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [_MANY, _MANY + 1])
def test_many_photo_electrons_are_added_like_few(n):
    rng = np.random.default_rng(n)
    pulses = rng.uniform(0, 1, (8, 5)).astype(np.float32)
    # In the middle of their phases, where rounding decides nothing.
    arrival = ((rng.integers(-80, 200, n) + 0.5) / 8).astype(np.float32)
    charge = rng.exponential(1, n).astype(np.float32)
    trace = np.zeros(15, np.float32)
    add_signal(trace, arrival, charge, 2.0, 1.0, pulses)
    want = reference.signal(15, arrival, charge, 2.0, 1.0, pulses)
    np.testing.assert_allclose(trace, want, rtol=1e-4)


@pytest.mark.parametrize("time", [np.nan, np.inf, -np.inf, 1e30, -1e30, -10.0, 15.0])
@pytest.mark.parametrize("n", [1, _MANY + 1])
def test_light_outside_the_trace_adds_nothing(time, n):
    trace = np.zeros(10, np.float32)
    arrival, charge = np.full(n, time, np.float32), np.ones(n, np.float32)
    add_signal(trace, arrival, charge, 0.0, 1.0, np.ones((8, 5), np.float32))
    assert not trace.any()


def test_rounding_below_a_whole_sample():
    trace = np.zeros(3, np.float32)
    pulses = np.arange(16, dtype=np.float32).reshape(8, 2)
    add_signal(
        trace, np.full(1, -1e-30, np.float32), np.ones(1, np.float32), 0.0, 1.0, pulses
    )
    # Sample 0 is the first after the start, in the latest phase.
    assert trace.tolist() == [14, 15, 0]


def test_first_of_pixels():
    pixel = np.array([1, 1, 3], np.int32)
    np.testing.assert_array_equal(first_of_pixels(pixel, 5), [0, 0, 2, 2, 3, 3])
    np.testing.assert_array_equal(first_of_pixels(pixel[:0], 0), [0])


def test_places_are_the_next_numbers_below():
    u = streams.uniforms(*KEY)
    want = [int(next(u) * 1000) for _ in range(9)]
    assert draw_places(new_stream(*KEY), 1000, 9).tolist() == want


class Camera:
    """Everything that the kernels take, at random."""

    def __init__(self, seed, n_pixels, n):
        rng = np.random.default_rng(seed)
        pixel, self.arrival, self.charge = light(rng, n_pixels, n)
        self.first = first_of_pixels(pixel, n_pixels)
        self.pulses = rng.uniform(0, 1, (2, 4, 5)).astype(np.float32)
        self.shape = np.array([1, 0, 1])
        self.pedestal = rng.uniform(20, 30, (3, n_pixels)).astype(np.float32)
        self.scale = rng.uniform(0, 20, (3, n_pixels)).astype(np.float32)
        self.top = np.array([100, 4000, 65535], np.float32)
        self.sky = rng.uniform(0, 1, n_pixels).astype(np.float32)
        self.column, self.n_columns = 2, 16
        self.place = rng.integers(0, 16 * 5, n_pixels).astype(np.int32)
        self.sky_bank = rng.normal(0, 1, (2, 5, 40)).astype(np.float32)
        self.noise_bank = rng.normal(0, 9, (3, 2, 40)).astype(np.float32)

    @property
    def arguments(self):
        return (
            self.first, self.arrival, self.charge, 1.0, 2.0, self.pulses, self.shape,
            self.pedestal, self.scale, self.top, self.sky, self.place, self.column,
            self.n_columns, self.sky_bank, self.noise_bank,
        )  # fmt: skip

    def volts(self, gain, pixel, n_samples):
        h = self.shape[gain]
        return reference.volts(
            pixel, n_samples, (self.first, self.arrival, self.charge, 1.0, 2.0),
            self.pulses[h], self.sky, self.place, self.column, self.n_columns,
            self.sky_bank[h],
        )  # fmt: skip

    def noise(self, gain, pixel, n_samples):
        return reference.noise(
            gain, pixel, n_samples, self.place, self.column, self.n_columns,
            self.noise_bank,
        )  # fmt: skip


@few
@given(SEED, st.integers(0, 4), st.integers(0, 9), st.integers(1, 12))
def test_traces_equal_the_reference(seed, n_pixels, n, n_samples):
    camera = Camera(seed, n_pixels, n if n_pixels else 0)
    out = np.empty((3, n_pixels, n_samples), np.uint16)
    traces(*camera.arguments, out)
    for g in range(3):
        for p in range(n_pixels):
            value = (
                camera.pedestal[g, p]
                + camera.scale[g, p] * camera.volts(g, p, n_samples)
                + camera.noise(g, p, n_samples)
            )
            want = reference.count(value, camera.top[g])
            assert np.abs(out[g, p] - want).max() <= 0.501


@few
@given(SEED, st.integers(0, 4), st.integers(0, 9), st.integers(1, 12))
def test_sums_equal_the_reference(seed, n_pixels, n, n_gate):
    camera = Camera(seed, n_pixels, n if n_pixels else 0)
    out = np.empty((3, n_pixels), np.uint32)
    sums(*camera.arguments, n_gate, out)
    for g in range(3):
        for p in range(n_pixels):
            total = camera.volts(g, p, n_gate).sum()
            value = camera.pedestal[g, p] + camera.scale[g, p] * total
            value += camera.noise(g, p, 1)[0]
            want = reference.count(value, camera.top[g])
            assert abs(float(out[g, p]) - want) <= 0.51


@pytest.mark.parametrize("n_rows", [0, 1, 3])
def test_bank_of_night_sky_equals_the_reference(n_rows):
    pulses = np.random.default_rng(0).uniform(0, 1, (2, 4, 5)).astype(np.float32)
    quantiles = np.array([0.0, 0.8, 1.2, 3.0], np.float32)
    got = sky_bank(new_stream(*KEY), 0.3, quantiles, pulses, n_rows, 12, 6)
    want = bank_reference.sky(
        streams.uniforms(*KEY), lambda u: streams.poisson_quantile(next(u), 0.3 * 12),
        n_rows, 12, quantiles, pulses,
    )  # fmt: skip
    assert got.shape == (2, n_rows, 18)
    np.testing.assert_allclose(got[:, :, :12], want, atol=1e-5)
    np.testing.assert_array_equal(got[:, :, 12:], got[:, :, :6])


@pytest.mark.parametrize("n_columns", [7, 8])
def test_bank_of_noise_equals_the_reference(n_columns):
    got = noise_bank(new_stream(*KEY), np.array([2.0, 0.5]), 2, n_columns, 3)
    u = streams.uniforms(*KEY)
    for sigma, gain in zip([2.0, 0.5], got, strict=True):
        rows = [[streams.normal(u) for _ in range(n_columns)] for _ in range(2)]
        want = sigma * np.array(rows)
        np.testing.assert_allclose(gain[:, :n_columns], want - want.mean(), rtol=1e-4)
        np.testing.assert_array_equal(gain[:, n_columns:], gain[:, :3])
