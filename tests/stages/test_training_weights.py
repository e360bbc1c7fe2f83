"""Weights of rows: what each scheme promises."""

import numpy as np
import pytest
from toy_thrown import run_row, run_table

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.simulated_spectra import read_simulated_spectra
from cta_columnar.stages.training.weights import (
    FLAT_FEWEST,
    balanced,
    flat_weights,
    sample_weights,
    spectral_weights,
    wanted_spectrum,
    with_signal_fraction,
)

RUN = run_row()  # of index -2, 0.01 to 100 TeV, 1e6 showers


def spectra(*rows):
    return read_simulated_spectra(run_table(*rows))


def thrown(run, n, seed=0):
    """Energies of a power law."""
    u = np.random.default_rng(seed).random(n)
    power = run["spectral_index"] + 1
    low, high = run["energy_range_min"] ** power, run["energy_range_max"] ** power
    return (low + u * (high - low)) ** (1 / power)


def test_rows_get_the_spectrum_that_is_wanted():
    energy = thrown(RUN, 400_000)
    weights = spectral_weights(energy, spectra(RUN), wanted_spectrum(-2.7))
    assert weights.mean() == pytest.approx(1)
    edges = np.geomspace(0.02, 5, 6)
    got, _ = np.histogram(energy, edges, weights=weights)
    want = edges[:-1] ** -1.7 - edges[1:] ** -1.7
    np.testing.assert_allclose(got / got[0], want / want[0], rtol=0.1)


def test_rows_get_a_published_spectrum():
    energy = thrown(RUN, 400_000)
    flux = wanted_spectrum("CRAB_MAGIC_JHEAP2015")
    weights = spectral_weights(energy, spectra(RUN), flux)
    assert weights.mean() == pytest.approx(1)
    edges = np.geomspace(0.05, 10, 6)
    got, _ = np.histogram(energy, edges, weights=weights)
    # JHEAp 5 (2015) 30: a log parabola, here integrated in many small steps.
    steps = np.geomspace(0.05, 10, 5001)
    middle = np.sqrt(steps[1:] * steps[:-1])
    formula = middle ** (-2.47 - 0.24 * np.log10(middle)) * np.diff(steps)
    want = formula.reshape(5, 1000).sum(axis=1)
    np.testing.assert_allclose(got / got[0], want / want[0], rtol=0.1)


def test_an_unknown_spectrum_is_refused_by_its_name():
    with pytest.raises(UserError, match=r"no spectrum 'CRAB_HEGRO'.*CRAB_HEGRA"):
        wanted_spectrum("CRAB_HEGRO")


def test_runs_of_different_spectra_add_up():
    others = run_row(
        spectral_index=-2.5,
        energy_range_min=0.5,
        energy_range_max=50.0,
        n_showers=15_000,
    )
    energy = np.concatenate([thrown(RUN, 200_000), thrown(others, 60_000, seed=1)])
    weights = spectral_weights(energy, spectra(RUN, others), wanted_spectrum(-2.0))
    # The first run has the wanted spectrum, so it alone shows what must come out.
    edges = np.geomspace(0.02, 20, 8)
    got, _ = np.histogram(energy, edges, weights=weights)
    want, _ = np.histogram(thrown(RUN, 200_000), edges)
    np.testing.assert_allclose(got / got[0], want / want[0], rtol=0.1)


def test_energies_that_nobody_simulated_do_not_count():
    energy = np.array([0.001, 1.0, 1.0])
    weights = spectral_weights(energy, spectra(RUN), wanted_spectrum(-2.0))
    np.testing.assert_allclose(weights, [0, 1.5, 1.5])


def test_runs_count_by_the_share_that_was_kept():
    """Half of a run is as good as one that threw half."""
    steep = {"spectral_index": -2.5, "obs_id": 2}
    energy = np.geomspace(0.02, 90, 50)
    index = wanted_spectrum(-2.62)
    table = run_table(RUN, run_row(**steep))
    kept = table.append_column("kept_share", [[1.0, 0.5]])
    half = spectra(RUN, run_row(**steep, n_showers=25_000))
    got = spectral_weights(energy, read_simulated_spectra(kept), index)
    np.testing.assert_allclose(got, spectral_weights(energy, half, index), rtol=1e-12)
    whole = spectral_weights(energy, read_simulated_spectra(table), index)
    assert np.abs(got / whole - 1).max() > 0.05


def test_all_energies_count_the_same():
    energy = thrown(RUN, 50_000)
    weights = flat_weights(energy)
    assert weights.mean() == pytest.approx(1)
    bins = np.floor(5 * np.log10(energy)).astype(int)
    sums = np.bincount(bins - bins.min(), weights)
    counts = np.bincount(bins - bins.min())
    full = counts >= FLAT_FEWEST
    np.testing.assert_allclose(sums[full], sums[full][0])
    # A lone row does not rule.
    assert (sums[~full] <= sums[full][0]).all()
    assert np.isfinite(weights).all()


def test_groups_are_balanced():
    weights = balanced(np.array([1.0, 2.0, 3.0, 4.0]), np.array([5, 5, 5, 9]))
    np.testing.assert_allclose(weights, [1 / 3, 2 / 3, 1, 2])
    # One without any weight gets none.
    np.testing.assert_allclose(balanced(np.array([0.0, 2.0]), np.array([0, 1])), [0, 2])


def test_the_signal_gets_its_share_and_others_equal_ones():
    label = np.repeat([0, 1, 2], [10, 30, 60])
    weights = with_signal_fraction(np.ones(100), label, 0, 0.4)
    np.testing.assert_allclose(np.bincount(label, weights), [40, 30, 30])
    np.testing.assert_array_equal(
        with_signal_fraction(np.ones(100), label, 0, None), np.ones(100)
    )


def test_classes_are_weighted_one_by_one():
    energy, label = thrown(RUN, 4000), np.repeat([0, 2], 2000)
    pointing = np.tile([0, 1, 1, 1], 1000)
    weights = sample_weights(
        label,
        energy,
        pointing,
        scheme="flat",
        balance_pointings=True,
        spectra={},
        runs={},
    )
    np.testing.assert_allclose(np.bincount(label, weights), [2000, 0, 2000])
    sums = np.bincount(2 * (label > 0) + pointing, weights)
    np.testing.assert_allclose(sums, 1000)
    plain = sample_weights(
        label,
        energy,
        pointing,
        scheme="none",
        balance_pointings=False,
        spectra={},
        runs={},
    )
    np.testing.assert_array_equal(plain, 1)


def test_a_spectrum_that_is_not_known():
    label, energy = np.zeros(3, np.int64), np.ones(3)
    index, run = {0: wanted_spectrum(-2.6)}, spectra(RUN)
    for wanted, runs in (({}, {0: run}), (index, {}), (index, {1: run})):
        with pytest.raises(UserError, match="weights: spectrum wants one in"):
            sample_weights(
                label,
                energy,
                label,
                scheme="spectrum",
                balance_pointings=False,
                spectra=wanted,
                runs=runs,
            )
