"""How the keys of cuts are taken, for each method that sets them by events."""

import numpy as np
import pytest
from pydantic import ValidationError
from toy_irf import EVENTS
from toy_responses import make_events

from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.cuts import set_cuts
from cta_columnar.pipelines.irf.plan import plan_of

CELL = 0, -1
BINS = {"energy": (0.02, 50.0, 2), "multiplicities": (2, 4)}


@pytest.fixture(scope="module")
def events():
    """Signal and background, at one point."""
    return [
        make_events(2000, seed, gamma=gamma) | {"point": np.zeros(2000, np.int64)}
        for seed, gamma in ((30, True), (31, False))
    ]


def cuts_of(events, **keys):
    config = IrfConfig(cuts=BINS | keys, benchmarks={"rings": (0.0, 5.0)})
    return set_cuts(*events, config, plan_of(config, EVENTS, 1), CELL)


@pytest.mark.parametrize("method", ["percentile", "optimise-gh", "optimise-grid"])
def test_events_that_a_bin_must_have_and_smoothing_count(events, method):
    plain = cuts_of(events, method=method)
    few = cuts_of(events, method=method, min_events=100_000)
    np.testing.assert_array_equal(few.gh, np.nanmax(events[0]["gh_score"]))
    np.testing.assert_array_equal(few.theta, 0.5)
    assert (plain.gh < few.gh).any()
    smooth = cuts_of(events, method=method, smoothing=3.0)
    for name in ("gh", "theta"):
        rough, even = (np.abs(np.diff(getattr(c, name))).sum() for c in (plain, smooth))
        assert even < 0.7 * rough


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"method": "fixed", "smoothing": 1.0}, "smoothing: does nothing if the me"),
        (
            {"method": "stored", "table": "x", "min_events": 3},
            "min_events: does nothing if the method is stored",
        ),
        ({"energy": None, "smoothing": 1.0}, "smoothing: does nothing in one bin"),
    ],
)
def test_keys_without_effect_are_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        IrfConfig(cuts=BINS | keys)
