"""What gammapy finds of a source: a stacked spectrum, and a stacked map with pictures.

Part of `gammapy_reader.py`, which is a program of its own.
"""

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from gammapy.datasets import Datasets, MapDataset, SpectrumDataset
from gammapy.estimators import ExcessMapEstimator
from gammapy.makers import (
    MapDatasetMaker,
    ReflectedRegionsBackgroundMaker,
    SafeMaskMaker,
    SpectrumDatasetMaker,
)
from gammapy.maps import MapAxis, RegionGeom, WcsGeom
from gammapy.modeling import Fit
from gammapy.modeling.models import (
    FoVBackgroundModel,
    PointSpatialModel,
    PowerLawSpectralModel,
    SkyModel,
)
from matplotlib.figure import Figure
from regions import CircleSkyRegion

EDGE = 2.0  # deg from a pointing: where maps end


def axes_of(energies, true, nbin):
    """Axes of reconstructed and true energy between two in TeV, with bins a decade."""
    reco = MapAxis.from_energy_bounds(*energies, nbin=nbin, unit="TeV", per_decade=True)
    true = MapAxis.from_energy_bounds(
        *true, nbin=2 * nbin, unit="TeV", per_decade=True, name="energy_true"
    )
    return reco, true


def power_law():
    """Return what is fitted, away from what it is to find."""
    return PowerLawSpectralModel(
        index=2, amplitude="1e-11 TeV-1 cm-2 s-1", reference="1 TeV"
    )


def found(law, result):
    """Return flux and index of a fit, with errors."""
    return {
        "converged": bool(result.success),
        "index": float(law.index.value),
        "index_error": float(law.index.error),
        "flux": float(law.amplitude.quantity.to_value("TeV-1 m-2 s-1")),
        "flux_error": float(law.amplitude.error * 1e4),
    }


def spectrum(observations, place, energies, true, radius=0.15):
    """Fit a power law to all runs in one, the rest of their rings as background."""
    reco, true = axes_of(energies, true, 6)
    geom = RegionGeom.create(CircleSkyRegion(place, radius * u.deg), axes=[reco])
    empty = SpectrumDataset.create(geom=geom, energy_axis_true=true)
    maker = SpectrumDatasetMaker(
        containment_correction=True, selection=["counts", "exposure", "edisp"]
    )
    background, safe = (
        ReflectedRegionsBackgroundMaker(),
        SafeMaskMaker(["aeff-default"]),
    )
    datasets = Datasets()
    for observation in observations:
        dataset = maker.run(empty.copy(name=str(observation.obs_id)), observation)
        datasets.append(safe.run(background.run(dataset, observation), observation))
    stacked = datasets.stack_reduce(name="stacked")
    law = power_law()
    stacked.models = [SkyModel(law, name="source")]
    result = Fit().run([stacked])
    return {
        **found(law, result),
        "runs": len(datasets),
        "counts": int(stacked.counts.data.sum()),
        "excess": float(stacked.excess.data.sum()),
    }


def cube(observations, place, energies, true, picture=None):
    """Fit place and spectrum of a source, and the strength of our background model."""
    stacked = stacked_map(observations, place, *axes_of(energies, true, 4))
    background = FoVBackgroundModel(dataset_name=stacked.name)
    point = PointSpatialModel(
        lon_0=place.ra + 0.02 * u.deg, lat_0=place.dec - 0.02 * u.deg, frame="icrs"
    )
    for value in (point.lon_0, point.lat_0):
        value.min, value.max = value.value - 0.3, value.value + 0.3
    law = power_law()
    source = SkyModel(law, point, name="source")
    stacked.models = [source, background]
    result = Fit().run([stacked])
    if not result.success:
        # What is expected of a source has small steps where it crosses pixels.
        result = Fit().run([stacked])
    norm = background.spectral_model.norm
    off = {
        "east": (point.lon_0.value - place.ra.deg) * np.cos(place.dec.rad),
        "east_error": point.lon_0.error * np.cos(place.dec.rad),
        "north": point.lat_0.value - place.dec.deg,
        "north_error": point.lat_0.error,
    }
    answer = {
        **found(law, result),
        **{name: float(value) for name, value in off.items()},
        "norm": float(norm.value),
        "norm_error": float(norm.error),
        "counts": int(stacked.counts.data[stacked.mask].sum()),
        "excess": float(stacked.npred_signal().data[stacked.mask].sum()),
    }
    return {**answer, **significance(stacked, place, picture)}


def stacked_map(observations, place, reco, true):
    """Add up maps of all runs: events, background, exposure, and responses."""
    geom = WcsGeom.create(skydir=place, width=3.0, binsz=0.05, axes=[reco])
    stacked = MapDataset.create(
        geom,
        energy_axis_true=true,
        rad_axis=MapAxis.from_bounds(0, 2, nbin=100, unit="deg", name="rad"),
        name="stacked",
    )
    maker = MapDatasetMaker()
    safe = SafeMaskMaker(["offset-max"], offset_max=EDGE * u.deg)
    for observation in observations:
        dataset = maker.run(stacked.cutout(place, "4 deg"), observation)
        stacked.stack(safe.run(dataset, observation))
    return stacked


def significance(dataset, place, picture=None):
    """Significance of the excess over the background, within 0.1 deg of the source."""
    models = dataset.models
    shown = {"events": dataset.counts, "model": dataset.npred()}
    background = dataset.npred_background()
    dataset.models = [models[1]]
    image = dataset.to_image()
    image.models = []
    maps = ExcessMapEstimator("0.1 deg").run(image)
    dataset.models = models
    shown["significance within 0.1 deg"] = maps.sqrt_ts
    if picture:
        draw(picture, shown, background, place)
    at = maps.sqrt_ts.get_by_coord({"skycoord": place, "energy": 1 * u.TeV})
    return {"sigma": float(np.squeeze(at))}


def draw(path, shown, background, place):
    """Draw events, what the fit expects, significance, and all against the radius."""
    figure = Figure(figsize=(13, 11), layout="constrained")
    for k, (title, drawn) in enumerate(shown.items(), 1):
        axes = figure.add_subplot(2, 2, k, projection=drawn.geom.to_image().wcs)
        image = drawn.reduce_over_axes()
        image.plot(ax=axes, add_cbar=True, stretch="sqrt")
        axes.set_title(title)
    axes = figure.add_subplot(2, 2, 4)
    edges = np.array([0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.25, 1.5])
    counts, error = profile(shown["events"], place, edges)
    centre = (edges[:-1] + edges[1:]) / 2
    axes.errorbar(centre, counts, error, np.diff(edges) / 2, "ko", ms=3, label="events")
    for name, each in (("model", shown["model"]), ("its background", background)):
        axes.stairs(profile(each, place, edges)[0], edges, label=name, lw=1.5)
    axes.set(yscale="log", xlabel="from the source (deg)", ylabel="events per deg$^2$")
    axes.legend()
    figure.savefig(path, dpi=70)


def profile(drawn, place, edges):
    """Content of rings around a place by their solid angle (deg2), and its error."""
    image = drawn.geom.to_image()
    away = image.separation(place).deg.ravel()
    values = drawn.data.sum(axis=0).ravel()
    area, _ = np.histogram(
        away, edges, weights=image.solid_angle().to_value("deg2").flat
    )
    total, _ = np.histogram(away, edges, weights=values)
    return total / area, np.sqrt(total) / area


def at(ra, dec):
    """Return a place of the sky, of degrees."""
    return SkyCoord(ra, dec, unit="deg", frame="icrs")
