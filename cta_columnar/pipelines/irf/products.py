"""From filled histograms to all products of a point and an event type."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.fill import Filled
from cta_columnar.pipelines.irf.plan import BIN_WEIGHT, RATE, IrfPlan
from cta_columnar.pipelines.irf.resampling import (
    Counts,
    Maker,
    Products,
    Samples,
    with_resampled_errors,
)
from cta_columnar.pipelines.irf.run_bins import InBins, n_thrown_in_bins
from cta_columnar.stages.irf.accumulator import Histogram, HistogramSpec, scaled_total
from cta_columnar.stages.irf.background import (
    background_2d,
    background_3d,
    background_rate,
)
from cta_columnar.stages.irf.component import Component, NoEventsError
from cta_columnar.stages.irf.components import (
    FULL_ENCLOSURE,
    SELECTED,
    SELECTED_GH,
    signal_components,
)
from cta_columnar.stages.irf.cuts import Cuts, rad_max
from cta_columnar.stages.irf.resolution import angular_resolution, energy_resolution
from cta_columnar.stages.irf.roc import roc
from cta_columnar.stages.irf.sensitivity import BACKGROUND, SIGNAL, sensitivity
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns
from cta_columnar.stages.irf.spectrum import Spectrum

_SECONDS = 3600.0


@dataclass(frozen=True, eq=False)
class Basis:
    """What products of a point are made with, besides events.

    Attributes
    ----------
    config : IrfConfig
        What is wanted.
    plan : IrfPlan
        In which bins.
    spectra : mapping of str to Spectrum
        By particle.
    runs : mapping of str to SimulatedRuns
        By particle, at this point.
    in_bins : mapping of str to InBins
        What of it was thrown into bins of axes of runs, by particle.
    n_thrown : float64
        Showers of the signal, in the bins of the effective area.
    """

    config: IrfConfig
    plan: IrfPlan
    spectra: Mapping[str, Spectrum]
    runs: Mapping[str, SimulatedRuns]
    in_bins: Mapping[str, InBins]
    n_thrown: F8

    @property
    def obs_time(self) -> float:
        """Time of observation, s."""
        return self.config.obs_time * _SECONDS

    @property
    def background(self) -> list[str]:
        """Particles of the background that are there."""
        return [name for name in self.config.background if name in self.runs]

    def scale(self, particle: str) -> float:
        """Return what weights are multiplied by: time over thrown showers."""
        return self.obs_time / self.runs[particle].n_total

    def scale_in_bins(self, particle: str, spec: HistogramSpec) -> F8:
        """Return the same for each bin of a histogram whose weights are by run.

        Returns
        -------
        scale : float64, in a shape that goes with that of the histogram
        """
        axes = self.plan.run_axes
        thrown = n_thrown_in_bins(self.in_bins[particle], axes)
        # Nothing can be seen in a bin without runs, so any number does.
        scale = self.obs_time / np.where(thrown > 0, thrown, np.inf)
        names = {axis.name for axis in axes}
        shape = [axis.n_bins if axis.name in names else 1 for axis in spec.axes]
        return scale.reshape(shape)

    def check(self) -> None:
        """Refuse runs that responses cannot be made of.

        Raises
        ------
        UserError
            If they differ in what may not differ, or threw nothing into any bin.
        """
        for particle, runs in self.runs.items():
            try:
                _ = runs.view_cone
            except UserError as error:
                raise UserError(f"{particle}: {error}") from error
        _ = self.runs[self.config.signal].total_area
        if not self.n_thrown.sum() > 0:
            raise UserError(
                f"no shower of {self.config.signal} was thrown into any bin of the "
                "effective area: see axes.true_energy and axes.offset"
            )


def products_of(filled: Mapping[str, Filled], cuts: Cuts, basis: Basis) -> Products:
    """Make all products of a point and an event type.

    Parameters
    ----------
    filled : mapping of str to Filled
        By particle.
    cuts : Cuts
        Which events have passed.
    basis : Basis
        All else.

    Raises
    ------
    UserError
        If there are no events for a component.
    """
    counts = {name: each.histograms for name, each in filled.items()}
    samples = {name: each.sample for name, each in filled.items()}
    made: dict[str, Component] = {}
    for make in _makers(counts, samples, cuts, basis):
        made |= make()
    products = Products(made, {})
    if basis.config.bootstrap:
        products = with_resampled_errors(
            made, filled, lambda *drawn: _makers(*drawn, cuts, basis), basis.config
        )
    every = {"cuts": cuts.to_component(), **products.components}
    return replace(products, components={**every, **_rad_max(cuts, basis)})


def _rad_max(cuts: Cuts, basis: Basis) -> dict[str, Component]:
    if not np.isfinite(cuts.theta).all():
        return {}
    return {"rad_max": rad_max(cuts, basis.plan.axes.reco_offset)}


def _makers(
    counts: Counts, samples: Samples, cuts: Cuts, basis: Basis
) -> Iterator[Maker]:
    """Yield what makes the products that are made of events."""
    config, gammas = basis.config, basis.config.signal
    yield partial(_signal, counts, basis)
    if basis.background:
        makers = {RATE: background_rate}
        if config.background_2d:
            makers["background_2d"] = background_2d
        if config.background_3d:
            makers["background_3d"] = background_3d
        for name, make in makers.items():
            yield partial(_background, name, make, counts, basis)
    if config.sensitivity is not None:
        yield partial(_sensitivity, counts, cuts, basis)
    yield partial(_resolutions, samples[gammas], basis)
    if config.benchmarks.roc and basis.background:
        yield partial(_roc, samples, basis)


def _signal(counts: Counts, basis: Basis) -> dict[str, Component]:
    gammas = basis.config.signal
    return signal_components(
        counts[gammas],
        basis.n_thrown,
        basis.runs[gammas].total_area,
        point_like=basis.config.is_point_like,
    )


def _sensitivity(counts: Counts, cuts: Cuts, basis: Basis) -> dict[str, Component]:
    gammas = basis.config.signal
    signal = scaled_total([(counts[gammas][SIGNAL], basis.scale(gammas))])
    background = _total(counts, BACKGROUND, basis)
    spectrum, detection = basis.spectra[gammas], basis.plan.detection
    made = sensitivity(signal, background, cuts, spectrum, detection)
    return {"sensitivity": made}


def _total(counts: Counts, name: str, basis: Basis) -> Histogram:
    """All background, each particle with its weights."""
    parts: list[tuple[Histogram, F8 | float]] = []
    for particle in basis.background:
        histogram = counts[particle][name]
        if histogram.spec.weight == BIN_WEIGHT:
            scale = basis.scale_in_bins(particle, histogram.spec)
            parts.append((histogram, scale))
        else:
            parts.append((histogram, basis.scale(particle)))
    return scaled_total(parts)


def _background(
    name: str,
    make: Callable[[Histogram, float], Component],
    counts: Counts,
    basis: Basis,
) -> dict[str, Component]:
    try:
        component = make(_total(counts, name, basis), basis.obs_time)
    except NoEventsError as error:
        raise NoEventsError(f"{', '.join(basis.background)}: {error}") from error
    return {name: component.told(enclosure=FULL_ENCLOSURE)}


def _resolutions(sample: Mapping[str, AnyArray], basis: Basis) -> dict[str, Component]:
    of = basis.config.benchmarks
    axis = replace(basis.plan.benchmark_axis, name=of.resolution_energy)
    by_gh, selected = sample[SELECTED_GH], sample[SELECTED]
    energy = sample[of.resolution_energy]
    return {
        "angular_resolution": angular_resolution(
            sample["theta"][by_gh], energy[by_gh], axis, of.quantile
        ),
        "energy_resolution": energy_resolution(
            sample["migration"][selected], energy[selected], axis, of.bias
        ),
    }


def _roc(samples: Samples, basis: Basis) -> dict[str, Component]:
    others = []
    for name in basis.background:
        columns = {c: samples[name][c] for c in ("reco_energy", "gh_score", "weight")}
        columns["weight"] = columns["weight"] * basis.scale(name)
        others.append(columns)
    background = {
        name: np.concatenate([each[name] for each in others]) for name in others[0]
    }
    gammas = samples[basis.config.signal]
    curve, area = roc(gammas, background, basis.plan.benchmark_axis)
    return {"roc": curve, "roc_area": area}
