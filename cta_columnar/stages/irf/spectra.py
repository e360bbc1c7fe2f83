"""Spectra that simulated events are weighted to: those of pyirf, in our units.

Importing pyirf takes most of a second. So this module is imported by those who make
spectra; whoever is given one knows `stages.irf.spectrum` only.
"""

from collections.abc import Callable, Sequence

import astropy.units as u
import numpy as np
from pyirf import spectral

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.stages.irf.spectrum import Spectrum

# By the names that ctapipe gives them: the name in pyirf, and what it is.
REFERENCES = {
    "CRAB_HEGRA": ("CRAB_HEGRA", "Crab Nebula, HEGRA, ApJ 614 (2004) 897"),
    "CRAB_MAGIC_JHEAP2015": (
        "CRAB_MAGIC_JHEAP2015",
        "Crab Nebula, MAGIC, JHEAp 5 (2015) 30",
    ),
    "PDG_ALL_PARTICLE": ("PDG_ALL_PARTICLE", "all cosmic rays, PDG 2020 (30.2)"),
    "IRFDOC_PROTON_SPECTRUM": (
        "IRFDOC_PROTON_SPECTRUM",
        "protons, CTA prod3b IRF description",
    ),
    "IRFDOC_ELECTRON_SPECTRUM": (
        "IRFDOC_ELECTRON_SPECTRUM",
        "electrons and positrons, CTA prod3b IRF description",
    ),
    "DAMPE_P_He_SPECTRUM": (
        "DAMPE_P_He_SPECTRUM",
        "protons and helium, DAMPE, extrapolated above 8 TeV",
    ),
}


def reference_spectrum(name: str) -> Spectrum:
    """Return a published spectrum by its name in `REFERENCES`.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    if name not in REFERENCES:
        hint = did_you_mean(name, REFERENCES)
        raise UserError(f"there is no spectrum {name!r}; {hint}")
    formula = getattr(spectral, REFERENCES[name][0])
    flux_unit = formula(1 * u.TeV).unit
    is_diffuse = flux_unit.is_equivalent(spectral.DIFFUSE_FLUX_UNIT)
    return _spectrum(name, formula, is_diffuse=is_diffuse)


def power_law(
    flux_at_1tev: float, index: float, *, is_diffuse: bool = False
) -> Spectrum:
    """Make a power law, ``flux_at_1tev * (energy / TeV) ** index``.

    Parameters
    ----------
    flux_at_1tev : float
        In the unit of `Spectrum`.
    index : float
        With its sign.
    is_diffuse : bool
        Whether it is per solid angle.

    Raises
    ------
    UserError
        If the flux is not positive or the index is.
    """
    _check_flux(flux_at_1tev)
    if index > 0:
        raise UserError(f"index {index:g} of a spectrum: give it with its sign, <= 0")
    flux = flux_at_1tev * _unit(is_diffuse=is_diffuse)
    name = f"{flux_at_1tev:g} E^{index:g}"
    return _spectrum(name, spectral.PowerLaw(flux, index), is_diffuse=is_diffuse)


def log_parabola(
    flux_at_1tev: float, a: float, b: float, *, is_diffuse: bool = False
) -> Spectrum:
    """Make a log parabola, ``flux_at_1tev * E ** (a + b log10(E))`` with E in TeV.

    Raises
    ------
    UserError
        If the flux is not positive.
    """
    _check_flux(flux_at_1tev)
    flux = flux_at_1tev * _unit(is_diffuse=is_diffuse)
    name = f"{flux_at_1tev:g} E^({a:g} + {b:g} log10 E)"
    return _spectrum(name, spectral.LogParabola(flux, a, b), is_diffuse=is_diffuse)


def table_spectrum(
    energy: Sequence[float],
    flux: Sequence[float],
    *,
    name: str = "table",
    is_diffuse: bool = False,
) -> Spectrum:
    """Make a spectrum through points, straight in both logarithms, also beyond them.

    Parameters
    ----------
    energy : sequence of float
        TeV, ascending; two at least.
    flux : sequence of float
        In the unit of `Spectrum`.
    name : str
        What it is.
    is_diffuse : bool
        Whether it is per solid angle.

    Raises
    ------
    UserError
        If these are no points of a spectrum.
    """
    x, y = np.array(energy, np.float64), np.array(flux, np.float64)
    fits = x.ndim == 1 and x.shape == y.shape and x.size >= 2
    if not fits or not (x > 0).all() or not (np.diff(x) > 0).all():
        raise UserError(
            f"spectrum {name!r}: wanted are two or more points of ascending, positive "
            "energy, and as many fluxes"
        )
    _check_flux(*y)
    formula = spectral.TableInterpolationSpectrum(
        x * u.TeV, y * _unit(is_diffuse=is_diffuse)
    )
    return _spectrum(name, formula, is_diffuse=is_diffuse)


def _check_flux(*values: float) -> None:
    for value in values:
        if not 0 < value < np.inf:
            raise UserError(f"a flux of {value:g} is not positive")


def _unit(*, is_diffuse: bool) -> u.UnitBase:
    if is_diffuse:
        return spectral.DIFFUSE_FLUX_UNIT
    return spectral.POINT_SOURCE_FLUX_UNIT


def _spectrum(
    name: str, formula: Callable[[u.Quantity], u.Quantity], *, is_diffuse: bool
) -> Spectrum:
    """Take the units off a formula."""
    unit = _unit(is_diffuse=is_diffuse)

    def flux(energy: F8) -> F8:
        values: F8 = formula(u.Quantity(energy, u.TeV)).to_value(unit)
        return values

    return Spectrum(name, is_diffuse, flux)
