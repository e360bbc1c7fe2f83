"""Weights of rows: what each scheme promises."""

import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.stages.training.weights import (
    FLAT_FEWEST,
    SimulatedRun,
    balanced,
    flat_weights,
    sample_weights,
    spectral_weights,
    wanted_spectrum,
    with_signal_fraction,
)

RUN = SimulatedRun(-2.0, 0.01, 100.0, 1e6)


def thrown(run, n, seed=0):
    """Energies of a power law."""
    u = np.random.default_rng(seed).random(n)
    power = run.index + 1
    low, high = run.energy_min**power, run.energy_max**power
    return (low + u * (high - low)) ** (1 / power)


@pytest.mark.parametrize("index", [-2.0, -1.0, -3.3])
def test_a_density_integrates_to_the_number_of_showers(index):
    run = SimulatedRun(index, 0.05, 20.0, 1234.0)
    edges = np.geomspace(0.05, 20, 20_001)
    centres = np.sqrt(edges[1:] * edges[:-1])
    assert (run.density(centres) * np.diff(edges)).sum() == pytest.approx(
        1234, rel=1e-4
    )
    assert (run.density(np.array([0.04, 21.0])) == 0).all()
    assert (run.density(np.array([0.05, 20.0])) > 0).all()


def test_rows_get_the_spectrum_that_is_wanted():
    energy = thrown(RUN, 400_000)
    weights = spectral_weights(energy, [RUN], wanted_spectrum(-2.7))
    assert weights.mean() == pytest.approx(1)
    edges = np.geomspace(0.02, 5, 6)
    got, _ = np.histogram(energy, edges, weights=weights)
    want = edges[:-1] ** -1.7 - edges[1:] ** -1.7
    np.testing.assert_allclose(got / got[0], want / want[0], rtol=0.1)


def test_rows_get_a_published_spectrum():
    energy = thrown(RUN, 400_000)
    flux = wanted_spectrum("CRAB_MAGIC_JHEAP2015")
    weights = spectral_weights(energy, [RUN], flux)
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
    others = SimulatedRun(-2.5, 0.5, 50.0, 3e5)
    energy = np.concatenate([thrown(RUN, 200_000), thrown(others, 60_000, seed=1)])
    weights = spectral_weights(energy, [RUN, others], wanted_spectrum(-2.0))
    # The first run has the wanted spectrum, so it alone shows what must come out.
    edges = np.geomspace(0.02, 20, 8)
    got, _ = np.histogram(energy, edges, weights=weights)
    want, _ = np.histogram(thrown(RUN, 200_000), edges)
    np.testing.assert_allclose(got / got[0], want / want[0], rtol=0.1)


def test_energies_that_nobody_simulated_do_not_count():
    energy = np.array([0.001, 1.0, 1.0])
    weights = spectral_weights(energy, [RUN], wanted_spectrum(-2.0))
    np.testing.assert_allclose(weights, [0, 1.5, 1.5])


def test_showers_of_one_energy_have_no_spectrum():
    one, flux = [SimulatedRun(-2.0, 1.0, 1.0, 10)], wanted_spectrum(-2.0)
    with pytest.raises(UserError, match=r"showers of 1 to 1 TeV have no spectrum"):
        spectral_weights(np.ones(3), one, flux)


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
    index = {0: wanted_spectrum(-2.6)}
    for spectra, runs in (({}, {0: [RUN]}), (index, {}), (index, {1: [RUN]})):
        with pytest.raises(UserError, match="weights: spectrum wants one in"):
            sample_weights(
                label,
                energy,
                label,
                scheme="spectrum",
                balance_pointings=False,
                spectra=spectra,
                runs=runs,
            )
