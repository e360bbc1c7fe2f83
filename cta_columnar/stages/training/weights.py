"""How much each row counts in a training.

Weights are finite and not negative. Each class keeps the number of its rows as the sum
of its weights, unless the share of the signal is given.
"""

from collections.abc import Callable, Mapping

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.simulated_spectra import SimulatedSpectra
from cta_columnar.stages.irf.spectra import reference_spectrum

FLAT_BINS_PER_DECADE = 5
FLAT_FEWEST = 10
"""Of an energy bin with fewer rows each counts as one of so many, lest it rule."""

Flux = Callable[[F8], F8]
"""From energies, float64[r] in TeV, to a flux in whatever unit: its shape counts."""


def wanted_spectrum(given: float | str) -> Flux:
    """Return the spectrum that a configuration means.

    Parameters
    ----------
    given : float or str
        Index of a power law, or a name in `stages.irf.spectra`.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    if isinstance(given, str):
        return reference_spectrum(given)
    return lambda energy: energy**given


def spectral_weights(energy: F8, runs: SimulatedSpectra, flux: Flux) -> F8:
    """Weights that give rows a spectrum in place of the simulated one.

    Parameters
    ----------
    energy : float64[r]
        True energy, TeV.
    runs : SimulatedSpectra
        All that rows come from; they add up, whether their spectra are alike or not.
    flux : callable
        The spectrum that is wanted, see `wanted_spectrum`.

    Returns
    -------
    float64[r]
        Mean 1; 0 where no run has such an energy.
    """
    simulated = runs.per_energy(energy)
    weights: F8 = np.zeros(energy.shape)
    np.divide(flux(energy), simulated, out=weights, where=simulated > 0)
    return _normalised(weights)


def flat_weights(energy: F8) -> F8:
    """Weights by which all bins of log10(energy) count the same: mean 1."""
    place = np.floor(np.log10(energy) * FLAT_BINS_PER_DECADE).astype(np.int64)
    _, bins, counts = np.unique(place, return_inverse=True, return_counts=True)
    return _normalised(1.0 / np.maximum(counts, FLAT_FEWEST)[bins])


def balanced(weights: F8, groups: AnyArray) -> F8:
    """Change weights such that each group has the same sum, and the mean stays 1."""
    _, group = np.unique(groups, return_inverse=True)
    sums = np.bincount(group, weights)
    shares: F8 = np.zeros(weights.shape)
    np.divide(weights, sums[group], out=shares, where=sums[group] > 0)
    return _normalised(shares)


def with_signal_fraction(
    weights: F8, label: I8, signal: int, fraction: float | None
) -> F8:
    """Give the signal a share of all weight, the other classes equal parts of the rest.

    Parameters
    ----------
    weights : float64[r]
        So far.
    label : int64[r]
        Class of each row.
    signal : int
        Which of them the signal is.
    fraction : float, optional
        Share of the signal; None leaves all as it is.
    """
    if fraction is None:
        return weights
    sums = np.bincount(label, weights)
    there = np.flatnonzero(sums)
    others = there[there != signal]
    share = np.zeros(sums.size)
    share[others] = (1 - fraction) / max(others.size, 1)
    share[signal] = fraction
    factor = np.zeros(sums.size)
    np.divide(share, sums, out=factor, where=sums > 0)
    return _normalised(weights * factor[label])


def sample_weights(
    label: I8,
    energy: F8,
    pointing: AnyArray,
    *,
    scheme: str,
    balance_pointings: bool,
    spectra: Mapping[int, Flux],
    runs: Mapping[int, SimulatedSpectra],
) -> F8:
    """Weights of rows, class by class.

    Parameters
    ----------
    label : int64[r]
        Class of each row.
    energy : float64[r]
        True energy, TeV.
    pointing : array[r]
        Which pointing of the array a row belongs to.
    scheme : str
        ``none``: 1. ``flat``: see `flat_weights`. ``spectrum``: `spectral_weights`.
    balance_pointings : bool
        Whether each pointing counts the same in a class.
    spectra : mapping of int to callable
        Wanted spectrum of a class, for ``spectrum``.
    runs : mapping of int to SimulatedSpectra
        What was simulated of a class, for ``spectrum``.

    Raises
    ------
    UserError
        If a spectrum is wanted and not known.
    """
    weights: F8 = np.ones(label.shape)
    for number in np.unique(label).tolist():
        rows = label == number
        if scheme == "flat":
            weights[rows] = flat_weights(energy[rows])
        elif scheme == "spectrum":
            if number not in spectra or number not in runs:
                raise UserError(
                    "weights: spectrum wants one in `spectra` and the simulated "
                    f"runs of each class; those of class {number} are not known"
                )
            weights[rows] = spectral_weights(
                energy[rows], runs[number], spectra[number]
            )
        if balance_pointings:
            weights[rows] = balanced(weights[rows], pointing[rows])
    return weights


def _normalised(weights: F8) -> F8:
    total = weights.sum()
    return weights * (weights.size / total) if total > 0 else weights
