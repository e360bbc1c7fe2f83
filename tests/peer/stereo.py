"""What ctapipe makes of stereo events: run by hand where it is.

    file=prod5_north_proton_flashcam.simtel.zst
    python tests/peer/stereo.py $file > tests/peer/stereo.json

The pointing of each telescope is moved, since no file at hand has divergent pointing.
Telescope events of predictions are drawn at random.
"""

import json
import sys

import astropy.units as u
import ctapipe
import numpy as np
from astropy.coordinates import AltAz, SkyCoord
from astropy.table import Table
from ctapipe.calib import CameraCalibrator
from ctapipe.coordinates import TelescopeFrame
from ctapipe.image import ImageProcessor
from ctapipe.io import EventSource
from ctapipe.reco import HillasIntersection, ReconstructionProperty
from ctapipe.reco.stereo_combination import StereoMeanCombiner

HEIGHTS = [0.0, 1234.5, 2158.0, 9876.5, 24000.0, 31250.0, 99999.0, 119000.0]
WEIGHTS = (
    "none",
    "intensity",
    "aspect-weighted-intensity",
    "containment-weighted-intensity",
)


def divergent(source):
    """HillasIntersection with moved telescopes, by event."""
    calibrate = CameraCalibrator(source.subarray)
    parametrize = ImageProcessor(source.subarray)
    reconstruct = HillasIntersection(source.subarray)
    columns = {
        "alt": u.deg,
        "az": u.deg,
        "alt_uncert": u.deg,
        "core_x": u.m,
        "core_y": u.m,
        "core_tilted_uncert_x": u.m,
        "core_tilted_uncert_y": u.m,
        "h_max": u.m,
    }
    out = {}
    for event in source:
        calibrate(event)
        parametrize(event)
        for tel_id, tel in event.monitoring.tel.items():
            pointing = tel.pointing
            pointing.altitude = pointing.altitude + 0.02 * np.sin(tel_id) * u.rad
            pointing.azimuth = pointing.azimuth + 0.05 * np.cos(2 * tel_id) * u.rad
        reconstruct(event)
        found = event.dl2.stereo.geometry["HillasIntersection"]
        if found.is_valid:
            out[event.index.event_id] = {
                name: float(found[name].to_value(unit))
                for name, unit in columns.items()
            }
    return out


def depths(profile):
    """Vertical depth at some heights, and along an axis 40 deg from the zenith."""
    height = HEIGHTS * u.m
    return {
        "height": HEIGHTS,
        "vertical": profile.integral(height).value.tolist(),
        "slant_40": profile.slant_depth_from_height(height, 40 * u.deg).value.tolist(),
    }


def predictions():
    """Telescope events of 30 array events, some of them not valid."""
    rng = np.random.default_rng(20)
    sizes = rng.integers(1, 6, 30)
    n = int(sizes.sum())
    event = np.repeat(np.arange(30), sizes)
    tel_id = np.concatenate([rng.choice(9, k, replace=False) + 1 for k in sizes])
    length = rng.uniform(0.1, 0.5, n)
    return {
        "obs_id": np.ones(n, np.int64),
        "event_id": event,
        "tel_id": tel_id.astype(np.int16),
        "hillas_intensity": rng.lognormal(5, 1, n),
        "hillas_length": length,
        "hillas_width": length * rng.uniform(0.2, 0.9, n),
        "leakage_intensity_width_2": rng.uniform(0, 0.6, n),
        "is_valid": rng.random(n) < 0.85,
        "energy": rng.lognormal(0, 1, 30)[event] * rng.lognormal(0, 0.3, n),
        "prediction": rng.uniform(0, 1, n),
        "alt": 70 + rng.normal(0, 1, n),
        "az": (rng.normal(0, 3, n)) % 360,
        "hillas_fov_lon": rng.uniform(-3, 3, n),
        "hillas_fov_lat": rng.uniform(-3, 3, n),
        "hillas_psi": rng.uniform(-90, 90, n),
        "disp": rng.normal(0, 1.5, n),
        "pointing_alt": 70 + rng.normal(0, 0.5, n),
        "pointing_az": 180 + rng.normal(0, 0.5, n),
    }


def combined(rows):
    """What StereoMeanCombiner makes of them, by property and weights."""
    table = Table(
        {
            name: values
            for name, values in rows.items()
            if name.startswith(("hillas", "leakage", "obs", "event", "tel"))
        }
    )
    table["x_tel_is_valid"] = rows["is_valid"]
    table["x_tel_energy"] = rows["energy"] * u.TeV
    table["x_tel_prediction"] = rows["prediction"]
    table["x_tel_alt"] = rows["alt"] * u.deg
    table["x_tel_az"] = rows["az"] * u.deg
    wanted = {
        "energy": (ReconstructionProperty.ENERGY, ["energy", "energy_uncert"], False),
        "log energy": (
            ReconstructionProperty.ENERGY,
            ["energy", "energy_uncert"],
            True,
        ),
        "class": (ReconstructionProperty.PARTICLE_TYPE, ["prediction"], False),
        "direction": (
            ReconstructionProperty.GEOMETRY,
            ["alt", "az", "ang_distance_uncert"],
            False,
        ),
    }
    out = {}
    for weights in WEIGHTS:
        for what, (which, columns, log) in wanted.items():
            combine = StereoMeanCombiner(
                prefix="x", property=which, weights=weights, log_target=log
            )
            stereo = combine.predict_table(table)
            out[f"{what}, {weights}"] = {
                name: np.asarray(stereo[f"x_{name}"]).tolist()
                for name in [*columns, "is_valid"]
            }
    return out


def disp(rows):
    """Directions by the disp method: along the axis, then to the sky."""
    psi = np.radians(rows["hillas_psi"])
    frame = TelescopeFrame(
        telescope_pointing=SkyCoord(
            alt=rows["pointing_alt"] * u.deg,
            az=rows["pointing_az"] * u.deg,
            frame=AltAz(),
        )
    )
    seen = SkyCoord(
        fov_lon=(rows["hillas_fov_lon"] + rows["disp"] * np.cos(psi)) * u.deg,
        fov_lat=(rows["hillas_fov_lat"] + rows["disp"] * np.sin(psi)) * u.deg,
        frame=frame,
    ).transform_to(AltAz())
    return {"alt": seen.alt.deg.tolist(), "az": seen.az.deg.tolist()}


def main():
    rows = predictions()
    with EventSource(sys.argv[1]) as source:
        profile = source.atmosphere_density_profile
        result = {"divergent": divergent(source), "depth": depths(profile)}
    result |= {
        "ctapipe": ctapipe.__version__,
        "predictions": {name: values.tolist() for name, values in rows.items()},
        "combined": combined(rows),
        "disp": disp(rows),
    }
    json.dump(result, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
