import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import stored_pixels as reference

from cta_columnar.kernels.stored_pixels import (
    count_stored,
    gather_stored,
    spread_stored,
    without_dropped,
)

SHAPES = st.tuples(*map(st.integers, (0, 1, 0, 1), (3, 2, 5, 4)))


def random_input(shape, seed, dtype=np.uint16):
    rng = np.random.default_rng(seed)
    n_events, _, n_pixels, _ = shape
    bits = np.array([0, 1, 4, 5, 8, 9, 12, 13, 255 - 1, 255], np.uint8)
    status = rng.choice(bits, (n_events, n_pixels))
    return rng.integers(0, 2**16, shape).astype(dtype), status


@settings(deadline=None, max_examples=40)
@given(SHAPES, seeds(), st.sampled_from([np.uint16, np.uint32]))
def test_stored_waveforms_are_those_of_the_reference(shape, seed, dtype):
    waveform, status = random_input(shape, seed, dtype)
    counts = np.empty(shape[0], np.int64)
    count_stored(status, counts)
    assert counts.tolist() == [len(reference.places(each)) for each in status]
    for e, n in enumerate(counts):
        stored = np.zeros((n, shape[3]), dtype)
        gather_stored(waveform[e], status[e], stored)
        want = reference.gather_stored(waveform[e], status[e])
        assert stored.tolist() == [row.tolist() for row in want]


@settings(deadline=None, max_examples=40)
@given(SHAPES, seeds())
def test_they_go_back_to_their_pixels(shape, seed):
    waveform, status = random_input(shape, seed)
    before = waveform.copy()
    for e in range(shape[0]):
        n = len(reference.places(status[e]))
        stored = np.arange(n * shape[3], dtype=np.uint16).reshape(n, shape[3])
        spread_stored(stored, status[e], waveform[e])
        want = reference.spread_stored(stored, status[e], before[e])
        np.testing.assert_array_equal(waveform[e], want)


@settings(deadline=None, max_examples=20)
@given(SHAPES, seeds())
def test_dropped_pixels_become_zero_and_no_others(shape, seed):
    _, status = random_input(shape, seed)
    raw = np.random.default_rng(seed).normal(size=(shape[0], *shape[2:]))
    waveform = np.where(status[..., np.newaxis] % 2, raw, np.nan).astype(np.float32)
    waveform.flags.writeable = False
    out = without_dropped(waveform, status)
    np.testing.assert_array_equal(out, np.nan_to_num(waveform))


@pytest.mark.parametrize("n_channels", [1, 2])
def test_gain_selection_takes_one_channel_of_each_pixel(n_channels):
    waveform = np.arange(n_channels * 6, dtype=np.uint16).reshape(n_channels, 3, 2)
    status = np.array([5, 9, 5], np.uint8)
    stored = np.empty((3, 2), np.uint16)
    gather_stored(waveform, status, stored)
    low = [8, 9] if n_channels == 2 else [2, 3]
    assert stored.tolist() == [[0, 1], low, [4, 5]]
    one = np.zeros((1, 3, 2), np.uint16)
    spread_stored(stored, status, one)
    np.testing.assert_array_equal(one[0], stored)
