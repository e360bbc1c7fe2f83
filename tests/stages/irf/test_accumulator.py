from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.errors import UserError
from cta_columnar.stages.irf import accumulator
from cta_columnar.stages.irf.accumulator import SHOWER, Accumulator
from cta_columnar.stages.irf.axes import Axis, linear_axis, log_axis
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.product_tables import (
    histogram_from_table,
    histogram_to_table,
)

ENERGY = log_axis("reco_energy", "TeV", 0.01, 100, 8)
OFFSET = linear_axis("offset", "deg", 0, 5, 3)
TYPES = Axis("event_type", "", (-0.5, 0.5, np.inf))
SPECS = (
    HistogramSpec("plain", (ENERGY,)),
    HistogramSpec("weighted", (ENERGY, OFFSET), "selected", "weight"),
    HistogramSpec("by type", (TYPES, ENERGY), "selected"),
)


def make_events(n, seed):
    rng = np.random.default_rng(seed)
    return {
        "reco_energy": 10 ** rng.uniform(-3, 3, n),
        "offset": rng.uniform(0, 6, n).astype(np.float32),
        "event_type": rng.integers(0, 3, n).astype(np.int8),
        "selected": rng.random(n) < 0.6,
        "weight": 10 ** rng.uniform(-12, 9, n),
    }


def state(accumulator):
    arrays = ("counts", "sums", "squares", "left_out")
    return {
        (name, of): getattr(histogram, of).tolist()
        for name, histogram in accumulator.histograms.items()
        for of in arrays
    }


def test_histograms_are_those_of_numpy():
    events = make_events(50_000, 0)
    filled = Accumulator(SPECS).fill(events)
    kept = {name: column[events["selected"]] for name, column in events.items()}
    energy, offset, weight = (kept[k] for k in ("reco_energy", "offset", "weight"))
    bins = [ENERGY.array, OFFSET.array]
    want, _, _ = np.histogram2d(energy, offset, bins)
    np.testing.assert_array_equal(filled["weighted"].n, want)
    want, _, _ = np.histogram2d(energy, offset, bins, weights=weight)
    np.testing.assert_allclose(filled["weighted"].weighted, want, rtol=1e-12)
    want, _, _ = np.histogram2d(energy, offset, bins, weights=weight**2)
    np.testing.assert_allclose(filled["weighted"].variance, want, rtol=1e-12)
    for histogram in filled.histograms.values():
        n_seen = 50_000 if histogram.spec.name == "plain" else energy.size
        assert histogram.counts.sum() + histogram.left_out.sum() == n_seen
    plain = filled["plain"]
    np.testing.assert_array_equal(plain.weighted, plain.n)
    np.testing.assert_array_equal(plain.variance, plain.n)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 60), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 60)))
def test_any_split_and_order_gives_identical_histograms(n, seed, cuts):
    events = make_events(n, seed)
    whole = Accumulator(SPECS).fill(events)
    shuffled = np.random.default_rng(seed).permutation(n)
    edges = [0, *sorted(min(cut, n) for cut in cuts), n]
    parts = []
    for first, last in pairwise(edges):
        rows = shuffled[first:last]
        batch = {name: column[rows] for name, column in events.items()}
        parts.append(Accumulator(SPECS).fill(batch))
    total = Accumulator(SPECS)
    for part in reversed(parts):
        total.merge(part)
    assert state(total) == state(whole)


def test_slices_of_a_long_batch_do_not_matter():
    events = make_events(40_000, 3)
    whole = Accumulator(SPECS).fill(events)
    parts = Accumulator(SPECS)
    for rows in (slice(30_001, None), slice(None, 7), slice(7, 30_001)):
        parts.fill({name: column[rows] for name, column in events.items()})
    assert state(parts) == state(whole)


def test_what_is_left_out_is_counted():
    events = make_events(6, 0)
    events["selected"][:] = True, True, True, True, False, False
    events["reco_energy"][:] = 1.0, np.nan, 1e4, 1.0, np.nan, 1e4
    events["offset"][:] = 1.0, 1.0, 1.0, 5.0, 1.0, 1.0
    events["weight"][1:] = np.nan  # of no matter where there is no bin
    filled = Accumulator(SPECS).fill(events)["weighted"]
    assert filled.counts.sum() == 1
    assert filled.left_out.tolist() == [2, 1]


