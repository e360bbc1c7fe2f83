"""Classes of events by a predicted error."""

import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.stages.event_classes import HIGHEST_ENERGY, find_classes


def toy_events(n_events=6000):
    """Errors that fall with energy and scatter."""
    rng = np.random.default_rng(4)
    energy = 10 ** rng.uniform(-2, 2, n_events)
    return energy, energy**-0.4 * rng.lognormal(size=n_events)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_classes_are_equal_shares_of_each_energy(n_classes):
    energy, predicted = toy_events()
    classes = find_classes(energy, predicted, n_classes=n_classes, bins_per_decade=2)
    low, high = classes.energy_low, classes.energy_high
    assert low.size == 8
    assert (low[0], high[-1]) == (0, HIGHEST_ENERGY)
    np.testing.assert_array_equal(low[1:], high[:-1])
    np.testing.assert_allclose(np.diff(np.log10(high[:-1])), 0.5)
    found = classes.of(energy, predicted)
    for begin, end in zip(low, high, strict=True):
        counts = np.bincount(found[(energy >= begin) & (energy < end)])
        assert counts.size == n_classes
        assert counts.max() - counts.min() <= 2


def test_class_0_is_the_best():
    energy, predicted = toy_events()
    classes = find_classes(energy, predicted, n_classes=3, bins_per_decade=2)
    found = classes.of(np.ones(3), np.array([1e-3, 1.0, 1e3]))
    assert found.dtype == np.int8
    assert found.tolist() == [0, 1, 2]


def test_bins_of_few_events_are_put_together():
    energy, predicted = toy_events(130)
    classes = find_classes(energy, predicted, n_classes=3, bins_per_decade=10)
    assert classes.energy_low.size == 2
    counts = np.bincount(np.digitize(energy, classes.energy_high))
    assert counts.min() >= 60


def test_what_is_no_number_has_no_class():
    energy, predicted = toy_events(200)
    energy[0], predicted[1] = np.nan, np.nan
    classes = find_classes(energy, predicted, n_classes=3, bins_per_decade=2)
    assert (classes.of(energy, predicted)[:2] == -1).all()
    assert (classes.of(energy, predicted)[2:] >= 0).all()
    # The lowest and highest energies ever are in the first and last bin.
    assert classes.of(np.array([1e-9, 1e5]), np.ones(2)).min() >= 0


def test_too_few_events():
    energy, predicted = toy_events(59)
    with pytest.raises(UserError, match=r"3 classes .* want 60 events or more, .* 59"):
        find_classes(energy, predicted, n_classes=3, bins_per_decade=2)
