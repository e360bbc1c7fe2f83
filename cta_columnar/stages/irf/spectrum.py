"""What a spectrum is; `stages.irf.spectra` makes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cta_columnar.array_types import F8

Parameter = tuple[float | tuple[float, ...], str]
"""One or several values, and their unit."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Particles per energy, time and area, and solid angle if it is diffuse.

    Attributes
    ----------
    name : str
        What it is, for reports.
    is_diffuse : bool
        Whether it is per solid angle: cosmic rays, not a source.
    flux : callable
        From energies, float64[n] in TeV, to fluxes, float64[n] in 1 / (TeV m2 s), or
        1 / (TeV m2 s sr) if diffuse.
    parameters : mapping of str to (float or tuple of float, str)
        Values and units of its formula, or points; none of what is a table elsewhere.
    """

    name: str
    is_diffuse: bool
    flux: Callable[[F8], F8]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """Unit of its fluxes."""
        return flux_unit(is_diffuse=self.is_diffuse)

    def __call__(self, energy: F8) -> F8:
        """Flux at some energies."""
        return self.flux(energy)


def flux_unit(*, is_diffuse: bool) -> str:
    """Return the unit of fluxes per energy, area, time, and solid angle if diffuse."""
    return "1/(TeV m2 s sr)" if is_diffuse else "1/(TeV m2 s)"
