"""The smallest flux of a point source that is detected, in bins of energy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.kernels import significance
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component, along, require_events
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.irf.given import given
from cta_columnar.stages.irf.histogram import Histogram, HistogramSpec
from cta_columnar.stages.irf.limits import upper_limit
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle
from cta_columnar.stages.irf.spectrum import Spectrum

SIGNAL, BACKGROUND = "sensitivity_signal", "sensitivity_background"
TRUE_OFFSET, OFFSET = "true_source_fov_offset", "reco_source_fov_offset"
OFF_WEIGHT = "off_weight"
_ERG_PER_TEV = 1.602176634
_CM2_PER_M2 = 1e4


@dataclass(frozen=True)
class Detection:
    """When a source counts as detected, and what its background is measured in.

    Attributes
    ----------
    alpha : float
        Size of the on region over that of the off region.
    min_significance : float
        Standard deviations by Li & Ma.
    min_events : float
        Signal events.
    min_share : float
        Signal as a share of the background.
    offset_min, offset_max : float
        Ring of the field of view that the background is taken from, deg.
    """

    alpha: float = 0.2
    min_significance: float = 5.0
    min_events: float = 10.0
    min_share: float = 0.05
    offset_min: float = 0.0
    offset_max: float = 5.0

    def __post_init__(self) -> None:
        if not 0 <= self.offset_min < self.offset_max:
            raise UserError(
                f"no background is between offsets of {self.offset_min:g} and "
                f"{self.offset_max:g} deg"
            )
        if not self.alpha > 0 or not self.min_significance > 0:
            raise UserError("alpha and the wanted significance must be positive")

    def in_ring(self, offset: AnyArray) -> Mask:
        """Whether directions are in the ring of the background."""
        inside: Mask = (offset >= self.offset_min) & (offset < self.offset_max)
        return inside

    @property
    def ring(self) -> F8:
        """Solid angle of the ring of the background, sr."""
        return cone_solid_angle(self.offset_max) - cone_solid_angle(self.offset_min)

    def off_ratio(self, theta: F8) -> F8:
        """Size of the off region over that of the ring that the background is from."""
        return cone_solid_angle(theta) / self.ring / self.alpha

    def least_signal(self, n_off: F8) -> F8:
        """Smallest signal that is detected over a background in the off region."""
        flat = significance.least_signal(
            np.ascontiguousarray(n_off).reshape(-1),
            self.alpha,
            self.min_significance,
            self.min_events,
            self.min_share,
        )
        return flat.reshape(n_off.shape)

    def relative_sensitivity(self, n_signal: F8, n_off: F8) -> F8:
        """Share of the spectrum that is detected; infinite without a signal."""
        least = self.least_signal(n_off)
        with np.errstate(divide="ignore", invalid="ignore"):
            share: F8 = np.where(n_signal > 0, least / n_signal, np.inf)
        return np.where(np.isnan(n_signal) | np.isnan(least), np.nan, share)


def sensitivity_histograms(
    axis: Axis, offset: Axis | None = None
) -> tuple[HistogramSpec, HistogramSpec]:
    """Histograms of signal and background that a sensitivity is made of.

    The signal are ``selected`` events, with the cut on theta and a ``weight`` for the
    time of observation; the background the ``selected_background`` of
    `background_selection`, with the ``off_weight`` of `off_region.off_weights`.

    Parameters
    ----------
    axis : Axis
        Bins of ``reco_energy``, TeV.
    offset : Axis, optional
        Rings of the field of view to have a sensitivity in each, deg: by the true
        offset of the signal and the reconstructed one of the background.
    """
    rings = () if offset is None else (offset,)
    in_true, in_reco = (
        tuple(replace(ring, name=name) for ring in rings)
        for name in (TRUE_OFFSET, OFFSET)
    )
    return (
        HistogramSpec(SIGNAL, (axis, *in_true), "selected", "weight"),
        HistogramSpec(BACKGROUND, (axis, *in_reco), "selected_background", OFF_WEIGHT),
    )


def background_selection(
    columns: Mapping[str, AnyArray], cuts: Cuts, detection: Detection
) -> Mask:
    """Background events that pass all cuts but that on theta, and are in the ring."""
    ring = detection.in_ring(given(columns, OFFSET, "cuts"))
    return cuts.passes_gh(columns) & ring


def sensitivity(
    signal: Histogram,
    background: Histogram,
    spectrum: Spectrum,
    detection: Detection,
    one: F8 | None = None,
) -> Component:
    """Smallest flux that is detected in each bin of reconstructed energy, and offset.

    Parameters
    ----------
    signal, background : Histogram
        Filled `sensitivity_histograms`.
    spectrum : Spectrum
        That the signal has been weighted to.
    detection : Detection
        When a source is detected.
    one : float64, optional
        Weight of an event of each bin of the background, for limits where none is; see
        `limits`.

    Returns
    -------
    component : Component
        Shares of the spectrum, infinite without a signal. Errors are those of the
        weighted counts, to first order.

    Raises
    ------
    UserError
        If there is no signal or no background at all.
    """
    for histogram in (signal, background):
        require_events(histogram)
    scale = _scale(background, detection)
    n_signal, n_off = signal.weighted, background.weighted * scale
    signal_error = np.sqrt(signal.variance)
    off_error = np.sqrt(background.variance) * scale
    share = detection.relative_sensitivity(n_signal, n_off)
    error = share * _relative_error(n_signal, signal_error, n_off, off_error, detection)

    energy = signal.spec.axes[0].centre
    flux = along(spectrum(energy), signal, "reco_energy")
    energy_flux = flux * along(energy, signal, "reco_energy") ** 2
    energy_flux = energy_flux * _ERG_PER_TEV / _CM2_PER_M2
    detected = np.where(np.isfinite(share), share, np.nan) * n_signal
    n_on = detected + detection.alpha * n_off
    significant = significance.li_ma(
        n_on.reshape(-1), n_off.reshape(-1), detection.alpha
    )
    columns = {
        "relative_sensitivity": share,
        "relative_sensitivity_uncert": error,
        "flux_sensitivity": share * flux,
        "flux_sensitivity_uncert": error * flux,
        "energy_flux_sensitivity": share * energy_flux,
        "energy_flux_sensitivity_uncert": error * energy_flux,
        "significance": significant.reshape(n_on.shape),
        "n_signal_weighted": n_signal,
        "n_signal_weighted_uncert": signal_error,
        "n_background_weighted": n_off,
        "n_background_weighted_uncert": off_error,
        "n_signal": signal.n,
        "n_background": background.n,
        "n_background_weighted_upper": upper_limit(background, one) * scale,
    }
    axes = signal.spec.axes
    return Component("sensitivity", axes, columns, {"spectrum": spectrum.name})


def _scale(background: Histogram, detection: Detection) -> F8:
    """Return the ring that the background is from over the rings of its bins."""
    rings = background.spec.axes[1:]
    if not rings:
        return np.ones(1)
    solid_angle = np.diff(cone_solid_angle(rings[0].array))
    return along(detection.ring / solid_angle, background, rings[0].name)


def _relative_error(
    n_signal: F8, signal_error: F8, n_off: F8, off_error: F8, detection: Detection
) -> F8:
    """Error of the sensitivity over the sensitivity; NaN without a signal."""
    least = detection.least_signal(n_off)
    above = detection.least_signal(n_off + off_error)
    below = detection.least_signal(np.maximum(n_off - off_error, 0.0))
    of_signal = signal_error / np.where(n_signal > 0, n_signal, np.nan)
    return np.hypot(of_signal, 0.5 * (above - below) / least)
