"""Optimised cuts that do not jump from bin to bin of energy."""

from dataclasses import replace

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.cut_scan import Sample, scan
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.irf.percentile_cuts import smoothed
from cta_columnar.stages.irf.sensitivity import Detection


def smoothed_cuts(
    cuts: Cuts,
    widths: tuple[float | None, float | None],
    signal: Sample,
    background: Sample,
    detection: Detection,
) -> Cuts:
    """Smooth cuts along the energies that they are valid for.

    Parameters
    ----------
    cuts : Cuts
        The best ones of each bin. Those on multiplicity stay.
    widths : (float or None, float or None)
        Standard deviations, in bins, of the Gaussians for score and theta; None leaves
        a cut as it is.
    signal, background : Sample
        Events that they were set by.
    detection : Detection
        What they were optimised for.

    Raises
    ------
    UserError
        If an energy that they are valid for has no sensitivity any more.
    """
    if widths == (None, None):
        return cuts
    gh, theta = (
        _along(values, cuts, width)
        for values, width in zip((cuts.gh, cuts.theta), widths, strict=True)
    )
    cuts = replace(cuts, gh=gh, theta=theta)
    lost = cuts.is_valid & ~np.isfinite(_shares(cuts, signal, background, detection))
    if lost.any():
        first = int(np.argmax(lost))
        raise UserError(
            f"smoothed cuts leave no signal from {cuts.axis.low[first]:.3g} to "
            f"{cuts.axis.high[first]:.3g} TeV: smooth less, or use wider bins"
        )
    return cuts


def _along(values: F8, cuts: Cuts, width: float | None) -> F8:
    if width is None:
        return values
    # Beyond, cuts are those of bins that nothing is known of.
    values = values.copy()
    values[cuts.is_valid] = smoothed(values[cuts.is_valid], width)
    return values


def _shares(cuts: Cuts, signal: Sample, background: Sample, detection: Detection) -> F8:
    """Sensitivity with these cuts: float64[b]."""
    numbers, number = np.unique(cuts.multiplicity, return_inverse=True)
    shape = numbers.size, cuts.axis.n_bins, 1
    gh, theta = (
        np.broadcast_to(values[:, np.newaxis], shape).copy()
        for values in (cuts.gh, cuts.theta)
    )
    least = tuple(numbers.tolist())
    shares = scan(signal, background, gh, theta, least, detection)
    of_bin: F8 = shares[number, 0, 0, np.arange(cuts.axis.n_bins)]
    return of_bin
