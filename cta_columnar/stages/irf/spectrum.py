"""What a spectrum is; `stages.irf.spectra` makes them."""

from collections.abc import Callable
from dataclasses import dataclass

from cta_columnar.array_types import F8


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
    """

    name: str
    is_diffuse: bool
    flux: Callable[[F8], F8]

    def __call__(self, energy: F8) -> F8:
        """Flux at some energies."""
        return self.flux(energy)
