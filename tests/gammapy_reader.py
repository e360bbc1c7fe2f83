"""Read a folder of DL3 files with gammapy and say as JSON what it finds.

A program of its own, since gammapy may live in another environment than the tests.
"""

import argparse
import json
import warnings

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from gammapy.data import DataStore
from gammapy.data.data_store import DataStoreChecker
from gammapy.data.event_list import EventListChecker
from gammapy.data.observations import ObservationChecker
from gammapy.datasets import MapDataset
from gammapy.makers import MapDatasetMaker
from gammapy.maps import MapAxis, WcsGeom
from gammapy_fits import at, cube, spectrum
from gammapy_tables import tables
from regions import CircleSkyRegion


def complaints(store, observations):
    """Everything but the steps that the checks tell of, and what they cannot do.

    The check of columns of gammapy 2 asks a time for its unit, and fails on any file.
    """
    checks = [each for each in DataStoreChecker.CHECKS if each != "observations"]
    records, failed = [*store.check(checks)], []
    for observation in observations:
        for checker in (
            ObservationChecker(observation),
            EventListChecker(observation.events),
        ):
            for name in checker.CHECKS:
                if isinstance(checker, ObservationChecker) and name == "events":
                    continue
                try:
                    records += checker.run([name])
                except Exception as error:
                    failed.append(f"{type(checker).__name__}.{name}: {error}")
    told = [each for each in map(dict, records) if each.get("level") != "debug"]
    return {"told": [str(each) for each in told], "failed": sorted(set(failed))}


def look(observation):
    events, gti = observation.events, observation.gti
    position = events.radec
    altaz = events.altaz
    table = events.table
    away = altaz.separation(
        SkyCoord(table["AZ"], table["ALT"], frame=altaz.frame, unit="deg")
    )
    return {
        "obs_id": int(observation.obs_id),
        "events": len(table),
        "ontime": float(gti.time_sum.to_value("s")),
        "livetime": float(observation.observation_live_time_duration.to_value("s")),
        "start": observation.tstart.tt.isot,
        "largest_altaz_difference_arcsec": float(away.arcsec.max()),
        "median_ra": float(np.median(position.ra.deg)),
        "aeff": float(
            observation.aeff.evaluate(
                energy_true=1 * u.TeV, offset=0.7 * u.deg
            ).to_value("m2")
        ),
        "containment": float(
            observation.psf.containment(
                energy_true=1 * u.TeV, offset=0.7 * u.deg, rad=0.15 * u.deg
            ).squeeze()
        ),
        "edisp_sums": edisp_sums(observation),
        "point_like": bool(observation.aeff.is_pointlike),
        "rad_max": rad_max(observation),
        "background_per_s": background_rate(observation),
    }


def rad_max(observation):
    """Radius at 1 TeV in the middle of the field of view, if there is one."""
    if observation.rad_max is None:
        return None
    radius = observation.rad_max.evaluate(energy=1 * u.TeV, offset=0.25 * u.deg)
    return float(radius.to_value("deg").squeeze())


def edisp_sums(observation):
    """Lowest and highest integral over the migration, where there is one."""
    edisp = observation.edisp
    axis = edisp.axes.names.index("migra")
    width = np.diff(edisp.axes["migra"].edges.value)
    sums = (np.moveaxis(edisp.data, axis, -1) * width).sum(axis=-1)
    return [float(sums[sums > 0].min()), float(sums.max())]


def background_rate(observation):
    """Events per s of the background model over the whole field of view."""
    bkg = observation.bkg
    if bkg is None:
        return None
    energy = bkg.axes["energy"]
    if "offset" in bkg.axes.names:
        edges = bkg.axes["offset"].edges.to_value("rad")
        solid = 2 * np.pi * (np.cos(edges[:-1]) - np.cos(edges[1:]))
    else:
        lon = np.diff(bkg.axes["fov_lon"].edges.to_value("rad"))
        lat = np.diff(np.sin(bkg.axes["fov_lat"].edges.to_value("rad")))
        solid = np.outer(lon, lat)
    width = energy.bin_width.to_value("MeV").reshape([-1] + [1] * solid.ndim)
    return float((bkg.quantity.to_value("MeV-1 s-1 sr-1") * width * solid).sum())


def quadrants(observations, place):
    """Events and background in quadrants of maps, without the source.

    North-east first, then westwards. Around each pointing, observations added up.
    """
    axis = MapAxis.from_energy_bounds("0.2 TeV", "20 TeV", nbin=3)
    source = CircleSkyRegion(place, 0.4 * u.deg)
    maker = MapDatasetMaker(selection=["counts", "background"])
    sums = np.zeros((2, 4))
    for observation in observations:
        pointing = observation.get_pointing_icrs(observation.tmid)
        centre = SkyCoord(pointing.ra, pointing.dec, frame="icrs")
        geom = WcsGeom.create(skydir=centre, width=4.4, binsz=0.1, axes=[axis])
        dataset = maker.run(MapDataset.create(geom), observation)
        sky = geom.to_image()
        there = sky.get_coord().skycoord
        lon, lat = centre.spherical_offsets_to(there)
        inside = ~source.contains(there, sky.wcs)
        for k, (east, north) in enumerate([(1, 1), (0, 1), (0, 0), (1, 0)]):
            mask = inside & ((lon > 0) == east) & ((lat > 0) == north)
            sums[0, k] += dataset.counts.data.sum(axis=0)[mask].sum()
            sums[1, k] += dataset.background.data.sum(axis=0)[mask].sum()
    return sums.tolist()


def read(folder, place, given, picture):
    store = DataStore.from_dir(folder)
    observations = store.get_observations(required_irf="all-optional")
    found = {
        "complaints": complaints(store, observations),
        "tables": tables(folder),
        "observations": [look(each) for each in observations],
    }
    whole_field = all(each["background_per_s"] for each in found["observations"])
    if whole_field:
        found["quadrants"] = quadrants(observations, place)
    # Of a point-like response, the containment is in the effective area.
    if any(each["point_like"] for each in found["observations"]):
        return found
    ranges = given.energies, given.true
    found["spectrum"] = spectrum(observations, place, *ranges, given.radius)
    if whole_field and given.cube:
        found["cube"] = cube(observations, place, *ranges, picture)
    return found


def main():
    """Arguments: right ascension and declination of a source (deg), then folders."""
    parser = argparse.ArgumentParser()
    parser.add_argument("place", type=float, nargs=2)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--radius", type=float, default=0.15)
    parser.add_argument("--energies", type=float, nargs=2, default=(0.2, 20.0))
    parser.add_argument("--true", type=float, nargs=2, default=(0.1, 50.0))
    parser.add_argument("--cube", action="store_true", help="fit a map, too")
    parser.add_argument("--picture", help="of the map of the first folder")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    pictures = [given.picture, *[None] * len(given.folders)]
    found = [
        read(folder, at(*given.place), given, picture)
        for folder, picture in zip(given.folders, pictures, strict=False)
    ]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
