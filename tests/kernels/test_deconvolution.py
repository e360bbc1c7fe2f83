import numpy as np
import pytest
from cameras import CAMERAS, cameras, seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import deconvolution as reference

from cta_columnar.kernels.deconvolution import (
    deconvolve,
    deconvolved_pulses,
    resampling_weights,
)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 30), st.integers(1, 6), st.sampled_from([0.0, 0.76, 1]), seeds())
def test_deconvolved_trace_equals_reference(n_samples, n, pole_zero, seed):
    trace = np.random.default_rng(seed).normal(0, 5, n_samples).astype(np.float32)
    got = np.full((1, n * n_samples), np.nan, np.float32)
    deconvolve(trace[None], pole_zero, resampling_weights(n), got)
    want = reference.deconvolve(trace, pole_zero, n)
    np.testing.assert_allclose(got[0], want, rtol=1e-6, atol=1e-5)


def test_resampled_exponential_is_a_single_sample():
    trace = np.float32([[0, 0, 8, 4, 2, 1]])
    out = np.empty_like(trace)
    deconvolve(trace, 0.5, resampling_weights(1), out)
    assert out.tolist() == [[0, 0, 8, 0, 0, 0]]


def pulses(rng, shape):
    """Rounded pulses on noise: neighbours that stand out, and no close ties."""
    n_events, n_pixels, n_samples = shape
    place = rng.uniform(0, n_samples, (n_events, 1, 1))
    after = np.arange(n_samples) - place - rng.uniform(0, 1, (n_events, n_pixels, 1))
    height = rng.exponential(20, (n_events, n_pixels, 1))
    decay = np.where(after > 0, np.exp(-after / 3), 0)
    return (height * decay + rng.normal(0, 0.5, shape)).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(
    cameras(),
    st.integers(0, 2),
    st.integers(2, 25),
    seeds(),
    st.sampled_from([1, 4]),
    st.sampled_from([0, 0.2, 1]),
    st.sampled_from([0.0, 5.0, np.inf]),
    st.sampled_from([0, 1]),
    st.sampled_from([(7, 3), (1, 0), (9, 12)]),
    st.sampled_from([(np.nan, 0.05), (0.8, 0.05), (0.5, 0.0), (2.0, 1.0)]),
)
def test_pulses_equal_reference(
    camera, n_events, n_samples, seed, n, share_broken, clipping, weight, window, edge
):
    rng = np.random.default_rng(seed)
    waveform = pulses(rng, (n_events, camera.n_pixels, n_samples))
    broken = rng.random(waveform.shape[:2]) < share_broken
    charge, time = deconvolved_pulses(
        waveform, broken, *camera.csr, 0.76, n, clipping, weight, *window, *edge
    )
    assert charge.dtype == time.dtype == np.float32
    for event in range(n_events):
        args = waveform[event], broken[event], camera, 0.76, n, clipping, weight
        want, when, height = reference.pulses(*args, window, edge)
        np.testing.assert_allclose(charge[event], want, rtol=1e-5, atol=1e-4)
        # Whether there is a rise at all may be a matter of rounding.
        clear = ~(abs(height) < 1e-3)
        np.testing.assert_allclose(time[event][clear], when[clear], atol=2e-3)


@pytest.mark.parametrize("edge_offset", [np.nan, 0.8])
def test_traces_of_nothing_and_of_nan(edge_offset):
    camera = CAMERAS["7 hexagons"]
    broken = np.zeros((2, 7), bool)
    waveform = np.zeros((2, 7, 20), np.float32)
    waveform[1] = np.nan
    options = 0.76, 4, 5.0, 0, 7, 3, edge_offset, 0.05
    charge, time = deconvolved_pulses(waveform, broken, *camera.csr, *options)
    assert (charge[0] == 0).all()
    assert (time[0] == 0).all()
    assert np.isnan(charge[1]).all()
    assert np.isfinite(time[1]).all()


def test_a_rise_within_rounding_is_no_rise():
    """Such a rise is left alone; ctapipe walks from it as far as there is any."""
    camera = CAMERAS["one pixel"]
    trace = np.float32([0, 5, 5 + 1e-7, 9, 9, 9, 9, 9])
    options = 1.0, 1, 0.0, 1, 1, 0, 1.0, 0.0
    broken = np.zeros((1, 1), bool)
    peak = int(np.argmax(np.diff(trace))) + 1  # the largest step, so the peak
    charge, time = deconvolved_pulses(trace[None, None], broken, *camera.csr, *options)
    assert charge == 5.0
    assert time == peak - 1
