"""The sensitivity with each of many combinations of cuts, in one pass over the events.

An event that passes a cut passes all more lenient ones, so one histogram over the
hardest cuts that events pass has the counts of all combinations as its cumulative sums.
Sums are exact, so the best cuts do not depend on the order of the events.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I4, I8, AnyArray, Index, Mask
from cta_columnar.errors import UserError
from cta_columnar.kernels.cut_grid import first_passed
from cta_columnar.kernels.histograms import add_axis
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.cuts import energy_bins
from cta_columnar.stages.irf.fixed_point import WEIGHTS
from cta_columnar.stages.irf.given import given, given_floats
from cta_columnar.stages.irf.sensitivity import Detection

_CUTS = "optimised cuts"


@dataclass(frozen=True, eq=False)
class Sample:
    """Events of one kind, as far as cuts need them; all arrays have a row for each."""

    bins: I4
    gh_score: F8
    theta: F8
    multiplicity: AnyArray
    weight: F8

    def select(self, mask: Mask) -> "Sample":
        """Return some of the events."""
        return Sample(**{name: array[mask] for name, array in vars(self).items()})


def samples(
    signal: Mapping[str, AnyArray],
    background: Mapping[str, AnyArray],
    axis: Axis,
    detection: Detection,
    *,
    with_multiplicity: bool,
) -> tuple[Sample, Sample]:
    """Take what cuts need of signal and background; of this, what is in the ring.

    Parameters
    ----------
    signal, background : mapping of str to array[n]
        ``reco_energy``, ``gh_score``, ``weight``; the signal with ``theta``, the
        background with ``reco_source_fov_offset``.
    axis : Axis
        Bins of energy.
    detection : Detection
        With the ring that the background is from.
    with_multiplicity : bool
        Whether both have ``multiplicity``, else it is 0.

    Raises
    ------
    UserError
        If a column is missing, or nothing is left of signal or background.
    """
    offset = given(background, "reco_source_fov_offset", _CUTS)
    of_signal = _sample(
        signal, axis, with_multiplicity, given_floats(signal, "theta", _CUTS)
    )
    nowhere = np.full(offset.size, np.nan)
    of_background = _sample(background, axis, with_multiplicity, nowhere)
    of_background = of_background.select(detection.in_ring(offset))
    for name, sample, events in (
        ("signal", of_signal, signal),
        ("background", of_background, background),
    ):
        if not (sample.bins >= 0).any():
            n_events = events["reco_energy"].size
            raise UserError(
                f"there is no {name} to optimise cuts with: none of {n_events} events "
                "is in a bin of energy (and the ring of the background)"
            )
    return of_signal, of_background


def _sample(
    columns: Mapping[str, AnyArray], axis: Axis, with_multiplicity: bool, theta: F8
) -> Sample:
    counts: AnyArray = np.zeros(theta.size, np.int64)
    if with_multiplicity:
        counts = given(columns, "multiplicity", _CUTS)
    scores, weights = (given_floats(columns, n, _CUTS) for n in ("gh_score", "weight"))
    return Sample(energy_bins(columns, axis), scores, theta, counts, weights)


def scan(
    signal: Sample,
    background: Sample,
    gh_cuts: F8,
    theta_cuts: F8,
    multiplicities: tuple[int, ...],
    detection: Detection,
) -> F8:
    """Sensitivity with all combinations of cuts.

    Parameters
    ----------
    signal, background : Sample
        Events.
    gh_cuts, theta_cuts : float64[m, b, k], float64[m, b, l]
        The hardest first.
    multiplicities : tuple of int
        Smallest multiplicity of each m.
    detection : Detection
        When a source is detected.

    Returns
    -------
    shares : float64[m, k, l, b]
        Of the spectrum that the signal is weighted to.
    """
    n_bins, n_gh = gh_cuts.shape[1:]
    shares = []
    for least, gh, theta in zip(multiplicities, gh_cuts, theta_cuts, strict=True):
        seen = signal.select(signal.multiplicity >= least)
        by_gh = first_passed(seen.gh_score, seen.bins, gh, True)
        by_theta = first_passed(seen.theta, seen.bins, theta, False)
        cells = ((by_gh, n_gh), (by_theta, theta.shape[1]))
        n_signal = _passing(seen, n_bins, cells)

        seen = background.select(background.multiplicity >= least)
        by_gh = first_passed(seen.gh_score, seen.bins, gh, True)
        n_ring = _passing(seen, n_bins, ((by_gh, n_gh),))
        n_off = n_ring[:, :, np.newaxis] * detection.off_ratio(theta)[:, np.newaxis]
        shares.append(detection.relative_sensitivity(n_signal, n_off))
    return np.moveaxis(np.array(shares), 1, 3)


def _passing(sample: Sample, n_bins: int, cells: tuple[tuple[I4, int], ...]) -> F8:
    """Weighted events that pass each combination of cuts.

    Parameters
    ----------
    cells : tuple of (int32[n], int)
        First cut that events pass, of how many, for each kind of cut.

    Returns
    -------
    n : float64[b, cuts, ...]
    """
    place = sample.bins.copy()
    for first, n_cuts in cells:
        # One more, for events that pass none.
        add_axis(place, first, n_cuts + 1)
    shape = (n_bins, *(n_cuts + 1 for _, n_cuts in cells))
    sums = WEIGHTS.zeros(int(np.prod(shape)))
    WEIGHTS.add(sums, place, sample.weight, "column 'weight'")
    passing: I8 = sums.reshape(*shape, -1)
    for axis in range(1, len(shape)):
        passing = WEIGHTS.cumulated(passing, axis, "column 'weight'")
    whole = WEIGHTS.to_float(passing.reshape(-1, passing.shape[-1])).reshape(shape)
    return whole[(slice(None), *(slice(n_cuts) for _, n_cuts in cells))]


def best(shares: F8) -> Index:
    """Find the best combination in each bin, the first of equal ones."""
    flat = shares.reshape(-1, shares.shape[-1])
    known = np.where(np.isnan(flat), np.inf, flat)
    chosen: Index = np.argmin(known, axis=0)
    return chosen
