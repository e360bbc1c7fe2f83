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
    largest_distance,
    total,
)
from cta_columnar.simulation.simtel.histograms import THROWN, TRIGGERED, filled

UPPER = 1000.0
rng = np.random.default_rng(3)
DISTANCES = rng.uniform(0, 1200, 300)
LOG_E = rng.uniform(-3.2, 4.2, 300)


def filling(part=slice(None)):
    made = Filling()
    for distance, log_e in zip(DISTANCES[part], LOG_E[part], strict=True):
        made.add(float(distance), float(log_e), UPPER)
    return made


def test_one_by_one_is_as_all_at_once():
    ours = filling().to_histogram(THROWN, UPPER)
    wanted = filled(
        THROWN,
        TITLES[THROWN],
        (N_DISTANCES, 0.0, UPPER),
        (N_ENERGIES, *LOG_ENERGIES),
        DISTANCES,
        LOG_E,
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
            tally.throw(float(distance), float(distance) / 2, 10**log_e, UPPER)
        tally.trigger(3.0, 2.0, 1.0, UPPER)
        parts.append(Tally.from_plain(json.loads(json.dumps(tally.to_plain()))))
    added = total(parts)
    assert added.counts["thrown"] == 300
    assert added.counts["events"] == 3
    assert added.fillings[THROWN].counts.sum() == 300
    assert added.fillings[TRIGGERED].counts.sum() == 3
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
    assert histogram.entries == 2
    assert histogram.content_outside[-1] == 1