def test_tiny_weights_are_not_lost_beside_huge_ones():
    spec = HistogramSpec("h", (linear_axis("x", "", 0, 1, 1),), weight="w")
    filled = Accumulator([spec])
    filled.fill({"x": np.full(2, 0.5), "w": np.array([1e12, 1e-9])})
    filled.fill({"x": np.full(1000, 0.5), "w": np.full(1000, 1e-9)})
    filled.histograms["h"].sums[:, 0] = 0  # what is left is below one
    assert filled["h"].weighted[0] == pytest.approx(1001e-9, rel=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_bad_weights_are_named(bad):
    events = make_events(3, 0)
    events["selected"][:] = True
    events["reco_energy"][:] = events["offset"][:] = 1.0
    events["weight"][2] = bad
    with pytest.raises(UserError, match=f"'weighted', column 'weight': {bad}.* row 2"):
        Accumulator(SPECS).fill(events)


def test_sums_that_get_too_large_stop_the_run():
    spec = HistogramSpec("h", (linear_axis("x", "", 0, 1, 1),), weight="w")
    one = {"x": np.full(1, 0.5), "w": np.full(1, 1e12)}
    filled = Accumulator([spec]).fill(one)
    filled["h"].sums[0, 0] = 2**63 - 1
    with pytest.raises(UserError, match="sum of weights is above"):
        filled.fill(one)
    with pytest.raises(UserError, match="sum of weights is above"):
        Accumulator([spec]).fill(one).merge(filled)


def test_complaints_about_columns():
    events = make_events(4, 0)
    with pytest.raises(UserError, match="want the column 'offset'; did you mean"):
        Accumulator(SPECS).fill(_without(events))
    with pytest.raises(UserError, match="'weight' has 3 rows, others have 4"):
        Accumulator(SPECS).fill({**events, "weight": events["weight"][:3]})
    with pytest.raises(UserError, match="'selected' selects events and is int64"):
        Accumulator(SPECS).fill({**events, "selected": np.ones(4, int)})


def _without(events):
    return {("ofset" if k == "offset" else k): v for k, v in events.items()}


def test_only_the_same_histograms_are_merged():
    with pytest.raises(UserError, match="two histograms 'plain'"):
        Accumulator([SPECS[0], SPECS[0]])
    with pytest.raises(UserError, match="cannot be merged"):
        Accumulator(SPECS).merge(Accumulator(SPECS[:1]))
    other = HistogramSpec("plain", (ENERGY,), "selected")
    with pytest.raises(UserError, match="other axes, selection or weight"):
        Accumulator(SPECS[:1]).merge(Accumulator([other]))


def test_no_events():
    events = make_events(0, 0)
    filled = Accumulator(SPECS).fill(events)
    assert all(h.counts.sum() == 0 for h in filled.histograms.values())


def test_uses_of_a_shower_are_one_however_they_are_split(monkeypatch):
    rng = np.random.default_rng(3)
    shower = np.repeat(np.arange(40), rng.integers(1, 6, 40))
    columns = {
        "x": rng.random(shower.size) * 3,
        "w": rng.random(shower.size),
        "all": rng.random(shower.size) < 0.8,
        SHOWER: shower,
    }
    axis = Axis("x", "", (0.0, 1.0, 2.0))
    specs = [
        HistogramSpec("n", (axis,), "all"),
        HistogramSpec("w", (axis,), "all", "w"),
    ]
    whole = Accumulator(specs).fill(columns)
    for name, weights in (("n", np.ones(shower.size)), ("w", columns["w"])):
        want = np.zeros(2)
        for k in range(2):
            rows = columns["all"] & (columns["x"].astype(int) == k)
            want[k] = (np.bincount(shower[rows], weights[rows]) ** 2).sum()
        np.testing.assert_allclose(whole[name].variance, want, rtol=1e-12)
        again = histogram_from_table(histogram_to_table(whole[name]))
        assert (again.variance == whole[name].variance).all()
    monkeypatch.setattr(accumulator, "_SLICE", 7)
    parts = Accumulator(specs)
    for rows in (shower < 11, shower >= 11):
        part = {name: values[rows] for name, values in columns.items()}
        parts.merge(Accumulator(specs).fill(part))
    for name in ("n", "w"):
        assert (parts[name].variance == whole[name].variance).all()
    del columns[SHOWER]
    assert (Accumulator(specs).fill(columns)["n"].variance == whole["n"].n).all()
