from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import waveform_modifier as reference

from cta_columnar.kernels.waveform_modifier import add_waveform_noise


def ids(n_events, tel_id=3):
    event_id = np.arange(n_events, dtype=np.int64)
    return np.full(n_events, 7), event_id, np.full(n_events, tel_id, np.int16)


def recorded(n_events, n_recorded, first=0):
    """Where the noise of each event begins, and how much there is."""
    return (
        np.full(n_events, first, np.int32),
        np.full(n_events, n_recorded, np.int32),
    )


@settings(deadline=None, max_examples=40)
@given(
    *(st.integers(0, 3), st.integers(0, 5), st.integers(1, 3), st.integers(1, 2)),
    *(st.integers(0, 4), st.booleans(), st.integers(0, 2**32 - 1)),
)
def test_equals_the_reference(
    n_events, n_pixels, n_samples, n_channels, n_added, independent, seed
):
    rng = np.random.default_rng(seed)
    waveform = rng.normal(size=(n_events, n_pixels, n_samples)).astype(np.float32)
    waveform[:, :1] = np.nan
    # The noise of another telescope comes first.
    noise = rng.normal(size=(9, n_channels, n_pixels, n_samples)).astype(np.float32)
    channel = rng.integers(0, n_channels, (n_events, n_pixels)).astype(np.int8)
    keys = ids(n_events)
    got = add_waveform_noise(
        *(waveform, channel, noise, *recorded(n_events, 6, 3)),
        *(n_added, independent, seed, *keys),
    )
    assert got.shape == waveform.shape
    for e, key in enumerate(zip(*keys, strict=True)):
        of_event = waveform[e], channel[e], noise[3:], n_added, independent
        want = reference.add_waveform_noise(*of_event, seed, [int(k) for k in key])
        np.testing.assert_allclose(got[e], want, rtol=1e-5, atol=1e-5)


def chosen(n_events, n_pixels, n_recorded, n_added, independent=True):
    """Which recorded events each pixel got: bool[e, p, n]."""
    noise = np.zeros((n_recorded, 1, n_pixels, n_recorded), np.float32)
    noise[np.arange(n_recorded), ..., np.arange(n_recorded)] = 1
    waveform = np.zeros((n_events, n_pixels, n_recorded), np.float32)
    channel = np.zeros((n_events, n_pixels), np.int8)
    where = recorded(n_events, n_recorded)
    return add_waveform_noise(
        *(waveform, channel, noise, *where, n_added, independent, 5, *ids(n_events))
    )


def test_every_set_of_different_events_is_as_likely():
    n_draws = 3000
    got = chosen(n_draws // 10, 10, n_recorded=4, n_added=2).reshape(-1, 4)
    assert set(np.unique(got)) == {0, 1}
    sets = list(combinations(range(4), 2))
    counts = [(got[:, list(each)].all(axis=1)).sum() for each in sets]
    assert sum(counts) == n_draws
    assert abs(np.array(counts) - n_draws / 6).max() < 5 * np.sqrt(n_draws / 6)


@pytest.mark.parametrize("independent", [True, False])
def test_pixels_share_their_noise_or_not(independent):
    got = chosen(50, 6, n_recorded=5, n_added=1, independent=independent)
    agree = (got == got[:, :1]).all(axis=(1, 2))
    assert agree.all() if not independent else agree.mean() < 0.1


def test_noise_adds_up_in_variance():
    rng = np.random.default_rng(1)
    n_pixels, n_samples = 30, 20
    noise = rng.normal(0, 2, (40, 1, n_pixels, n_samples)).astype(np.float32)
    noise -= noise.mean()
    waveform = np.zeros((40, n_pixels, n_samples), np.float32)
    channel = np.zeros((40, n_pixels), np.int8)
    for n_added in (1, 4, 10):
        got = add_waveform_noise(
            *(waveform, channel, noise, *recorded(40, 40)),
            *(n_added, True, 1, *ids(40)),
        )
        expected = n_added * noise.var()
        assert got.var() == pytest.approx(expected, rel=0.1)
        assert abs(got.mean()) < 5 * np.sqrt(expected / got.size * n_added)


def test_noise_adds_up_in_autocovariance():
    rng = np.random.default_rng(4)
    white = rng.normal(size=(40, 1, 30, 22))
    # Neighbouring samples go together, as those of a pulse do.
    noise = (white[..., 2:] + white[..., 1:-1] + white[..., :-2]).astype(np.float32)
    noise -= noise.mean()
    waveform = np.zeros((60, 30, 20), np.float32)
    channel = np.zeros((60, 30), np.int8)
    got = add_waveform_noise(
        *(waveform, channel, noise, *recorded(60, 40)),
        *(3, True, 1, *ids(60)),
    )
    for lag, wanted in enumerate([9, 6, 3, 0, 0]):
        product = got[..., : 20 - lag] * got[..., lag:]
        assert product.mean() == pytest.approx(wanted, abs=0.4)
