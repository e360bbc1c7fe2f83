"""Resampling of showers, types of telescopes, sums of weights that are scaled."""

import numpy as np
import pytest
from toy_thrown import DIFFUSE, run_row, simulated

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.bootstrap import (
    resampled,
    run_keys,
    with_bootstrap_errors,
)
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.histogram import HistogramSpec, scaled_total
from cta_columnar.stages.irf.resolution import angular_resolution, energy_resolution
from cta_columnar.stages.irf.telescope_types import telescope_types

N = 60_000


def keys(n=N, run="ab" * 32):
    return np.repeat(run_keys([run]), n), 100 * np.arange(n) + np.arange(n) % 3


def test_showers_count_as_a_poisson_distribution_says():
    times = np.bincount(resampled(1, 0, *keys()), minlength=N)
    assert times.mean() == pytest.approx(1, abs=4 / np.sqrt(N))
    assert times.var() == pytest.approx(1, abs=0.03)
    assert np.mean(times == 0) == pytest.approx(np.exp(-1), abs=0.01)


def test_uses_of_a_shower_go_together_and_resamplings_differ():
    run, _ = keys(6)
    for number in range(20):
        rows = resampled(3, number, run, np.array([100, 101, 102, 100, 101, 102]))
        assert len(set(np.bincount(rows, minlength=6))) == 1
    one, other = (np.bincount(resampled(1, k, *keys()), minlength=N) for k in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


def test_showers_of_two_runs_with_the_same_numbers_are_not_tied():
    one, other = (
        np.bincount(resampled(1, 0, *keys(run=run)), minlength=N)
        for run in ("ab" * 32, "ac" * 32)
    )
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


def test_a_resampling_does_not_depend_on_other_events():
    run, event_id = keys(500)
    some = slice(100, 300)
    whole = np.bincount(resampled(1, 4, run, event_id), minlength=500)
    part = np.bincount(resampled(1, 4, run[some], event_id[some]), minlength=200)
    np.testing.assert_array_equal(whole[some], part)


def test_errors_are_the_scatter():
    axes = (Axis("x", "", (0.0, 1.0, 2.0)),)

    def component(*values):
        columns = {"rad": np.array(values), "rad_uncert": np.zeros(2)}
        return Component("x", axes, columns, {"a": "b"})

    others = [component(1.0, np.inf), component(3.0, 2.0)]
    found = with_bootstrap_errors(component(2.0, 2.0), others)
    assert found["rad"].tolist() == [2.0, 2.0]
    assert found["rad_uncert"][0] == pytest.approx(np.sqrt(2))
    assert np.isnan(found["rad_uncert"][1])
    assert found.metadata == {"a": "b"}
    assert np.isnan(with_bootstrap_errors(component(2.0, 2.0), [])["rad_uncert"]).all()


def test_bins_that_cannot_scatter_keep_their_errors():
    axes = (Axis("x", "", (0.0, 1.0, 2.0, 3.0)),)
    n_selected = np.array([0, 1, 9])

    def area(*values):
        columns = {"a": np.array(values), "a_uncert": np.array([7.0, 8.0, 9.0])}
        return Component("effective_area", axes, {**columns, "n_selected": n_selected})

    others = [area(0.0, 0.0, 2.0), area(0.0, 2.0, 4.0)]
    found = with_bootstrap_errors(area(0.0, 1.0, 3.0), others)["a_uncert"]
    np.testing.assert_allclose(found, [7.0, np.sqrt(2), np.sqrt(2)])


def test_a_quantile_of_one_event_has_no_error():
    axis = Axis("true_energy", "TeV", (0.0, 1.0, 2.0, 3.0))
    migration, energy = np.array([1.3, 0.9, 1.1]), np.array([0.5, 1.5, 1.6])
    for kind, bias in ((energy_resolution, "mean"), (energy_resolution, "median"),
                       (angular_resolution, 0.68)):  # fmt: skip
        made = [
            kind(migration[rows], energy[rows], axis, bias)
            for rows in (np.arange(3), [0, 0, 1, 1, 2], [0, 0, 0, 1, 2, 2, 2])
        ]
        found = with_bootstrap_errors(made[0], made[1:])
        for name in found.columns:
            if name.endswith("_uncert"):
                assert np.isnan(found[name]).tolist() == [True, False, True]
                assert found[name][1] > 0


def test_types_of_telescopes_are_combined():
    type_of = np.array([0, 0, 1, 2])
    offsets, tel_ids = np.array([0, 2, 2, 4, 7]), np.array([1, 1, 1, 2, 1, 2, 3])
    found = telescope_types(offsets, tel_ids, type_of)
    assert found.tolist() == [1, 0, 3, 7]
    with pytest.raises(UserError, match="more than 16 types"):
        telescope_types(offsets, tel_ids, np.array([16]))


def test_histograms_of_other_weights_are_added():
    axes = (Axis("x", "", (0.0, 1.0, 2.0)),)
    spec = HistogramSpec("h", axes, weight="w")
    events = {"x": np.array([0.5, 0.5, 1.5, 9.0]), "w": np.array([1.0, 2.0, 3.0, 1.0])}
    one, other = (Accumulator([spec]).fill(events)["h"] for _ in range(2))
    total = scaled_total([(one, 2.0), (other, 0.5)])
    assert total.n.tolist() == [4, 2]
    assert total.left_out.tolist() == [2, 0]
    assert total.weighted.tolist() == [7.5, 7.5]
    assert total.variance.tolist() == [21.25, 38.25]
    odd = Accumulator([HistogramSpec("odd", axes)]).fill(events)["odd"]
    with pytest.raises(UserError, match="h, odd"):
        scaled_total([(one, 1.0), (odd, 1.0)])


def test_weights_by_one_shower_do_not_depend_on_their_number():
    energy = np.geomspace(0.02, 50, 7)
    rows = [run_row(obs_id=k, n_showers=n, **DIFFUSE) for k, n in ((1, 7), (2, 1234))]
    one, both = simulated(rows[0]), simulated(*rows)
    assert both.is_of_one_kind
    assert both.n_total == 20 * (7 + 1234)
    np.testing.assert_array_equal(
        one.per_shower().density(energy), both.per_shower().density(energy)
    )
    np.testing.assert_allclose(
        both.per_shower().density(energy) * both.n_total, both.density(energy)
    )
    mixed = simulated(rows[0], run_row(obs_id=3, spectral_index=-2.5, **DIFFUSE))
    assert not mixed.is_of_one_kind
    np.testing.assert_allclose(
        mixed.per_shower().density(energy) * mixed.n_total, mixed.density(energy)
    )
