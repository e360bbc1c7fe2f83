"""Images of the real chain: CORSIKA, sim_telarray and ctapipe 0.8.

Needs h5py and hdf5plugin, which the package does not.
"""

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.realism.tables import ENERGIES, ROW, Sample, Table
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.light import camera_axes
from cta_columnar.simulation.primaries import unit_vector

FILES = {
    "gamma": "aict_cta_gammas_diffuse.dl1.h5",
    "proton": "aict_cta_protons.dl1.h5",
}
RUNS = {"gamma": 989, "proton": 986}
AZIMUTH = {"gamma": 0.0, "proton": 180.0}
"""Numbers of the runs, and where the array points, deg north over east."""
ALTITUDE = 70.0
N_LST = 4
FOCAL_LENGTHS = (28.0, 16.0)

_SAME = {
    "skewness": "hillas_skewness", "concentration": "concentration_core",
    "peak_time_std": "peak_time_std", "leakage": "leakage_intensity_width_2",
    "n_islands": "morphology_num_islands", "n_pixels": "morphology_num_pixels",
    "intensity": "hillas_intensity",
}  # fmt: skip


def read(folder: Path, particle: str, array: ArrayModel) -> Sample:
    """Read all images of a file."""
    h5py, _ = import_module("h5py"), import_module("hdf5plugin")

    with h5py.File(folder / FILES[particle]) as file:
        showers = {
            row["event_id"]: row for row in file["simulation/event/subarray/shower"]
        }
        true, reconstructed = (
            np.concatenate([file[f"{path}/tel_{t:03d}"][:] for t in array.tel_ids])
            for path in (
                "simulation/event/telescope/parameters",
                "dl1/event/telescope/parameters",
            )
        )
        thrown = _thrown(file["simulation/service/shower_distribution"][0])
    by_key = {(row["event_id"], row["tel_id"]): row for row in true}
    events, counts = np.unique(reconstructed["event_id"], return_counts=True)
    multiplicity = dict(zip(events.tolist(), counts.tolist(), strict=True))
    table = np.zeros(len(reconstructed), ROW)
    axes = camera_axes(np.radians(ALTITUDE), np.radians(AZIMUTH[particle]))
    for out, row in zip(table, reconstructed, strict=True):
        event, tel = row["event_id"], row["tel_id"]
        out["event"], out["is_lst"] = event, tel <= N_LST
        out["multiplicity"] = multiplicity[int(event)]
        fill_shower(out, showers[event], array.positions[array.tel_ids == tel][0], axes)
        _fill_image(out, row, by_key[event, tel])
    return Sample(table, thrown)


def _fill_image(out: np.void, row: np.void, truth: np.void) -> None:
    focal_length = FOCAL_LENGTHS[0 if out["is_lst"] else 1]
    scale = np.degrees(1 / focal_length)
    for ours, theirs in _SAME.items():
        out[ours] = row[theirs]
    for axis in ("length", "width", "x", "y"):
        out[axis] = scale * row[f"hillas_{axis}"]
    for axis in ("length", "width"):
        out[f"true_{axis}"] = scale * truth[f"hillas_{axis}"]
    out["true_intensity"] = truth["hillas_intensity"]
    out["psi"] = np.radians(row["hillas_psi"])
    out["gradient"] = abs(row["timing_slope"]) / scale


def fill_shower(
    out: Any,  # noqa: ANN401 - a row, as a scalar or an array without axes
    shower: Any,  # noqa: ANN401 - likewise
    position: np.ndarray,
    axes: np.ndarray,
) -> None:
    """Fill energy, place and direction of a shower, as the telescope at hand sees it.

    ``axes`` are those of the camera; (x, y) grow with altitude and azimuth.
    """
    source = unit_vector(
        float(np.radians(shower["true_alt"])), float(np.radians(shower["true_az"]))
    )
    core = np.array([shower["true_core_x"], shower["true_core_y"], 0.0])
    out["energy"], out["x_max"] = shower["true_energy"], shower["true_x_max"]
    out["core"] = np.linalg.norm(np.cross(core, source))
    out["impact"] = np.linalg.norm(np.cross(position - core, source))
    forward, up, right = axes @ source
    out["source_x"] = np.degrees(np.arctan(up / forward))
    out["source_y"] = np.degrees(np.arctan(right / forward))


def _thrown(row: np.void) -> dict[tuple[float, float], float]:
    """Count uses of showers per range of energy; their energies follow E**-2."""
    low, high = row["bins_energy"][[0, -1]]
    edges, sums = row["bins_energy"], row["histogram"].sum(axis=1)
    filled = np.flatnonzero(sums)
    low, high = edges[filled[0]], edges[filled[-1] + 1]
    # Bins of the file do not meet those limits: interpolate in 1 / E.
    below = np.append(0.0, np.cumsum(sums))
    return {
        (a, b): float(np.interp(b, edges, below) - np.interp(a, edges, below))
        for a, b in ENERGIES
        if a >= low and a < high
    }


def half(sample: Sample, particle: str, which: int) -> Sample:
    """Half of the events by the hash of run and event: 0 to tune on, 1 to score on."""
    table: Table = sample.table
    sides = {
        event: hashlib.sha256(f"{RUNS[particle]}:{event}".encode()).digest()[0] % 2
        for event in np.unique(table["event"]).tolist()
    }
    kept = table[[sides[event] == which for event in table["event"].tolist()]]
    return Sample(kept, {k: 0.5 * n for k, n in sample.thrown.items()})
