import numpy as np
import pytest
from toy_electronics import PMT, SIPM, model, readout

from cta_columnar.simulation.banks import COLUMNS, make_banks


@pytest.mark.parametrize(
    "telescope",
    [
        model(),
        model(sensor=SIPM, readout=readout(fwhm=10.0, amplitude=(7.0,))),
        model(readout=readout(n_samples=25, width=4.0, fwhm=17.0, amplitude=(9.0,))),
    ],
)
def test_night_sky_has_mean_0_and_the_variance_of_shot_noise(telescope):
    banks = make_banks(telescope, 1, 1)
    sky = banks.sky[0, :, :COLUMNS].astype(np.float64)
    assert sky.mean() == pytest.approx(0, abs=1e-5)
    assert sky.var() == pytest.approx(banks.sky_variance, rel=0.03)


def test_noise_has_the_rms_of_the_readout():
    banks = make_banks(model(readout=readout(noise=np.array([3.6, 0.5]))), 1, 1)
    noise = banks.noise[:, :, :COLUMNS]
    np.testing.assert_allclose(noise.std(axis=(1, 2)), [3.6, 0.5], rtol=0.02)
    np.testing.assert_allclose(noise.mean(axis=(1, 2)), 0, atol=1e-5)


def test_night_sky_scales():
    dark, bright = (make_banks(model(), 1, 1, nsb_factor=f) for f in (0.0, 4.0))
    assert not dark.sky.any()
    assert bright.sky_rate == pytest.approx(4 * PMT.nsb_rate)
    assert bright.sky[0].var() == pytest.approx(bright.sky_variance, rel=0.03)


@pytest.mark.parametrize("factor", [-0.1, np.nan, np.inf])
def test_impossible_night_sky(factor):
    with pytest.raises(ValueError, match="night sky"):
        make_banks(model(), 1, 1, nsb_factor=factor)


def test_banks_belong_to_seed_run_and_model():
    first, again = make_banks(model(), 1, 1), make_banks(model(), 1, 1)
    np.testing.assert_array_equal(first.sky, again.sky)
    np.testing.assert_array_equal(first.noise, again.noise)
    for other in (
        make_banks(model(), 2, 1),
        make_banks(model(), 1, 2),
        make_banks(model(name="Other"), 1, 1),
    ):
        assert (first.sky != other.sky).any()
        assert (first.noise != other.noise).any()
