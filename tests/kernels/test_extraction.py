import numpy as np
import pytest
from cameras import CAMERAS, cameras, hexagonal, seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import extraction as reference

from cta_columnar.kernels.extraction import neighbor_peaks


def few_values(rng, shape, *more):
    """Samples with many ties, and values that need care."""
    return rng.choice(np.float32([-1, -0.0, 0, 0.1, 1, 2, *more]), shape)


@settings(deadline=None, max_examples=60)
@given(
    cameras(),
    st.integers(0, 2),
    st.integers(1, 40),
    seeds(),
    st.sampled_from([0, 1, 3]),
    st.sampled_from([0, 0.2, 1]),
    st.booleans(),
)
def test_peaks_equal_reference(
    camera, n_events, n_samples, seed, weight, share_broken, with_nan
):
    rng = np.random.default_rng(seed)
    shape = n_events, camera.n_pixels, n_samples
    waveform = few_values(rng, shape, *[np.nan] * with_nan)
    broken = rng.random(shape[:2]) < share_broken
    got = neighbor_peaks(waveform, broken, *camera.csr, weight)
    assert got.shape == shape[:2]
    for event in range(n_events):
        want = reference.neighbor_peak(waveform[event], broken[event], camera, weight)
        np.testing.assert_array_equal(got[event], want)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), seeds(), st.sampled_from([0, 1]))
def test_peaks_where_most_pixels_were_dropped(n_samples, seed, weight):
    camera = CAMERAS["37 hexagons"]
    rng = np.random.default_rng(seed)
    waveform = rng.normal(0, 1, (2, 37, n_samples)).astype(np.float32)
    waveform[rng.random((2, 37)) < 0.8] = 0
    # A signal may come late.
    waveform[rng.random((2, 37)) < 0.5, : n_samples // 2] = -0.0
    broken = rng.random((2, 37)) < 0.1
    got = neighbor_peaks(waveform, broken, *camera.csr, weight)
    for event in range(2):
        want = reference.neighbor_peak(waveform[event], broken[event], camera, weight)
        np.testing.assert_array_equal(got[event], want)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 40), seeds())
def test_peaks_of_noise_equal_reference(n_samples, seed):
    camera = CAMERAS["37 hexagons"]
    waveform = np.random.default_rng(seed).normal(0, 1, (1, 37, n_samples))
    waveform = waveform.astype(np.float32)
    broken = np.zeros((1, 37), bool)
    got = neighbor_peaks(waveform, broken, *camera.csr, 0)
    want = reference.neighbor_peak(waveform[0], broken[0], camera, 0)
    np.testing.assert_array_equal(got[0], want)


@pytest.mark.parametrize("n_samples", [5, 40])
def test_first_of_equal_maxima_is_the_peak(n_samples):
    camera = hexagonal(1)
    waveform = np.zeros((1, 7, n_samples), np.float32)
    waveform[..., [2, 3]] = 1
    waveform[..., -1] = 1
    broken = np.zeros((1, 7), bool)
    assert (neighbor_peaks(waveform, broken, *camera.csr, 0) == 2).all()


@pytest.mark.parametrize("n_samples", [5, 40])
def test_pixel_without_usable_neighbors_has_its_peak_at_0(n_samples):
    camera = hexagonal(1)
    waveform = np.full((1, 7, n_samples), -1, np.float32)
    waveform[..., -1] = 5
    broken = np.ones((1, 7), bool)
    assert (neighbor_peaks(waveform, broken, *camera.csr, 0) == 0).all()
    assert (neighbor_peaks(waveform, broken, *camera.csr, 1) == n_samples - 1).all()


def test_broken_pixel_decides_for_itself_only():
    camera = hexagonal(1)
    waveform = np.zeros((1, 7, 20), np.float32)
    waveform[0, 0, 11] = 100
    waveform[0, 1:, 4] = 1
    broken = np.zeros((1, 7), bool)
    broken[0, 0] = True
    assert (neighbor_peaks(waveform, broken, *camera.csr, 0) == 4).all()
