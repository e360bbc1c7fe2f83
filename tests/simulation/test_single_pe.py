import numpy as np
import pytest
from toy_electronics import PMT, SIPM

from cta_columnar.simulation.single_pe import (
    SIGNAL_STEPS,
    SKY_STEPS,
    moments,
    spectrum,
)


@pytest.mark.parametrize("sensor", [PMT, SIPM])
@pytest.mark.parametrize("steps", [SIGNAL_STEPS, SKY_STEPS])
def test_the_mean_charge_is_one_and_none_is_negative(sensor, steps):
    quantiles = spectrum(sensor, steps, afterpulses=True)
    assert quantiles.shape == (steps + 1,)
    assert moments(quantiles)[0] == pytest.approx(1, abs=1e-5)
    assert quantiles[0] >= 0
    assert (np.diff(quantiles) >= 0).all()


def test_a_photomultiplier_has_the_width_of_its_gamma_distribution():
    _, square = moments(spectrum(PMT, SIGNAL_STEPS, afterpulses=False))
    assert square - 1 == pytest.approx(1 / PMT.single_pe.gamma_shape, rel=0.01)


def test_afterpulses_are_as_many_as_asked_for():
    without, with_them = (
        (spectrum(PMT, SKY_STEPS, afterpulses=each) > 4).mean()
        for each in (False, True)
    )
    assert without < 1e-5
    assert with_them == pytest.approx(PMT.single_pe.afterpulse, rel=0.1)


def test_crosstalk_makes_chains_of_avalanches():
    quantiles = spectrum(SIPM, SKY_STEPS, afterpulses=False)
    p = SIPM.single_pe.crosstalk
    # The mean charge counts as 1, so one avalanche is 1 - p.
    for n in range(1, 4):
        low, high = (1 - p) * (n - 0.5), (1 - p) * (n + 0.5)
        share = ((quantiles > low) & (quantiles <= high)).mean()
        assert share == pytest.approx((1 - p) * p ** (n - 1), rel=0.05)
    # Mean square of a geometric number, and of the spread of each avalanche.
    square = ((1 + p) / (1 - p) ** 2 + SIPM.single_pe.sigma**2 / (1 - p)) * (1 - p) ** 2
    assert moments(quantiles)[1] == pytest.approx(square, rel=0.01)
