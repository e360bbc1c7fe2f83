"""From the configuration of responses to axes, spectra and options of the stages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.places import OF_RUNS
from cta_columnar.stages.irf.axes import (
    Axis,
    class_axis,
    decade_axis,
    linear_axis,
    log_axis,
)
from cta_columnar.stages.irf.components import (
    WEIGHT,
    ResponseAxes,
    background_histograms,
    signal_histograms,
)
from cta_columnar.stages.irf.configured_spectra import configured_spectrum
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.sensitivity import (
    OFF_WEIGHT,
    OFFSET,
    TRUE_OFFSET,
    Detection,
    sensitivity_histograms,
)
from cta_columnar.stages.irf.spectrum import Spectrum
from cta_columnar.stages.irf.telescope_types import NAME as TELESCOPE_TYPES

RATE, OFF_RATE = "background_rate", "off_region_rate"
# Weights by what was thrown into the bin of the run, not by all runs of the point.
BIN_WEIGHT = "weight_in_bin"
SELECTED_SOURCE, SELECTED_BACKGROUND = "selected_source", "selected_background"
_UNITS = {"zenith": "deg", "azimuth": "deg", "nsb": "", TELESCOPE_TYPES: ""}


@dataclass(frozen=True)
class IrfPlan:
    """What is counted, and in which bins.

    Attributes
    ----------
    axes : ResponseAxes
        Of the responses.
    cut_axis, benchmark_axis : Axis
        Bins of ``reco_energy`` of cuts, and of figures of merit.
    ring_axis : Axis
        Rings of true offset in which sources are.
    detection : Detection
        When a source is detected.
    signal, background : tuple of HistogramSpec
        What is counted of each.
    """

    axes: ResponseAxes
    cut_axis: Axis
    benchmark_axis: Axis
    ring_axis: Axis
    detection: Detection
    signal: tuple[HistogramSpec, ...]
    background: tuple[HistogramSpec, ...]

    @property
    def run_axes(self) -> tuple[Axis, ...]:
        """Axes of the responses that are of runs, as their zenith angle."""
        return tuple(axis for axis in self.axes.further if axis.name in OF_RUNS)


def plan_of(config: IrfConfig, events: pa.Schema, n_types: int) -> IrfPlan:
    """Plan a run.

    Parameters
    ----------
    config : IrfConfig
        What is wanted.
    events : pyarrow.Schema
        Columns of the events, for units of further axes; these are there.
    n_types : int
        Types of telescopes.
    """
    axes = _axes(config, events, n_types)
    energy = config.benchmarks.energy
    benchmark_axis = decade_axis("reco_energy", "TeV", *energy)
    rings = Axis(TRUE_OFFSET, "deg", config.benchmarks.rings)
    several = rings if rings.n_bins > 1 else None
    of_signal, of_background = sensitivity_histograms(benchmark_axis, several)
    signal = list(signal_histograms(axes))
    named = {spec.name: spec for spec in background_histograms(axes)}
    wanted = {
        "background_2d": config.background_2d,
        "background_3d": config.background_3d,
    }
    by_run = any(axis.name in OF_RUNS for axis in axes.further)
    weight = BIN_WEIGHT if by_run else WEIGHT
    background = [
        replace(named[name], weight=weight)
        for name, is_wanted in wanted.items()
        if is_wanted
    ]
    if config.sensitivity is not None:
        # Behind the cut on theta, whatever the enclosure of the responses.
        signal.append(replace(of_signal, selection=SELECTED_SOURCE))
        background.append(of_background)
    if config.background:
        background += [
            HistogramSpec(name, (benchmark_axis,), SELECTED_BACKGROUND, weight)
            for name, weight in ((RATE, WEIGHT), (OFF_RATE, OFF_WEIGHT))
        ]
    return IrfPlan(
        axes,
        _cut_axis(config),
        benchmark_axis,
        rings,
        _detection(config),
        tuple(signal),
        tuple(background),
    )


def _axes(config: IrfConfig, events: pa.Schema, n_types: int) -> ResponseAxes:
    of = config.axes
    further = [
        _further_axis(name, edges, events, n_types)
        for name, edges in of.further.items()
    ]
    return ResponseAxes(
        true_energy=decade_axis("true_energy", "TeV", *of.true_energy),
        reco_energy=decade_axis("reco_energy", "TeV", *of.reco_energy),
        true_offset=Axis(TRUE_OFFSET, "deg", of.offset),
        reco_offset=Axis(OFFSET, "deg", of.offset),
        lon=linear_axis("reco_fov_lon", "deg", *of.fov),
        lat=linear_axis("reco_fov_lat", "deg", *of.fov),
        migration=log_axis("migration", "", *of.migration),
        theta=linear_axis("theta", "deg", *of.theta),
        further=tuple(further),
    )


def _further_axis(
    name: str, edges: Sequence[float], events: pa.Schema, n_types: int
) -> Axis:
    if name == TELESCOPE_TYPES and not edges:
        return class_axis(name, range(1, 2**n_types))
    if name in _UNITS:
        return Axis(name, _UNITS[name], tuple(edges))
    unit = (events.field(name).metadata or {}).get(b"unit", b"").decode()
    return Axis(name, unit, tuple(edges))


def _cut_axis(config: IrfConfig) -> Axis:
    if config.cuts.energy is None:
        low, high, _ = config.axes.reco_energy
        return Axis("reco_energy", "TeV", (low, high))
    return decade_axis("reco_energy", "TeV", *config.cuts.energy)


def _detection(config: IrfConfig) -> Detection:
    rings = config.benchmarks.rings
    ends = {"offset_min": rings[0], "offset_max": rings[-1]}
    if config.sensitivity is None:
        return Detection(**ends)
    of = config.sensitivity
    return Detection(
        of.alpha, of.significance, of.min_events, of.min_share, rings[0], rings[-1]
    )


def spectra_of(config: IrfConfig) -> dict[str, Spectrum]:
    """Make the spectra of signal and background.

    Raises
    ------
    UserError
        If one is unknown, or the background is not per solid angle.
    """
    wanted = (config.signal, *config.background)
    return {
        name: configured_spectrum(
            f"spectra.{name}", config.spectra[name], is_diffuse=name != config.signal
        )
        for name in wanted
    }
