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

import numpy as np
from astropy.table import Table, join
from ctapipe.io import EventSource
from peer_reconstructors import (
    KINDS,
    Model,
    as_table,
    combined,
    fit,
    predict,
    reconstructor,
)

Tables = dict[str, Table]


def read(path: Path) -> Table:
    """One of our tables."""
    with np.load(path) as columns:
        return as_table(columns)


def with_energies(model: Model, tables: Tables) -> None:
    """Add the energy of the image and of its event, under the names of features."""
    predict(model, tables)
    events = combined(model, tables)
    events = events["obs_id", "event_id", "energy_energy"]
    for tel_type, table in tables.items():
        table["row"] = np.arange(len(table))
        both = join(table, events, keys=["obs_id", "event_id"], join_type="left")
        both.sort("row")
        table["reco_energy"] = np.ma.filled(both["energy_energy"], np.nan)
        table["reco_tel_energy"] = table["energy_tel_energy"]
        tables[tel_type] = table


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
    common = {"quality": plan["quality"], "weights": plan["weights"]}
    models = {
        kind: reconstructor(kind, subarray, prefix=kind, **common, **plan[kind])
        for kind in KINDS
    }
    fit(models["energy"], train)
    with_energies(models["energy"], train)
    with_energies(models["energy"], test)
    for kind in ("particle", "disp"):
        fit(models[kind], train)
        predict(models[kind], test)

    found = combined(models["energy"], test)
    for kind in ("particle", "disp"):
        keys = ["obs_id", "event_id"]
        found = join(found, combined(models[kind], test), keys=keys, join_type="outer")
    names = ["obs_id", "event_id", "energy_energy", "particle_prediction"]
    names += ["disp_alt", "disp_az"]
    arrays: dict[str, Any] = {
        n: np.ma.filled(np.ma.asarray(found[n].value), np.nan) for n in names[2:]
    }
    arrays |= {n: np.asarray(found[n]) for n in names[:2]}
    np.savez(folder / "predicted.npz", **arrays)


if __name__ == "__main__":
    main()
