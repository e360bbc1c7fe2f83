"""From filled histograms to all products of a point and an event type."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.pipelines.irf.basis import Basis
from cta_columnar.pipelines.irf.fill import Filled
from cta_columnar.pipelines.irf.one_event import weight_of_one
from cta_columnar.pipelines.irf.plan import BIN_WEIGHT, OFF_RATE, RATE
from cta_columnar.pipelines.irf.resampling import (
    Counts,
    Maker,
    Products,
    Samples,
    with_resampled_errors,
)
from cta_columnar.stages.irf.background import (
    OnRegion,
    background_2d,
    background_3d,
    background_rate,
)
from cta_columnar.stages.irf.component import Component, NoEventsError, along
from cta_columnar.stages.irf.components import (
    FULL_ENCLOSURE,
    SELECTED,
    SELECTED_GH,
    signal_components,
)
from cta_columnar.stages.irf.cuts import Cuts, rad_max
from cta_columnar.stages.irf.histogram import Histogram, scaled_total
from cta_columnar.stages.irf.resolution import angular_resolution, energy_resolution
from cta_columnar.stages.irf.roc import roc
from cta_columnar.stages.irf.sensitivity import BACKGROUND, SIGNAL, sensitivity


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
        makers = partial(_makers, cuts=cuts, basis=basis)
        products = with_resampled_errors(made, filled, makers, basis.config)
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
        yield partial(_rate, counts, cuts, basis)
        makers = {}
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
    one = _one_in_off_region(background, cuts, basis)
    made = sensitivity(signal, background, spectrum, detection, one)
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


def _one_in_off_region(background: Histogram, cuts: Cuts, basis: Basis) -> F8:
    """Weight of one event of each bin, as far as it is in the off region."""
    axis = background.spec.axes[0]
    theta = np.interp(axis.centre, cuts.axis.centre, cuts.theta)
    # Without a cut on theta there is no such region.
    theta = np.where(np.isfinite(theta), theta, np.nan)
    ratio = along(basis.plan.detection.off_ratio(theta), background, axis.name)
    return ratio * weight_of_one(basis, background.spec)


def _rate(counts: Counts, cuts: Cuts, basis: Basis) -> dict[str, Component]:
    """Make the rate in the rings of sources, and in the on region of one."""
    total, off = (_total(counts, name, basis) for name in (RATE, OFF_RATE))
    one = _one_in_off_region(off, cuts, basis)
    on_region = OnRegion(off, basis.plan.detection.alpha, one)
    try:
        component = background_rate(
            total,
            basis.obs_time,
            on_region if np.isfinite(cuts.theta).all() else None,
        )
    except NoEventsError as error:
        raise NoEventsError(f"{', '.join(basis.background)}: {error}") from error
    return {RATE: component.told(enclosure=FULL_ENCLOSURE)}


def _background(
    name: str,
    make: Callable[[Histogram, float, F8], Component],
    counts: Counts,
    basis: Basis,
) -> dict[str, Component]:
    total = _total(counts, name, basis)
    try:
        component = make(total, basis.obs_time, weight_of_one(basis, total.spec))
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
