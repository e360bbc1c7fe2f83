"""Run by the peer's Python: train and apply ctapipe's models on tables of ours.

python peer_learning.py FOLDER

The folder has ``plan.json`` and, for each telescope type, ``train_<type>.npz`` and
``test_<type>.npz`` with a row per image. What its array events get goes into
``predicted.npz``.
"""

import json
import sys
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Table, join, vstack
from ctapipe.io import EventSource
from ctapipe.reco import DispReconstructor, EnergyRegressor, ParticleClassifier
from ctapipe.reco.reconstructor import ReconstructionProperty
from traitlets.config import Config

UNITS = {"true_energy": u.TeV, "true_disp": u.deg}
DEGREES = ("hillas_fov_lon", "hillas_fov_lat", "hillas_psi")
POINTING = ("telescope_pointing_altitude", "telescope_pointing_azimuth")
Tables = dict[str, Table]
Model = Any  # one of ctapipe's reconstructors


def read(path: Path) -> Table:
    """One of our tables, with the units that ctapipe asks for."""
    with np.load(path) as columns:
        table = Table(dict(columns))
    for name in (*UNITS, *DEGREES, *POINTING):
        table[name] = u.Quantity(np.asarray(table[name]), UNITS.get(name, u.deg))
    for name in ("obs_id", "event_id"):
        table[name].description = name
    return table


def combined(model: Model, tables: Tables) -> Table:
    """Combine the predictions of all telescopes of an event."""
    rows = vstack(list(tables.values()), metadata_conflicts="silent")
    rows.sort(["obs_id", "event_id", "tel_id"])
    return model.stereo_combiner.predict_table(rows)


def predicted(
    model: Model, kinds: list[ReconstructionProperty], tables: Tables
) -> None:
    """Add the predictions for each image to the tables."""
    for tel_type, table in tables.items():
        results = model.predict_table(tel_type, table)
        for kind in kinds:
            for name in results[kind].colnames:
                table[name] = results[kind][name]


def with_energies(model: Model, tables: Tables) -> None:
    """Add the energy of the image and of its event, under the names of features."""
    predicted(model, [ReconstructionProperty.ENERGY], tables)
    events = combined(model, tables)
    events = events["obs_id", "event_id", "energy_energy"]
    for tel_type, table in tables.items():
        table["row"] = np.arange(len(table))
        both = join(table, events, keys=["obs_id", "event_id"], join_type="left")
        both.sort("row")
        table["reco_energy"] = np.ma.filled(both["energy_energy"], np.nan)
        table["reco_tel_energy"] = table["energy_tel_energy"]
        tables[tel_type] = table


def fit(model: Model, tables: Tables, *, gammas_only: bool) -> None:
    """Fit a model for each telescope type."""
    for tel_type, table in tables.items():
        gamma = table["true_shower_primary_id"] == 0
        model.fit(tel_type, table[gamma] if gammas_only else table)


def main() -> None:
    """Energy, then class and direction, as its training tools do."""
    folder = Path(sys.argv[1])
    plan = json.loads((folder / "plan.json").read_text())
    types = plan["tel_types"]
    train, test = (
        {each: read(folder / f"{what}_{each}.npz") for each in types}
        for what in ("train", "test")
    )
    with EventSource(plan["simtel"]) as source:
        subarray = source.subarray
    config = Config(
        {
            "QualityQuery": {"quality_criteria": plan["quality"]},
            "StereoMeanCombiner": {"weights": plan["weights"]},
            "EnergyRegressor": {"StereoMeanCombiner": {"log_target": True}},
        }
    )
    energy = EnergyRegressor(
        subarray=subarray, config=config, prefix="energy", **plan["energy"]
    )
    fit(energy, train, gammas_only=True)
    with_energies(energy, train)
    with_energies(energy, test)
    particle = ParticleClassifier(
        subarray=subarray, config=config, prefix="particle", **plan["particle"]
    )
    fit(particle, train, gammas_only=False)
    predicted(particle, [ReconstructionProperty.PARTICLE_TYPE], test)
    disp = DispReconstructor(
        subarray=subarray, config=config, prefix="disp", **plan["disp"]
    )
    fit(disp, train, gammas_only=True)
    predicted(disp, [ReconstructionProperty.GEOMETRY], test)

    found = combined(energy, test)
    for model in (particle, disp):
        keys = ["obs_id", "event_id"]
        found = join(found, combined(model, test), keys=keys, join_type="outer")
    names = ["obs_id", "event_id", "energy_energy", "particle_prediction"]
    names += ["disp_alt", "disp_az"]
    arrays: dict[str, Any] = {
        n: np.ma.filled(np.ma.asarray(found[n].value), np.nan) for n in names[2:]
    }
    arrays |= {n: np.asarray(found[n]) for n in names[:2]}
    np.savez(folder / "predicted.npz", **arrays)


if __name__ == "__main__":
    main()
