import numpy as np
import pytest
from cameras import CAMERAS, cameras, seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import two_pass as reference

from cta_columnar.kernels.two_pass import WINDOWS, second_pass

CORRECTION = np.array([[1.34, 1.05], [1.90, 2.07], [1.4, 1.1], [1.33, 1.02]])
RATE = 1.024


@settings(deadline=None, max_examples=60)
@given(
    cameras(),
    st.integers(0, 2),
    st.integers(5, 40),
    seeds(),
    st.booleans(),
    st.sampled_from([0.0, 3.0, 1e30]),
)
def test_second_pass_equals_reference(
    camera, n_events, n_samples, seed, legacy_edges, steepness
):
    rng = np.random.default_rng(seed)
    shape = n_events, camera.n_pixels
    waveform = rng.normal(1, 2, (*shape, n_samples)).astype(np.float32)
    selected = rng.integers(0, 2, shape, dtype=np.int8)
    island = rng.random(shape) < 0.5
    image, time = rng.normal(5, 3, (2, *shape)).astype(np.float32)
    psi, cog_x, cog_y = rng.normal(0, 1, (3, n_events))
    slope = rng.normal(0, 1, n_events) * steepness
    slope[rng.random(n_events) < 0.2] = np.nan
    intercept = rng.uniform(0, n_samples, n_events)
    second, then = image.copy(), time.copy()
    is_valid = second_pass(
        waveform, selected, CORRECTION, RATE, island, 5.0, camera.x, camera.y,
        cog_x, cog_y, psi, slope, intercept, legacy_edges, second, then,
    )  # fmt: skip
    np.testing.assert_array_equal(is_valid, ~np.isnan(slope))
    for e in range(n_events):
        want, when = image[e], time[e]
        if is_valid[e]:
            turn = np.array([np.cos(psi[e]), np.sin(psi[e])])
            along = (camera.x - cog_x[e]) * turn[0] + (camera.y - cog_y[e]) * turn[1]
            samples = np.rint((slope[e] * along + intercept[e]) * RATE)
            samples = np.clip(samples, -1000, 1000).astype(int)
            keep = island[e] & (image[e] >= 5.0)
            factors = dict(zip(WINDOWS, CORRECTION[:, selected[e]], strict=True))
            want, when = reference.second_pass(
                waveform[e], keep, samples, factors, RATE, legacy_edges, want, when
            )
        np.testing.assert_array_equal(second[e], want)
        np.testing.assert_array_equal(then[e], when)


def window_of(predicted, *, legacy_edges, n_samples=20):
    """Samples that one pixel sums, and the factor on them."""
    camera = CAMERAS["one pixel"]
    charges, zero = [], np.zeros(1)
    for sample in range(n_samples):
        waveform = np.zeros((1, 1, n_samples), np.float32)
        waveform[..., sample] = 1
        image, time = np.zeros((2, 1, 1), np.float32)
        second_pass(
            waveform, np.zeros((1, 1), np.int8), CORRECTION, 1.0,
            np.zeros((1, 1), bool), 5.0, camera.x, camera.y, zero, zero, zero,
            zero, np.array([float(predicted)]), legacy_edges, image, time,
        )  # fmt: skip
        charges.append(image[0, 0])
    inside = np.flatnonzero(charges)
    return inside.tolist(), round(float(charges[inside[0]]), 2)


@pytest.mark.parametrize("legacy_edges", [False, True])
@pytest.mark.parametrize(
    ("predicted", "first", "factor"),
    [(-9, 0, 1.9), (1, 0, 1.9), (2, 0, 1.34), (16, 14, 1.34)],
)
def test_window_within_the_readout(predicted, first, factor, legacy_edges):
    want = list(range(first, first + 5)), factor
    assert window_of(predicted, legacy_edges=legacy_edges) == want


@pytest.mark.parametrize("predicted", [17, 18, 25])
def test_at_the_end_the_last_five_samples_with_their_correction(predicted):
    want = [15, 16, 17, 18, 19], 1.4
    assert window_of(predicted, legacy_edges=False) == want


def test_at_the_end_ctapipe_is_some_samples_off():
    # The quirk, on purpose: six samples off centre, or five with the factor of six.
    assert window_of(17, legacy_edges=True) == ([13, 14, 15, 16, 17, 18], 1.33)
    assert window_of(18, legacy_edges=True) == ([15, 16, 17, 18, 19], 1.33)
