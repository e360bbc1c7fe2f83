"""Cuts with the best sensitivity to a point source, in each bin of energy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.cut_scan import Sample, best, samples, scan
from cta_columnar.stages.irf.cut_smoothing import smoothed_cuts
from cta_columnar.stages.irf.cuts import Cuts, passes, same_cuts
from cta_columnar.stages.irf.percentile_cuts import (
    GH,
    THETA,
    PercentileOptions,
    largest,
    percentile_cut,
    percentile_grid,
    with_theta,
)
from cta_columnar.stages.irf.sensitivity import Detection


def _steps(step: float, last: float) -> tuple[float, ...]:
    return tuple(float(each) for each in np.arange(step, last + step / 2, step))


@dataclass(frozen=True)
class GridOptions:
    """Cuts to try.

    Attributes
    ----------
    gh_efficiencies, theta_efficiencies : tuple of float
        Shares of the signal that cuts let pass, ascending.
    multiplicities : tuple of int
        Smallest numbers of telescopes, ascending.
    gh, theta : PercentileOptions
        Events that a bin must have for cuts of its own, bounds of the cut on theta, and
        smoothing of the cuts that were found; the efficiency of theta where none are
        tried.
    detection : Detection
        What is optimised.
    """

    gh_efficiencies: tuple[float, ...] = field(default=_steps(0.1, 0.8))
    theta_efficiencies: tuple[float, ...] = field(default=_steps(0.1, 0.8))
    multiplicities: tuple[int, ...] = tuple(range(2, 11))
    gh: PercentileOptions = GH
    theta: PercentileOptions = THETA
    detection: Detection = field(default_factory=Detection)

    def __post_init__(self) -> None:
        for name in ("gh_efficiencies", "theta_efficiencies", "multiplicities"):
            values = getattr(self, name)
            if not values or list(values) != sorted(values):
                raise UserError(f"{name} = {values}: give values in ascending order")
        if not np.isfinite(self.theta.high):
            raise UserError("a sensitivity wants an upper bound of the cut on theta")


def optimise_gh(
    signal: Mapping[str, AnyArray],
    background: Mapping[str, AnyArray],
    axis: Axis,
    options: GridOptions | None = None,
    initial_efficiency: float = 0.4,
) -> Cuts:
    """Optimise the cut on the score, with one on theta by its share of the signal.

    As ``PointSourceSensitivityGhOptimizer`` of ctapipe: the cut on theta is set behind
    a first one on the score, and again behind the optimised one, which may have been
    smoothed.

    Parameters
    ----------
    signal, background : mapping of str to array[n]
        ``reco_energy`` (TeV), ``gh_score``, ``weight``; the signal with ``theta``
        (deg), the background with ``reco_source_fov_offset`` (deg).
    axis : Axis
        Bins of ``reco_energy``.
    options : GridOptions, optional
        Cuts to try.
    initial_efficiency : float
        Share of the signal that passes the first cut on the score.

    Raises
    ------
    UserError
        If signal or background is empty, no range of energies has a sensitivity, or
        smoothing has lost it.
    """
    options = options or GridOptions()
    gammas, others = samples(
        *(signal, background, axis, options.detection), with_multiplicity=False
    )
    first = PercentileOptions(
        initial_efficiency, options.gh.min_events, fill=0.0, smoothing=1
    )
    gh_cut = percentile_cut(
        gammas.gh_score, gammas.bins, axis.n_bins, first, from_below=True
    )
    # Strictly above the first cut, unlike all others.
    above = gammas.gh_score > gh_cut[np.maximum(gammas.bins, 0)]
    before = gammas.select(above & (gammas.bins >= 0))
    cuts = with_theta(same_cuts(axis), before.theta, before.bins, options.theta)

    gh_cuts = _gh_grid(gammas, axis, options)[np.newaxis]
    theta_cuts = cuts.theta[np.newaxis, :, np.newaxis]
    shares = scan(gammas, others, gh_cuts, theta_cuts, (0,), options.detection)
    chosen = best(shares)
    rows = np.arange(axis.n_bins)
    _, gh, _ = np.unravel_index(chosen, shares.shape[:3])
    cuts = replace(
        cuts,
        gh=gh_cuts[0, rows, gh],
        gh_efficiency=np.array(options.gh_efficiencies)[gh],
        is_valid=_valid(shares.reshape(-1, axis.n_bins)[chosen, rows], axis),
    )
    # The one on theta is set, and smoothed, behind it.
    widths = options.gh.smoothing, None
    cuts = smoothed_cuts(cuts, widths, gammas, others, options.detection)
    survives = passes(gammas.gh_score, gammas.bins, cuts.gh, from_below=True)
    after = gammas.select(survives)
    return with_theta(cuts, after.theta, after.bins, options.theta)


def optimise_grid(
    signal: Mapping[str, AnyArray],
    background: Mapping[str, AnyArray],
    axis: Axis,
    options: GridOptions | None = None,
) -> Cuts:
    """Optimise multiplicity, score and theta together.

    As ``PointSourceSensitivityOptimizer`` of ctapipe: cuts on score and theta let given
    shares of the signal of a multiplicity pass. Of equal sensitivities the one with the
    smallest multiplicity, then of the hardest score, then of the smallest theta is
    taken. Cuts on score and theta may then be smoothed, those on multiplicity not.

    Parameters
    ----------
    signal, background : mapping of str to array[n]
        As for `optimise_gh`, with ``multiplicity`` besides.
    axis : Axis
        Bins of ``reco_energy``.
    options : GridOptions, optional
        Cuts to try.

    Raises
    ------
    UserError
        If signal or background is empty, no range of energies has a sensitivity, or
        smoothing has lost it.
    """
    options = options or GridOptions()
    gammas, others = samples(
        *(signal, background, axis, options.detection), with_multiplicity=True
    )
    gh_grids, theta_grids = [], []
    for least in options.multiplicities:
        seen = gammas.select(gammas.multiplicity >= least)
        gh_grids.append(_gh_grid(seen, axis, options, largest(gammas.gh_score)))
        theta_grids.append(_theta_grid(seen, axis, options))
    gh_cuts, theta_cuts = np.array(gh_grids), np.array(theta_grids)
    shares = scan(
        gammas, others, gh_cuts, theta_cuts, options.multiplicities, options.detection
    )
    chosen = best(shares)
    rows = np.arange(axis.n_bins)
    number, gh, theta = np.unravel_index(chosen, shares.shape[:3])
    cuts = Cuts(
        axis=axis,
        gh=gh_cuts[number, rows, gh],
        theta=theta_cuts[number, rows, theta],
        multiplicity=np.array(options.multiplicities, np.int64)[number],
        gh_efficiency=np.array(options.gh_efficiencies)[gh],
        theta_efficiency=np.array(options.theta_efficiencies)[theta],
        is_valid=_valid(shares.reshape(-1, axis.n_bins)[chosen, rows], axis),
    )
    widths = options.gh.smoothing, options.theta.smoothing
    return smoothed_cuts(cuts, widths, gammas, others, options.detection)


def _gh_grid(
    seen: Sample, axis: Axis, options: GridOptions, fill: float | None = None
) -> F8:
    fill = largest(seen.gh_score) if fill is None else fill
    of_bins = replace(options.gh, fill=fill, smoothing=None)
    return percentile_grid(
        *(seen.gh_score, seen.bins, axis.n_bins, of_bins),
        options.gh_efficiencies,
        from_below=True,
    )


def _theta_grid(seen: Sample, axis: Axis, options: GridOptions) -> F8:
    bounds = replace(options.theta, fill=options.theta.high, smoothing=None)
    return percentile_grid(
        *(seen.theta, seen.bins, axis.n_bins, bounds),
        options.theta_efficiencies,
        from_below=False,
    )


def _valid(shares: F8, axis: Axis) -> Mask:
    """Bins from the first to the last with a sensitivity.

    Raises
    ------
    UserError
        If there is none, or one in between has no sensitivity.
    """
    valid: Mask = np.isfinite(shares)
    if not valid.any():
        raise UserError("no bin of energy has a sensitivity: no signal passes any cut")
    first, last = np.flatnonzero(valid)[[0, -1]]
    if not valid[first : last + 1].all():
        gap = first + int(np.argmin(valid[first : last + 1]))
        raise UserError(
            f"energies from {axis.low[gap]:.3g} to {axis.high[gap]:.3g} TeV have no "
            "sensitivity, but lower and higher ones have: use wider bins or more events"
        )
    return valid
