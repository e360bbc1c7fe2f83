"""How much an event of the background would weigh in bins where there is none."""

import numpy as np

from cta_columnar.array_types import F8, Mask
from cta_columnar.pipelines.irf.basis import Basis
from cta_columnar.pipelines.irf.plan import BIN_WEIGHT
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns
from cta_columnar.stages.irf.spectrum import Spectrum

_OFFSET, _LON, _LAT = "reco_source_fov_offset", "reco_fov_lon", "reco_fov_lat"


def weight_of_one(basis: Basis, spec: HistogramSpec) -> F8:
    """Return the weight of one event of the background in each bin of a histogram.

    That of an event whose true energy is in the bin of reconstructed energy; of several
    particles, and energies of the bin, the largest.

    Parameters
    ----------
    basis : Basis
        Spectra, and what was thrown.
    spec : HistogramSpec
        The histogram, with an axis ``reco_energy``.

    Returns
    -------
    one : float64, in a shape that goes with that of the histogram
        For the time of observation; NaN where one of the particles was not thrown, by
        energy, direction or axes of runs.
    """
    energy = next(axis for axis in spec.axes if axis.name == "reco_energy")
    weights = []
    for particle in basis.background:
        spectrum = basis.spectra[particle]
        if spec.weight == BIN_WEIGHT:
            in_bins = basis.in_bins[particle]
            shape = tuple(axis.n_bins for axis in basis.plan.run_axes)
            own = np.zeros((int(np.prod(shape)), energy.n_bins))
            for number, runs in in_bins.items():
                own[number] = _weights(runs, spectrum, energy)
        else:
            own = _weights(basis.runs[particle], spectrum, energy)[np.newaxis]
        weights.append(own * basis.obs_time)
    # Nothing is known of a bin that one of the particles cannot be in.
    largest = np.where(np.min(weights, axis=0) > 0, np.max(weights, axis=0), np.nan)
    own_axes = {"reco_energy"}
    if spec.weight == BIN_WEIGHT:
        own_axes |= {axis.name for axis in basis.plan.run_axes}
    shape = tuple(a.n_bins if a.name in own_axes else 1 for a in spec.axes)
    return np.where(_is_in_cone(basis, spec), largest.reshape(shape), np.nan)


def _weights(runs: SimulatedRuns, spectrum: Spectrum, energy: Axis) -> F8:
    """Largest weight for a second, at the ends and centres of bins; 0 if none."""
    at = np.concatenate([energy.low, energy.centre, energy.high])
    density = runs.density(at)
    weights = np.zeros(at.size)
    thrown = density > 0
    weights[thrown] = spectrum(at[thrown]) / density[thrown]
    largest: F8 = weights.reshape(3, -1).max(axis=0)
    return largest


def _is_in_cone(basis: Basis, spec: HistogramSpec) -> Mask:
    """Whether showers were thrown from somewhere in each bin of the field of view."""
    cone = min(basis.runs[each].view_cone[1] for each in basis.background)
    nearest = np.zeros([1] * len(spec.axes))
    for place, axis in enumerate(spec.axes):
        if axis.name in (_OFFSET, _LON, _LAT):
            # The end that is nearer to the centre; 0 if the centre is between.
            ends = np.maximum(np.maximum(axis.low, -axis.high), 0.0)
            shape = [1] * len(spec.axes)
            shape[place] = -1
            nearest = np.hypot(nearest, ends.reshape(shape))
    inside: Mask = nearest < cone
    return inside
