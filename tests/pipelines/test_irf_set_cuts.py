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
GRID = {"method": "optimise-grid"}
BINS = {"energy": (0.02, 50.0, 2)}


@pytest.fixture(scope="module")
def events():
    """Signal and background, at one point."""
    return [
        make_events(2000, seed, gamma=gamma) | {"point": np.zeros(2000, np.int64)}
        for seed, gamma in ((30, True), (31, False))
    ]


def cuts_of(events, **keys):
    if keys["method"] == "optimise-grid":
        keys["multiplicities"] = (2, 4)
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
        (
            {"method": "fixed", "smoothing": 1.0},
            "cuts.smoothing does nothing if the me",
        ),
        (
            {"method": "stored", "table": "x", "min_events": 3},
            "cuts.min_events does nothing if the method is stored",
        ),
        ({"energy": None, "smoothing": 1.0}, "smoothing: does nothing in one bin"),
        (
            {"gh": 0.3},
            r"cuts.gh does nothing .* percentile, .* is fixed; .* set cuts.gh=0\.5",
        ),
        ({"theta": None}, "cuts.theta does nothing"),
        ({"table": "x"}, "cuts.table does nothing .* set cuts.table=null"),
        ({"initial_efficiency": 0.3}, "cuts.initial_efficiency does nothing"),
        ({"gh_efficiencies": (0.5,)}, "cuts.gh_efficiencies does nothing"),
        ({"theta_efficiencies": (0.5,)}, "cuts.theta_efficiencies does nothing"),
        ({"multiplicities": (2,)}, "cuts.multiplicities does nothing"),
        ({**GRID, "gh_efficiency": 0.5}, "cuts.gh_efficiency does nothing"),
        ({**GRID, "theta_efficiency": 0.5}, "cuts.theta_efficiency does nothing"),
        ({**GRID, "multiplicity": 3}, "cuts.multiplicity does nothing"),
        (
            {"method": "optimise-gh", "gh_efficiency": 0.5},
            "cuts.gh_efficiency does noth",
        ),
        ({"method": "fixed", "gh_efficiency": 0.5}, "cuts.gh_efficiency does nothing"),
        ({"method": "fixed", "theta_max": 0.4}, "cuts.theta_max does nothing"),
    ],
)
def test_keys_without_effect_are_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        IrfConfig(cuts=BINS | keys)


def test_telescopes_are_chosen_for_an_axis_of_them():
    column = {"telescopes_column": "other_telescopes"}
    IrfConfig(axes={"further": {"telescope_types": []}}, **column)
    with pytest.raises(ValidationError, match="telescopes_column: does nothing"):
        IrfConfig(**column)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"theta": (-0.1, 1, 10)}, "theta: wants angles from 0 to 180 deg"),
        ({"theta": (0, 181, 10)}, "theta: wants angles"),
        ({"offset": (-1, 1)}, "offset: wants angles from 0 to below 90 deg"),
        ({"offset": (0, 90)}, "offset: wants angles"),
        ({"fov": (-90, 5, 3)}, "fov: wants angles between -90 and 90 deg"),
        ({"fov": (-5, 90, 3)}, "fov: wants angles"),
    ],
)
def test_angles_that_no_direction_has_are_refused(axes, message):
    with pytest.raises(ValidationError, match=message):
        IrfConfig(axes=axes)


def test_axes_of_responses_are_no_further_axes():
    config = IrfConfig()
    plan = plan_of(config, EVENTS, 1)
    own = {axis.name for each in plan.signal for axis in each.axes}
    own |= {axis.name for each in plan.background for axis in each.axes}
    for name in {*own, "offset", "fov"}:
        with pytest.raises(ValidationError, match=f"have an axis of {name} of their"):
            IrfConfig(axes={"further": {name: (0, 1)}})
