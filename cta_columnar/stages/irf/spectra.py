"""Spectra that simulated events are weighted to: those of pyirf, without its units."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.stages.irf.spectrum import Parameter, Spectrum, flux_unit

_Flux = Callable[[F8], F8]
# In the order in which the formula takes them.
_Values = Mapping[str, float | tuple[float, ...]]
_UNITS = {"energy": "TeV", "bump_centre": "log10(E/TeV)", "bump_width": "log10(E/TeV)"}


def _power_law(flux_at_1tev: float, index: float) -> _Flux:
    def flux(energy: F8) -> F8:
        values: F8 = flux_at_1tev * energy**index
        return values

    return flux


def _log_parabola(flux_at_1tev: float, a: float, b: float) -> _Flux:
    def flux(energy: F8) -> F8:
        values: F8 = flux_at_1tev * energy ** (a + b * np.log10(energy))
        return values

    return flux


def _bumpy(
    flux_at_1tev: float, index: float, height: float, centre: float, width: float
) -> _Flux:
    """Power law with a bump that is a Gaussian, not normalised, in log10 of TeV."""

    def flux(energy: F8) -> F8:
        bump = np.exp(-0.5 * ((np.log10(energy) - centre) / width) ** 2)
        values: F8 = flux_at_1tev * energy**index * (1 + height * (np.exp(bump) - 1))
        return values

    return flux


def _dampe(energy: F8) -> F8:
    # The points are files of pyirf, whose import takes half a second.
    import astropy.units as u  # noqa: PLC0415
    from pyirf import spectral  # noqa: PLC0415

    flux = spectral.DAMPE_P_He_SPECTRUM(u.Quantity(energy, u.TeV))
    values: F8 = flux.to_value(spectral.DIFFUSE_FLUX_UNIT)
    return values


def _straight_in_logarithms(energy: Sequence[float], flux: Sequence[float]) -> _Flux:
    """Join points by straight lines, the outer ones going on beyond."""
    x, y = np.log10(energy), np.log10(flux)
    slope = np.diff(y) / np.diff(x)

    def between(energy: F8) -> F8:
        at = np.log10(energy)
        line = np.clip(np.searchsorted(x, at) - 1, 0, slope.size - 1)
        values: F8 = 10 ** (y[line] + slope[line] * (at - x[line]))
        return values

    return between


@dataclass(frozen=True)
class _Reference:
    """What a published spectrum is, if it is per solid angle, and its formula."""

    source: str
    is_diffuse: bool
    make: Callable[..., _Flux]
    values: _Values


_CRAB = {"flux": 2.83e-7, "index": -2.62}
_CRAB_MAGIC = {"flux": 3.23e-7, "a": -2.47, "b": -0.24}
# Published at 1 GeV, per GeV.
_COSMIC_RAYS = {"flux": 1.8e7 * 1000**-2.7, "index": -2.7}
_PROTONS = {"flux": 9.8e-2, "index": -2.62}
_ELECTRONS = {
    "flux": 2.385e-5,
    "index": -3.43,
    "bump_height": 1.950,
    "bump_centre": -0.101,
    "bump_width": 0.741,
}

# By the names that pyirf and ctapipe give them.
REFERENCES = {
    "CRAB_HEGRA": _Reference(
        "Crab Nebula, HEGRA, ApJ 614 (2004) 897", False, _power_law, _CRAB
    ),
    "CRAB_MAGIC_JHEAP2015": _Reference(
        "Crab Nebula, MAGIC, JHEAp 5 (2015) 30", False, _log_parabola, _CRAB_MAGIC
    ),
    "PDG_ALL_PARTICLE": _Reference(
        "all cosmic rays, PDG 2020 (30.2)", True, _power_law, _COSMIC_RAYS
    ),
    "IRFDOC_PROTON_SPECTRUM": _Reference(
        "protons, CTA prod3b IRF description", True, _power_law, _PROTONS
    ),
    "IRFDOC_ELECTRON_SPECTRUM": _Reference(
        "electrons and positrons, CTA prod3b IRF description",
        True,
        _bumpy,
        _ELECTRONS,
    ),
    "DAMPE_P_He_SPECTRUM": _Reference(
        "protons and helium, DAMPE, extrapolated above 8 TeV",
        True,
        lambda: _dampe,
        {},
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
    of = REFERENCES[name]
    return _spectrum(name, of.make, of.values, is_diffuse=of.is_diffuse)


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
    name = f"{flux_at_1tev:g} E^{index:g}"
    values = {"flux": flux_at_1tev, "index": index}
    return _spectrum(name, _power_law, values, is_diffuse=is_diffuse)


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
    name = f"{flux_at_1tev:g} E^({a:g} + {b:g} log10 E)"
    values = {"flux": flux_at_1tev, "a": a, "b": b}
    return _spectrum(name, _log_parabola, values, is_diffuse=is_diffuse)


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
    if not fits or not (x > 0).all() or not (np.diff(x) > 0).all() or np.isinf(x).any():
        raise UserError(
            f"spectrum {name!r}: wanted are two or more points of ascending, positive "
            "energy, and as many fluxes"
        )
    _check_flux(*y)
    values = {"energy": tuple(x.tolist()), "flux": tuple(y.tolist())}
    return _spectrum(name, _straight_in_logarithms, values, is_diffuse=is_diffuse)


def _spectrum(
    name: str, make: Callable[..., _Flux], values: _Values, *, is_diffuse: bool
) -> Spectrum:
    """Make a spectrum of a formula, which remembers the numbers in it."""
    units = {**_UNITS, "flux": flux_unit(is_diffuse=is_diffuse)}
    parameters: dict[str, Parameter] = {
        key: (value, units.get(key, "")) for key, value in values.items()
    }
    return Spectrum(name, is_diffuse, make(*values.values()), parameters)


def _check_flux(*values: float) -> None:
    for value in values:
        if not 0 < value < np.inf:
            raise UserError(f"a flux of {value:g} is not positive")
