"""Statistics of pixels, outliers and chunks at their limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.registry import get
from cta_columnar.stages.chunks import chunks_of

AGGREGATORS = ("PlainAggregator", "SigmaClippingAggregator")


def run(kind, name, columns, **options):
    algorithm = get(kind, name)
    return algorithm.run(columns, {}, algorithm.validate_options(options))


def clipped(values, max_sigma, iterations):
    """Slow: the values of one pixel that stay."""
    values = [v for v in values if np.isfinite(v)]
    for _ in range(iterations):
        if not values:
            break
        mean, std = np.mean(values), np.std(values)
        values = [v for v in values if abs(v - mean) <= max_sigma * std]
    return values


@settings(deadline=None, max_examples=50)
@given(
    st.integers(0, 12),
    st.integers(0, 3),
    st.sampled_from([1.5, 2.0, 4.0]),
    st.integers(1, 4),
    st.integers(0, 9999),
)
def test_equal_reference(n_events, n_pixels, max_sigma, iterations, seed):
    rng = np.random.default_rng(seed)
    samples = rng.normal(5, 2, (n_events, 2, n_pixels)).astype(np.float32)
    samples[rng.random(samples.shape) < 0.1] = 100
    samples[rng.random(samples.shape) < 0.1] = np.nan
    how = {"max_sigma": max_sigma, "iterations": iterations}
    for name, options in zip(AGGREGATORS, ({}, how), strict=True):
        found = run("aggregator", name, {"samples": samples}, **options)
        assert found["mean"].shape == (1, 2, n_pixels)
        for c, p in np.ndindex(2, n_pixels):
            n = iterations if options else 0
            stay = clipped(samples[:, c, p].astype(float), max_sigma, n)
            assert found["n_events"][0, c, p] == len(stay)
            for column in ("mean", "median", "std"):
                want = getattr(np, column)(stay) if stay else np.nan
                np.testing.assert_allclose(
                    found[column][0, c, p], want, rtol=1e-5, atol=1e-5
                )


@pytest.mark.parametrize(
    "name", ["RangeOutlierDetector", "MedianOutlierDetector", "StdOutlierDetector"]
)
def test_what_is_no_number_is_an_outlier_and_moves_no_others(name):
    values = np.full((1, 1, 9), 1.5, np.float32) + np.arange(9, dtype=np.float32) / 100
    options = {"RangeOutlierDetector": {"validity_range": [1.0, 2.0]}}.get(name, {})
    if name == "StdOutlierDetector":
        options = {"std_range_factors": [-3.0, 3.0]}
    values[0, 0, 4] = np.nan
    columns = dict.fromkeys(("mean", "median", "std"), values)
    found = run("outlier_detector", name, columns, **options)["outlier_mask"]
    assert np.flatnonzero(found).tolist() == [4]


SECOND = 10**9
times = st.lists(st.integers(0, 40), max_size=25).map(sorted)
LAST = st.sampled_from(["overlap", "truncate", "skip"])


@settings(deadline=None, max_examples=100)
@given(times, st.integers(1, 8), LAST)
def test_chunks_by_size(times, size, last):
    chunks = chunks_of(np.array(times, np.int64) * SECOND, size=size, last=last)
    lengths = [each.stop - each.start for each in chunks]
    if 0 < len(times) < size:
        assert chunks == [slice(0, len(times))]
        return
    n_whole, rest = divmod(len(times), size)
    assert lengths[:n_whole] == [size] * n_whole
    assert [each.start for each in chunks[:n_whole]] == list(
        range(0, size * n_whole, size)
    )
    tail = {"overlap": [size], "truncate": [rest], "skip": []}[last] if rest else []
    assert lengths[n_whole:] == tail
    if tail:
        assert chunks[-1].stop == len(times)


@settings(deadline=None, max_examples=100)
@given(times, st.integers(1, 15), LAST)
def test_chunks_by_duration(times, duration, last):
    time = np.array(times, np.int64) * SECOND
    chunks = chunks_of(time, duration=float(duration), last=last)
    for chunk in chunks:
        assert chunk.start < chunk.stop
        assert times[chunk.stop - 1] - times[chunk.start] < duration or (
            len(chunks) == 1 and chunk == slice(0, len(times))
        )
    taken = {i for chunk in chunks for i in range(chunk.start, chunk.stop)}
    if last != "skip" or (times and times[-1] - times[0] < duration):
        assert taken == set(range(len(times)))
    elif times:
        n_whole = (times[-1] - times[0]) // duration
        end = times[0] + n_whole * duration
        assert taken == {i for i, t in enumerate(times) if t < end}


def test_all_events_are_one_chunk_by_default():
    assert chunks_of(np.arange(5)) == [slice(0, 5)]
    assert chunks_of(np.arange(0)) == []
