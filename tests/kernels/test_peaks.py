import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import peaks as reference

from cta_columnar.kernels.peaks import (
    centered_peaks,
    local_peaks,
    mean_trace_peaks,
    weighted_mean_peaks,
)

SAMPLES = st.sampled_from([1, 2, 4, 5, 6, 15, 16, 17, 21, 40])


def few_values(seed, shape, *, with_nan=False):
    """Samples with many ties, and values that need care."""
    values = [-1, -0.0, 0, 0.1, 1, 2] + [np.nan] * with_nan
    return np.random.default_rng(seed).choice(np.float32(values), shape)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2), st.integers(0, 3), SAMPLES, seeds(), st.booleans())
def test_peaks_of_single_traces_equal_reference(
    n_events, n_pixels, n_samples, seed, with_nan
):
    waveform = few_values(seed, (n_events, n_pixels, n_samples), with_nan=with_nan)
    for kernel, slow in (
        (local_peaks, reference.local_peak),
        (centered_peaks, reference.centered_peak),
    ):
        got = kernel(waveform)
        assert got.dtype == np.int32
        assert got.shape == (n_events, n_pixels)
        for event, pixel in np.ndindex(got.shape):
            assert got[event, pixel] == slow(waveform[event, pixel])


@settings(deadline=None, max_examples=20)
@given(st.integers(5, 40), seeds())
def test_centered_peaks_of_noise_equal_reference(n_samples, seed):
    rng = np.random.default_rng(seed)
    waveform = rng.normal(0, 1, (1, 9, n_samples)).astype(np.float32)
    want = [reference.centered_peak(trace) for trace in waveform[0]]
    np.testing.assert_array_equal(centered_peaks(waveform)[0], want)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2),
    st.integers(0, 6),
    SAMPLES,
    seeds(),
    st.sampled_from([0, 0.4, 1]),
    st.integers(1, 7),
    st.booleans(),
)
def test_mean_trace_equals_reference(
    n_events, n_pixels, n_samples, seed, share_broken, n_brightest, with_nan
):
    waveform = few_values(seed, (n_events, n_pixels, n_samples), with_nan=with_nan)
    broken = np.random.default_rng(seed).random(waveform.shape[:2]) < share_broken
    got = mean_trace_peaks(waveform, broken, n_brightest)
    want = [
        reference.mean_trace_peak(*event, n_brightest)
        for event in zip(waveform, broken, strict=True)
    ]
    np.testing.assert_array_equal(got, np.array(want, int))


def test_of_equally_bright_pixels_the_last_ones_count():
    waveform = np.zeros((1, 4, 20), np.float32)
    waveform[0, [0, 1, 2, 3], [3, 5, 7, 9]] = 1
    waveform[0, 3, 12] = 1
    waveform[0, 2, 12] = 0.5
    broken = np.zeros((1, 4), bool)
    assert mean_trace_peaks(waveform, broken, 2) == 12
    broken[0, 3] = True
    assert mean_trace_peaks(waveform, broken, 1) == 7


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2),
    st.integers(0, 6),
    SAMPLES,
    seeds(),
    st.sampled_from([0, 0.4, 1]),
    st.sampled_from([-1, 1]),
)
def test_weighted_mean_equals_reference(
    n_events, n_pixels, n_samples, seed, share_broken, sign
):
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (n_events, n_pixels, n_samples))
    waveform = (noise + sign).astype(np.float32)
    broken = rng.random(waveform.shape[:2]) < share_broken
    got = weighted_mean_peaks(waveform, local_peaks(waveform), broken)
    want = [
        reference.weighted_mean_peak(*event)
        for event in zip(waveform, broken, strict=True)
    ]
    np.testing.assert_array_equal(got, np.array(want, int))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weighted_mean_of_no_number_is_0(value):
    waveform = np.full((1, 2, 8), value, np.float32)
    peaks, broken = np.full((1, 2), 5, np.int32), np.zeros((1, 2), bool)
    assert weighted_mean_peaks(waveform, peaks, broken) == 0
