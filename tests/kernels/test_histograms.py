import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import histograms as reference

from cta_columnar.kernels import histograms

EDGES = {
    "one bin": [0.0, 1.0],
    "linear": np.linspace(-3, 3, 13),
    "log": np.geomspace(0.015, 150, 41),
    "decades": 10 ** np.arange(-2, 2.0001, 0.2),
    "uneven": [1e-300, 0.1, 0.1 + 1e-16, 0.5, 7.0, 1e299],
    "open": [-np.inf, 0.0, 1.5, np.inf],
    "half open": [1.5, 2.5, 3.5, np.inf],
    "one edge": [0.0, np.inf],
}
numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)


def near(edges):
    """Values on, right below and right above the edges, and other tempting ones."""
    edges = np.asarray(edges, float)
    beside = [np.nextafter(edges, to) for to in (-np.inf, np.inf)]
    return np.concatenate([edges, *beside, [np.nan, -np.inf, np.inf, 0.0, -0.0]])


def in_order(edges):
    return np.asarray(edges, float)[np.r_[True, np.diff(edges) > 0]]


@pytest.mark.parametrize("name", EDGES)
@settings(deadline=None, max_examples=15)
@given(values=st.lists(numbers, max_size=20))
def test_bins_are_those_of_the_reference(name, values):
    edges = in_order(EDGES[name])
    values = np.concatenate([np.array(values, float), near(edges)])
    got = histograms.bin_numbers(values, edges)
    assert got.dtype == np.int32
    assert got.tolist() == [reference.bin_number(v, edges) for v in values]


@settings(deadline=None, max_examples=40)
@given(st.lists(numbers, max_size=30), st.lists(numbers, min_size=2, max_size=9))
def test_any_edges_will_do(values, edges):
    edges = np.array(edges, float)
    edges = np.unique(edges[np.isinf(edges) | (np.abs(edges) < 1e300)])
    if np.isfinite(edges).sum() < 1 or edges.size < 2:
        return
    got = histograms.bin_numbers(np.array(values, float), edges)
    assert got.tolist() == [reference.bin_number(v, edges) for v in values]


def test_edges_too_close_to_be_divided_by_will_do():
    edges = np.array([-5e-324, 0.0, 5e-324])
    got = histograms.bin_numbers(np.array([-5e-324, 0.0, 5e-324]), edges)
    assert got.tolist() == [0, 1, -1]


def test_bins_are_half_open_as_those_of_digitize():
    rng = np.random.default_rng(1)
    for edges in map(in_order, EDGES.values()):
        values = np.concatenate([near(edges)[:-5], 10 ** rng.uniform(-2, 2.5, 300)])
        want = np.digitize(values, edges) - 1
        want[want >= edges.size - 1] = -1
        np.testing.assert_array_equal(histograms.bin_numbers(values, edges), want)


@settings(deadline=None, max_examples=30)
@given(st.data(), st.integers(0, 12), st.integers(0, 3))
def test_places_and_counts_equal_the_reference(data, n_events, n_axes):
    sizes = [data.draw(st.integers(1, 4)) for _ in range(n_axes)]
    selected = [data.draw(st.booleans()) for _ in range(n_events)]
    found = [
        [data.draw(st.integers(-2, size - 1)) for _ in range(n_events)]
        for size in sizes
    ]
    place = histograms.first_places(np.array(selected, bool))
    for of_axis, size in zip(found, sizes, strict=True):
        histograms.add_axis(place, np.array(of_axis, np.int32), size)
    rows = zip(*found, strict=True) if n_axes else [()] * n_events
    want = [
        reference.place(s, list(n), sizes) for s, n in zip(selected, rows, strict=True)
    ]
    assert place.tolist() == want

    counts, left_out = np.zeros(int(np.prod(sizes)), np.int64), np.zeros(2, np.int64)
    histograms.count(place, counts, left_out)
    assert counts.tolist() == [want.count(i) for i in range(counts.size)]
    assert left_out.tolist() == [want.count(-1), want.count(-2)]


weights = st.floats(0, 2.0**40) | st.floats(1e-30, 1e-3) | st.sampled_from([0.0, 1.0])


@settings(deadline=None, max_examples=40)
@given(st.lists(weights, max_size=20), st.integers(1, 4), st.sampled_from([0, 20, -16]))
def test_sums_are_exact_and_in_any_order(values, n_limbs, power):
    unit = 2.0**power
    values = np.array(values, float)
    place = (np.arange(values.size) % 3).astype(np.int32) - 1
    sums = np.zeros((2, n_limbs), np.int64)
    assert histograms.first_bad_weight(place, values, unit) == -1
    assert histograms.add_weights(place, values, unit, sums) == -1
    bits = histograms.LIMB_BITS
    smallest = unit / 2 ** (bits * (n_limbs - 1))
    for i in range(2):
        want = sum(reference.rounded(w, smallest) for w in values[place == i])
        assert reference.whole(sums[i], bits) == want

    backwards = np.zeros_like(sums)
    for part in (slice(5, None), slice(None, 5)):
        one = np.zeros_like(sums)
        of_part = place[part][::-1].copy(), values[part][::-1].copy()
        histograms.add_weights(*of_part, unit, one)
        backwards += one
    np.testing.assert_array_equal(backwards, sums)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1e-300, 2.0**63])
def test_weights_that_cannot_be_summed_are_found(bad):
    values = np.array([1.0, bad, 2.0, bad])
    everyone = np.zeros(4, np.int32)
    assert histograms.first_bad_weight(everyone, values, 1.0) == 1
    others = np.array([0, -1, 0, -3], np.int32)
    assert histograms.first_bad_weight(others, values, 1.0) == -1


def test_a_sum_that_is_too_large_is_told_before_it_wraps():
    values = np.full(3, 2.0**62)
    sums = np.zeros((1, 2), np.int64)
    assert histograms.add_weights(np.zeros(3, np.int32), values, 1.0, sums) == 1
    assert sums[0, 0] == 2**62


def test_no_events():
    none = np.zeros(0)
    place = histograms.bin_numbers(none, np.array([0.0, 1.0]))
    assert place.size == 0
    assert histograms.first_places(np.zeros(0, bool)).size == 0
    assert histograms.add_weights(place, none, 1.0, np.zeros((1, 3), np.int64)) == -1


@settings(deadline=None, max_examples=30)
@given(
    events=st.lists(
        st.tuples(st.integers(-3, 3), st.integers(0, 3), st.floats(0, 5)),
        max_size=30,
    )
)
def test_uses_of_a_shower_scatter_together(events):
    events.sort(key=lambda event: event[1])
    place = np.array([event[0] for event in events], np.int32)
    shower = np.array([event[1] for event in events], np.int64)
    weights = np.array([event[2] for event in events], np.float64)
    shared = histograms.shared_weights(place, shower, weights)
    got = np.zeros(4)
    np.add.at(got, place[place >= 0], (weights**2 + shared)[place >= 0])
    want = reference.variances(place.tolist(), shower.tolist(), weights.tolist(), 4)
    np.testing.assert_allclose(got, want, rtol=1e-12)
    assert (shared[place < 0] == 0).all()
