import numpy as np
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import traces as reference

from cta_columnar.kernels.traces import (
    significant_samples,
    subtract_baseline,
    variances,
)

SHAPES = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(1, 60))


def noise(seed, shape, *, with_nan=False):
    rng = np.random.default_rng(seed)
    waveform = rng.normal(1, 2, shape).astype(np.float32)
    if with_nan:
        waveform[rng.random(shape) < 0.3] = np.nan
    return waveform


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.integers(0, 59), st.integers(1, 70), seeds(), st.booleans())
def test_baseline_equals_reference_to_the_bit(shape, start, width, seed, with_nan):
    start %= shape[2]
    waveform = noise(seed, shape, with_nan=with_nan)
    before = waveform.copy()
    got = subtract_baseline(waveform, start, start + width)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(waveform, before)
    for place in np.ndindex(shape[:2]):
        want = reference.without_baseline(waveform[place], start, start + width)
        np.testing.assert_array_equal(got[place], want)


def test_no_sample_is_no_baseline():
    assert np.isnan(subtract_baseline(np.ones((1, 1, 4), np.float32), 2, 2)).all()


@settings(deadline=None, max_examples=40)
@given(
    SHAPES,
    seeds(),
    st.lists(st.sampled_from([-np.inf, 0.0, 1.5, 100.0]), min_size=2, max_size=2),
    st.booleans(),
)
def test_significant_samples_equal_reference(shape, seed, cuts, with_nan):
    waveform = noise(seed, shape, with_nan=with_nan)
    selected = np.random.default_rng(seed).integers(0, 2, shape[:2], dtype=np.int8)
    got = significant_samples(waveform, selected, np.array(cuts))
    for place in np.ndindex(shape[:2]):
        want = reference.significant(waveform[place], cuts[selected[place]])
        np.testing.assert_array_equal(got[place], want)


def test_a_sample_at_the_cut_does_not_exceed_it():
    waveform = np.array([[[1.5, 1.75]]], np.float32)
    selected = np.zeros((1, 1), np.int8)
    got = significant_samples(waveform, selected, np.array([1.5]))
    assert got.tolist() == [[[0.0, 1.75]]]


@settings(deadline=None, max_examples=60)
@given(SHAPES, seeds(), st.booleans())
def test_variance_equals_reference(shape, seed, with_nan):
    waveform = noise(seed, shape, with_nan=with_nan)
    got = variances(waveform)
    assert got.dtype == np.float32
    for place in np.ndindex(shape[:2]):
        want = reference.variance(waveform[place])
        np.testing.assert_allclose(got[place], want, rtol=1e-6, atol=1e-12)


def test_variance_of_constant_and_of_no_samples():
    waveform = np.full((1, 2, 7), 3.0, np.float32)
    waveform[0, 1] = np.nan
    np.testing.assert_array_equal(variances(waveform), [[0.0, np.nan]])
