import json

import numpy as np
import pytest

from cta_columnar.simulation.bookkeeping import (
    LOG_ENERGIES,
    N_DISTANCES,
    N_ENERGIES,
    TITLES,
    Filling,
    Tally,
    Thrown,
    event_weight,
    largest_distance,
    total,
)
from cta_columnar.simulation.simtel.histograms import (
    THROWN,
    TRIGGERED,
    WEIGHTED_THROWN,
    WEIGHTED_TRIGGERED,
    filled,
)

UPPER = 1000.0
rng = np.random.default_rng(3)
DISTANCES = rng.uniform(0, 1200, 300)
LOG_E = rng.uniform(-3.2, 4.2, 300)
EVEN = np.ones(300)


def filling(part=slice(None), weights=EVEN):
    made = Filling()
    for distance, log_e, weight in zip(
        DISTANCES[part], LOG_E[part], weights[part], strict=True
    ):
        made.add(float(distance), float(log_e), UPPER, float(weight))
    return made


@pytest.mark.parametrize("weights", [EVEN, rng.integers(1, 99, 300) / 8])
def test_one_by_one_is_as_all_at_once(weights):
    ours = filling(weights=weights).to_histogram(THROWN, UPPER)
    wanted = filled(
        THROWN,
        TITLES[THROWN],
        (N_DISTANCES, 0.0, UPPER),
        (N_ENERGIES, *LOG_ENERGIES),
        DISTANCES,
        LOG_E,
        weights,
    )
    np.testing.assert_array_equal(ours.data, wanted.data)
    np.testing.assert_array_equal(ours.content_outside, wanted.content_outside)
    assert (ours.entries, ours.tentries) == (wanted.entries, wanted.tentries)
    assert (ours.content_all, ours.content_inside) == (
        wanted.content_all,
        wanted.content_inside,
    )
    for mine, theirs in zip(ours.axes, wanted.axes, strict=True):
        assert (mine.underflow, mine.overflow) == (theirs.underflow, theirs.overflow)
        assert mine.sum == pytest.approx(theirs.sum)
        assert mine.tsum == pytest.approx(theirs.tsum)


def test_pieces_add_up_in_records_too():
    parts = []
    for part in (slice(0, 100), slice(100, 130), slice(130, None)):
        tally = Tally()
        for distance, log_e in zip(DISTANCES[part], LOG_E[part], strict=True):
            tally.throw(
                Thrown(float(distance), float(distance) / 2, 10**log_e, 0.5, UPPER)
            )
        tally.trigger(Thrown(3.0, 2.0, 1.0, 0.5, UPPER))
        parts.append(Tally.from_plain(json.loads(json.dumps(tally.to_plain()))))
    added = total(parts)
    assert added.counts["thrown"] == 300
    assert added.counts["events"] == 3
    assert added.fillings[THROWN].counts.sum() == 300
    assert added.fillings[TRIGGERED].counts.sum() == 3
    assert added.fillings[WEIGHTED_THROWN].counts.sum() == 300
    assert added.fillings[WEIGHTED_THROWN].weights.sum() == 150
    assert added.fillings[WEIGHTED_TRIGGERED].weights.sum() == 1.5
    np.testing.assert_array_equal(added.fillings[1].counts, filling().counts)
    assert added.fillings[1].all_sums[0] == pytest.approx(DISTANCES.sum())


@pytest.mark.parametrize(
    ("farthest", "end"), [(0, 1000), (800, 1000), (1000, 2000), (1900, 2000)]
)
def test_axis_ends_beyond_the_farthest_core(farthest, end):
    assert largest_distance(farthest) == end


def test_values_at_the_ends():
    made = Filling()
    made.add(0.0, LOG_ENERGIES[0], UPPER)
    made.add(UPPER - 0.1, LOG_ENERGIES[1] - 0.01, UPPER)
    made.add(UPPER, LOG_ENERGIES[1], UPPER)
    histogram = made.to_histogram(THROWN, UPPER)
    assert histogram.data[0, 0] == 1
    assert histogram.data[-1, -1] == 1
    assert (histogram.entries, histogram.tentries) == (3, 2)
    assert histogram.content_outside[-1] == 1


def test_weights_are_those_of_real_files():
    """Protons of E^-2, used five times, and gammas of 0.1 TeV, used once."""
    assert event_weight("proton", -2.0, 5, 0.20133980) == pytest.approx(0.59478, 1e-4)
    assert event_weight("proton", -2.0, 5, 0.37591699) == pytest.approx(0.38902, 1e-4)
    assert event_weight("gamma", -2.0, 1, 0.1) == pytest.approx(63.245552 / 20)
    assert event_weight("muon", -2.0, 4, 0.1) == 0.25
