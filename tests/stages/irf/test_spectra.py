import subprocess
import sys

import astropy.units as u
import numpy as np
import pytest
from pyirf import spectral

from cta_columnar.errors import UserError
from cta_columnar.stages.irf import spectra

ENERGY = np.geomspace(0.01, 100, 30)


@pytest.mark.parametrize(
    ("name", "flux", "is_diffuse"),
    [
        ("CRAB_HEGRA", 2.83e-7, False),
        ("CRAB_MAGIC_JHEAP2015", 3.23e-7, False),
        ("PDG_ALL_PARTICLE", 0.14298, True),
        ("IRFDOC_PROTON_SPECTRUM", 0.098, True),
        ("IRFDOC_ELECTRON_SPECTRUM", 1.0260e-4, True),
        ("DAMPE_P_He_SPECTRUM", 0.15249, True),
    ],
)
def test_reference_spectra_at_1_tev(name, flux, is_diffuse):
    spectrum = spectra.reference_spectrum(name)
    assert spectrum(np.ones(1))[0] == pytest.approx(flux, rel=1e-4)
    assert spectrum.is_diffuse == is_diffuse
    assert (np.diff(spectrum(ENERGY)) < 0).all()


@pytest.mark.parametrize("name", spectra.REFERENCES)
def test_reference_spectra_are_those_of_pyirf(name):
    spectrum = spectra.reference_spectrum(name)
    unit = spectral.DIFFUSE_FLUX_UNIT
    if not spectrum.is_diffuse:
        unit = spectral.POINT_SOURCE_FLUX_UNIT
    want = getattr(spectral, name)(ENERGY * u.TeV).to_value(unit)
    np.testing.assert_allclose(spectrum(ENERGY), want, rtol=1e-14)


def test_tables_are_those_of_pyirf():
    energy, flux = np.array([0.1, 1.0, 3.0, 10.0]), np.array([1e-5, 1e-7, 4e-9, 1e-10])
    unit = spectral.POINT_SOURCE_FLUX_UNIT
    want = spectral.TableInterpolationSpectrum(energy * u.TeV, flux * unit)
    got = spectra.table_spectrum(list(energy), list(flux))(ENERGY)
    np.testing.assert_allclose(got, want(ENERGY * u.TeV).value, rtol=1e-14)


def test_formulas():
    log = np.log10(ENERGY)
    crab = spectra.reference_spectrum("CRAB_MAGIC_JHEAP2015")(ENERGY)
    np.testing.assert_allclose(crab, 3.23e-7 * ENERGY ** (-2.47 - 0.24 * log))
    same = spectra.log_parabola(3.23e-7, -2.47, -0.24)(ENERGY)
    np.testing.assert_allclose(same, crab, rtol=1e-12)
    law = spectra.power_law(0.098, -2.62, is_diffuse=True)
    np.testing.assert_allclose(law(ENERGY), 0.098 * ENERGY**-2.62, rtol=1e-12)
    assert law.is_diffuse
    bump = np.exp(-(((log + 0.101) / 0.741) ** 2) / 2)
    electron = 2.385e-5 * ENERGY**-3.43 * (1 + 1.950 * (np.exp(bump) - 1))
    got = spectra.reference_spectrum("IRFDOC_ELECTRON_SPECTRUM")(ENERGY)
    np.testing.assert_allclose(got, electron, rtol=1e-12)


def test_spectra_remember_what_they_are_made_of():
    law = spectra.power_law(0.098, -2.62, is_diffuse=True)
    assert law.parameters == {"flux": (0.098, "1/(TeV m2 s sr)"), "index": (-2.62, "")}
    crab = spectra.reference_spectrum("CRAB_HEGRA")
    assert crab.parameters == {"flux": (2.83e-7, "1/(TeV m2 s)"), "index": (-2.62, "")}
    table = spectra.table_spectrum([0.1, 1.0], [1e-5, 1e-7])
    assert table.parameters["energy"] == ((0.1, 1.0), "TeV")
    assert table.parameters["flux"] == ((1e-5, 1e-7), "1/(TeV m2 s)")


def test_tables_are_straight_in_logarithms_and_go_on_beyond():
    table = spectra.table_spectrum([0.1, 1.0, 10.0], [1e-5, 1e-7, 1e-10])
    want = np.where(ENERGY < 1, 1e-7 * ENERGY**-2.0, 1e-7 * ENERGY**-3.0)
    np.testing.assert_allclose(table(ENERGY), want, rtol=1e-10)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: spectra.reference_spectrum("CRAB_HEGRO"), "did you mean 'CRAB_HEGRA'"),
        (lambda: spectra.power_law(1e-7, 2.6), "with its sign"),
        (lambda: spectra.power_law(0, -2.6), "flux of 0 is not positive"),
        (lambda: spectra.table_spectrum([1.0], [1.0]), "two or more points"),
        (lambda: spectra.table_spectrum([2.0, 1.0], [1.0, 1.0]), "ascending"),
        (lambda: spectra.table_spectrum([1.0, np.inf], [1.0, 1.0]), "positive"),
        (lambda: spectra.table_spectrum([1.0, 2.0], [1.0, -1.0]), "flux of -1"),
    ],
)
def test_complaints(make, said):
    with pytest.raises(UserError, match=said):
        make()


def test_who_makes_responses_does_not_wait_for_scipy():
    code = (
        "import sys, cta_columnar.pipelines.irf.run; "
        "sys.exit('pyirf' in sys.modules or 'scipy.interpolate' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
