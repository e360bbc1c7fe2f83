"""Images of the real chain: CORSIKA, sim_telarray and ctapipe 0.8.

Needs h5py and hdf5plugin, which the package does not.
"""

import hashlib
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.realism.images import ROW, Table
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.primaries import unit_vector

FILES = {
    "gamma": "aict_cta_gammas_diffuse.dl1.h5",
    "proton": "aict_cta_protons.dl1.h5",
}
N_LST = 4


def read(folder: Path, particle: str, array: ArrayModel) -> Table:
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
    by_key = {(row["event_id"], row["tel_id"]): row for row in true}
    events, counts = np.unique(reconstructed["event_id"], return_counts=True)
    multiplicity = dict(zip(events.tolist(), counts.tolist(), strict=True))
    table = np.zeros(len(reconstructed), ROW)
    for out, row in zip(table, reconstructed, strict=True):
        event, tel = row["event_id"], row["tel_id"]
        shower, truth = showers[event], by_key[event, tel]
        scale = np.degrees(1 / (28.0 if tel <= N_LST else 16.0))
        out["event"], out["is_lst"] = event, tel <= N_LST
        out["energy"], out["x_max"] = shower["true_energy"], shower["true_x_max"]
        out["impact"] = _impact(shower, array.positions[array.tel_ids == tel][0])
        out["multiplicity"] = multiplicity[int(event)]
        for prefix, source in (("true_", truth), ("", row)):
            out[f"{prefix}intensity"] = source["hillas_intensity"]
            out[f"{prefix}length"] = scale * source["hillas_length"]
            out[f"{prefix}width"] = scale * source["hillas_width"]
        out["leakage"] = row["leakage_intensity_width_2"]
        out["n_pixels"] = row["morphology_num_pixels"]
    return table


def half(table: Table, run: int, which: int) -> Table:
    """Half of the events by the hash of run and event: 0 to tune on, 1 to score on."""
    sides = {
        event: hashlib.sha256(f"{run}:{event}".encode()).digest()[0] % 2
        for event in np.unique(table["event"]).tolist()
    }
    return table[[sides[event] == which for event in table["event"].tolist()]]


def _impact(shower: np.void, position: np.ndarray) -> float:
    source = unit_vector(
        float(np.radians(shower["true_alt"])), float(np.radians(shower["true_az"]))
    )
    core = np.array([shower["true_core_x"], shower["true_core_y"], 0.0])
    return float(np.linalg.norm(np.cross(position - core, source)))
