import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis, linear_axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.cuts import Cuts, rad_max, same_cuts, select_by_class
from cta_columnar.stages.irf.percentile_cuts import (
    PercentileOptions,
    percentile_cut,
    percentile_cuts,
    percentile_grid,
)
from cta_columnar.stages.irf.product_tables import from_table, to_table

AXIS = Axis("reco_energy", "TeV", (0.1, 1.0, 10.0))
NAN = np.nan


def make_events(**columns):
    return {name: np.array(values, float) for name, values in columns.items()}


def test_an_event_on_a_cut_passes_and_one_outside_of_all_bins_does_not():
    events = make_events(
        reco_energy=[0.1, 0.99, 1.0, 10.0, 0.09, NAN, 1.0],
        gh_score=[0.5, 0.4, 0.7, 1.0, 1.0, 1.0, NAN],
        theta=[0.2, 0.3, 0.1, 0.0, 0.0, 0.0, NAN],
        multiplicity=[3, 3, 2, 9, 9, 9, 9],
    )
    cuts = same_cuts(AXIS, gh=0.5, theta=0.2, multiplicity=3)
    assert cuts.passes_gh(events).tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert cuts.passes_theta(events).tolist() == [1, 0, 1, 0, 0, 0, 0]
    cuts.gh[:] = 0.5, 0.7
    cuts.multiplicity[:] = 3, 2
    assert cuts.passes_gh(events).tolist() == [1, 0, 1, 0, 0, 0, 0]
    cuts.gh[:] = NAN
    assert not cuts.passes_gh(events).any()


def test_a_point_like_response_selects_by_theta_as_well():
    events = make_events(reco_energy=[1, 1], gh_score=[1, 1], theta=[0.1, 0.3])
    cuts = same_cuts(AXIS, gh=0.5, theta=0.2)
    point, full = (cuts.select(events, point_like=p) for p in (True, False))
    assert point["selected_gh"].tolist() == full["selected_gh"].tolist() == [True, True]
    assert point["selected"].tolist() == [True, False]
    assert full["selected"].tolist() == [True, True]


def test_each_class_of_events_has_its_cuts():
    events = make_events(reco_energy=[1] * 4, gh_score=[0.6] * 4, theta=[0.1] * 4)
    events["event_type"] = np.array([0, 1, 0, 1], np.int8)
    cuts = {0: same_cuts(AXIS, gh=0.5), 1: same_cuts(AXIS, gh=0.7)}
    got = select_by_class(cuts, events, "event_type", point_like=True)
    assert got["selected"].tolist() == [True, False, True, False]
    del cuts[1]
    with pytest.raises(
        UserError, match="event_type = 1, and there are cuts for 0 only"
    ):
        select_by_class(cuts, events, "event_type", point_like=True)


def test_no_cuts_want_no_columns_but_the_score():
    events = make_events(reco_energy=[1, 1], gh_score=[0, NAN])
    assert same_cuts(AXIS).passes_gh(events).tolist() == [True, False]


def test_percentiles_bounds_and_bins_of_few_events():
    values = np.arange(30.0)
    bins = np.repeat([0, 1, -1], [20, 5, 5]).astype(np.int32)
    options = PercentileOptions(0.7, fill=-1.0)
    got = percentile_cut(values, bins, 3, options, from_below=True)
    np.testing.assert_allclose(got, [np.percentile(values[:20], 30), -1, -1])
    got = percentile_cut(values, bins, 3, options, from_below=False)
    assert got[0] == pytest.approx(np.percentile(values[:20], 70))
    bounded = PercentileOptions(0.7, min_events=5, fill=0.5, low=15, high=16)
    got = percentile_cut(values, bins, 3, bounded, from_below=False)
    np.testing.assert_allclose(got, [15, 16, 0.5])


def test_nan_counts_neither_for_the_cut_nor_for_the_events_needed():
    values = np.r_[np.arange(9.0), [NAN] * 5]
    bins = np.zeros(14, np.int32)
    few = PercentileOptions(0.5, fill=-1.0)
    assert percentile_cut(values, bins, 1, few, from_below=True)[0] == -1
    enough = PercentileOptions(0.5, fill=-1.0, min_events=9)
    assert percentile_cut(values, bins, 1, enough, from_below=True)[0] == 4


def test_smoothing_goes_along_energies_and_not_along_efficiencies():
    values = np.r_[np.full(20, 0.0), np.full(20, 1.0), np.full(20, 0.0)]
    bins = np.repeat([0, 1, 2], 20).astype(np.int32)
    options = PercentileOptions(fill=0.0, smoothing=1.0)
    got = percentile_grid(values, bins, 3, options, (0.2, 0.8), from_below=True)
    assert 0.3 < got[1, 0] < 0.5
    np.testing.assert_array_equal(got[:, 0], got[:, 1])
    np.testing.assert_allclose(got[0], got[2])


def test_the_share_of_the_signal_that_was_asked_for_passes():
    rng = np.random.default_rng(0)
    events = {
        "reco_energy": 10 ** rng.uniform(-1, 1, 20_000),
        "gh_score": rng.random(20_000),
        "theta": rng.exponential(0.1, 20_000),
        "multiplicity": rng.integers(2, 6, 20_000),
    }
    cuts = percentile_cuts(
        events,
        AXIS,
        PercentileOptions(0.7),
        PercentileOptions(0.6, fill=0.5),
        min_multiplicity=3,
    )
    seen = events["multiplicity"] >= 3
    selected = cuts.select(events, point_like=True)
    assert selected["selected_gh"][seen].mean() == pytest.approx(0.7, abs=1e-3)
    assert not selected["selected_gh"][~seen].any()
    of_survivors = selected["selected"].sum() / selected["selected_gh"].sum()
    assert of_survivors == pytest.approx(0.6, abs=1e-3)
    np.testing.assert_allclose(cuts.gh_efficiency, 0.7)

    global_axis = Axis("reco_energy", "TeV", (0.1, 10.0))
    alike = percentile_cuts(events, global_axis, theta=None)
    assert alike.passes_gh(events).mean() == pytest.approx(0.68, abs=1e-3)
    assert np.isinf(alike.theta).all()


def test_cuts_are_stored_as_a_table_with_units():
    cuts = same_cuts(AXIS, gh=0.5, theta=0.2, multiplicity=3)
    table = to_table(cuts.to_component())
    assert table.schema.field("theta_cut").metadata[b"unit"] == b"deg"
    again = Cuts.from_component(from_table(table))
    assert again.axis == cuts.axis
    for name in ("gh", "theta", "multiplicity", "gh_efficiency", "is_valid"):
        np.testing.assert_array_equal(getattr(again, name), getattr(cuts, name))
    with pytest.raises(UserError, match="'psf' is no cuts"):
        Cuts.from_component(Component("psf", (AXIS,), {}))


def test_the_radius_of_a_source_is_the_cut_on_theta():
    offset = linear_axis("reco_source_fov_offset", "deg", 0, 6, 3)
    got = rad_max(same_cuts(AXIS, theta=0.2), offset)
    assert got.axes == (AXIS, offset)
    np.testing.assert_array_equal(got["rad_max"], np.full((2, 3), 0.2))
    with pytest.raises(UserError, match="no cut on theta"):
        rad_max(same_cuts(AXIS), offset)


def test_complaints():
    with pytest.raises(UserError, match="efficiency of 68 is not in"):
        PercentileOptions(68)
    events = make_events(reco_energy=[1, 1], gh_score=[NAN, NAN], theta=[1, 1])
    with pytest.raises(
        UserError, match="none of 2 events of the signal has a gh_score"
    ):
        percentile_cuts(events, AXIS)
