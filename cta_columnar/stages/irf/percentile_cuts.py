"""Cuts that a given share of the signal passes, in each bin of energy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cta_columnar.array_types import F8, I4, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.cuts import Cuts, energy_bins, passes, same_cuts
from cta_columnar.stages.irf.given import given, given_floats
from cta_columnar.stages.irf.grouping import values_by_bin


@dataclass(frozen=True)
class PercentileOptions:
    """How a cut by a share of the signal is set.

    Attributes
    ----------
    efficiency : float
        Share of the signal that passes.
    min_events : int
        Bins of fewer events get ``fill`` instead.
    fill : float, optional
        By default the hardest score, or the largest theta.
    low, high : float
        Cuts beyond are set to these.
    smoothing : float, optional
        Standard deviation, in bins, of a Gaussian that cuts are smoothed with.
    """

    efficiency: float = 0.68
    min_events: int = 10
    fill: float | None = None
    low: float = -np.inf
    high: float = np.inf
    smoothing: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.efficiency <= 1:
            raise UserError(f"an efficiency of {self.efficiency:g} is not in (0, 1]")


GH = PercentileOptions()
THETA = PercentileOptions(fill=0.5, high=0.5)


def percentile_cuts(
    signal: Mapping[str, AnyArray],
    axis: Axis,
    gh: PercentileOptions = GH,
    theta: PercentileOptions | None = THETA,
    min_multiplicity: int = 0,
) -> Cuts:
    """Set cuts that given shares of the signal pass, first on score, then on theta.

    As ``PercentileCuts`` of ctapipe, with its defaults.

    Parameters
    ----------
    signal : mapping of str to array[n]
        Gamma rays: ``reco_energy`` (TeV), ``gh_score``, ``theta`` (deg) and, if it is
        cut on, ``multiplicity``.
    axis : Axis
        Bins of ``reco_energy``; one bin makes a cut that is the same for all energies.
    gh, theta : PercentileOptions
        Cuts on score and, on what survives, on theta; None for no cut on theta.
    min_multiplicity : int
        Events of fewer telescopes are no signal and never pass.

    Raises
    ------
    UserError
        If there is no event with a score.
    """
    cuts = same_cuts(axis, multiplicity=min_multiplicity)
    if min_multiplicity:
        kept = given(signal, "multiplicity", "cuts") >= min_multiplicity
        signal = {name: column[kept] for name, column in signal.items()}
    bins = energy_bins(signal, axis)
    scores = given_floats(signal, "gh_score", "cuts")
    filled = replace(gh, fill=largest(scores)) if gh.fill is None else gh
    gh_cut = percentile_cut(scores, bins, axis.n_bins, filled, from_below=True)
    shares = np.full(axis.n_bins, gh.efficiency)
    cuts = replace(cuts, gh=gh_cut, gh_efficiency=shares)
    if theta is None:
        return cuts
    survivors = passes(scores, bins, gh_cut, from_below=True)
    of_survivors = given(signal, "theta", "cuts")[survivors]
    return with_theta(cuts, of_survivors, bins[survivors], theta)


def with_theta(
    cuts: Cuts, theta: AnyArray, bins: I4, options: PercentileOptions
) -> Cuts:
    """Set the cut on theta of other cuts, by their survivors.

    Parameters
    ----------
    cuts : Cuts
        Other cuts.
    theta : array[n]
        Of events that survive them, deg.
    bins : int32[n]
        Their bins of energy.
    options : PercentileOptions
        How it is set.
    """
    values = np.asarray(theta, np.float64)
    if options.fill is None:
        options = replace(options, fill=options.high)
    cut = percentile_cut(values, bins, cuts.axis.n_bins, options, from_below=False)
    shares = np.full(cuts.axis.n_bins, options.efficiency)
    return replace(cuts, theta=cut, theta_efficiency=shares)


def largest(scores: F8) -> float:
    """Largest score, which a cut has that nothing is known of.

    Raises
    ------
    UserError
        If there is none.
    """
    if np.isnan(scores).all():
        raise UserError(
            f"none of {scores.size} events of the signal has a gh_score, so there are "
            "no cuts"
        )
    return float(np.nanmax(scores))


def percentile_cut(
    values: F8, bins: I4, n_bins: int, options: PercentileOptions, *, from_below: bool
) -> F8:
    """Set the cut of one efficiency in each bin: float64[b]; see `percentile_grid`."""
    grid = percentile_grid(
        values, bins, n_bins, options, (options.efficiency,), from_below=from_below
    )
    return grid[:, 0]


def percentile_grid(
    values: F8,
    bins: I4,
    n_bins: int,
    options: PercentileOptions,
    efficiencies: tuple[float, ...],
    *,
    from_below: bool,
) -> F8:
    """Set cuts of several efficiencies in each bin.

    Parameters
    ----------
    values : float64[n]
        What is cut on; NaN does not count.
    bins : int32[n]
        Bin of each event, negative if it is in none.
    n_bins : int
        Number of bins.
    options : PercentileOptions
        How cuts are set, but for the efficiency; with ``fill``.
    efficiencies : tuple of float
        Shares that are to pass.
    from_below : bool
        Whether large values pass, or small ones.

    Returns
    -------
    cuts : float64[b, k]
    """
    shares = np.array(efficiencies)
    percentiles = 100 * (1 - shares if from_below else shares)
    cuts = np.full((n_bins, shares.size), options.fill, np.float64)
    for i, in_bin in enumerate(values_by_bin(values, bins, n_bins)):
        if in_bin.size >= max(options.min_events, 1):
            found = np.percentile(in_bin, percentiles)
            cuts[i] = np.clip(found, options.low, options.high)
    return cuts if options.smoothing is None else smoothed(cuts, options.smoothing)


def smoothed(cuts: F8, width: float) -> F8:
    """Smooth cuts along energies.

    Parameters
    ----------
    cuts : float64[b, ...]
        In bins of energy, which go on beyond the ends as they end.
    width : float
        Standard deviation of a Gaussian, in bins.
    """
    # Only smoothing needs scipy, which is slow to import.
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415

    smooth: F8 = gaussian_filter1d(cuts, width, axis=0, mode="nearest")
    return smooth
