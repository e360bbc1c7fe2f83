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
from cta_columnar.stages.irf.sensitivity import Detection


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
) -> tuple[Sample, Sample]:
    """Take what cuts need of signal and background; of this, what is in the ring.

    Raises
    ------
    UserError
        If nothing is left of either.
    """
    ring = detection.in_ring(background["reco_source_fov_offset"])
    samples = []
    for name, columns in (("signal", signal), ("background", background)):
        none = np.zeros(columns["reco_energy"].size)
        sample = Sample(
            bins=energy_bins(columns, axis),
            gh_score=np.ascontiguousarray(columns["gh_score"], np.float64),
            theta=np.ascontiguousarray(columns.get("theta", none), np.float64),
            multiplicity=columns.get("multiplicity", none),
            weight=np.ascontiguousarray(columns["weight"], np.float64),
        )
        if name == "background":
            sample = sample.select(ring)
        if not (sample.bins >= 0).any():
            raise UserError(
                f"there is no {name} to optimise cuts with: none of {none.size} events "
                "is in a bin of energy (and the ring of the background)"
            )
        samples.append(sample)
    return samples[0], samples[1]


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
    best: Index = np.argmin(known, axis=0)
    return best
