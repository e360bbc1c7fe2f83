"""Run by the Python of the peer: our estimators in its pickles, its results as arrays.

python peer_models.py wrap ESTIMATORS.joblib DL2.h5 FOLDER    energy.pkl and so on
python peer_models.py table RESULT.h5 TABLE.npz               predictions of events

The estimators are fitted by the same scikit-learn, so that both sides apply the same
trees.
"""

import sys
from pathlib import Path
from typing import Any

import astropy.units as u
import joblib
import numpy as np
from ctapipe.instrument import SubarrayDescription
from ctapipe.io import TableLoader
from ctapipe.reco import DispReconstructor, EnergyRegressor, ParticleClassifier
from traitlets.config import Config

# Our names and theirs.
EVENTS = {
    "obs_id": "obs_id",
    "event_id": "event_id",
    "ExtraTreesRegressor_energy": "ExtraTreesRegressor_energy",
    "ExtraTreesRegressor_energy_uncert_factor": "ExtraTreesRegressor_energy_uncert",
    "ExtraTreesClassifier_prediction": "ExtraTreesClassifier_prediction",
    "disp_alt": "disp_alt",
    "disp_az": "disp_az",
    "disp_ang_distance_uncert": "disp_ang_distance_uncert",
}


def wrap(estimators: Path, dl2: Path, folder: Path) -> None:
    """Write a pickle of each task as ``ctapipe-train-...`` would."""
    content = joblib.load(estimators)
    subarray = SubarrayDescription.from_hdf(dl2)
    types = {str(each): each for each in subarray.telescope_types}
    common = {
        "QualityQuery": {"quality_criteria": list(content["quality"].items())},
        "FeatureGenerator": {"features": list(content["made"].items())},
    }

    def of(task: str) -> dict[Any, Any]:
        known = content["estimators"][task]
        return {types[tel_type]: known[tel_type] for tel_type in known}

    combiner = {"log_target": True}  # which does not follow from that of the regressor
    energy = EnergyRegressor(
        subarray,
        models=of("energy"),
        config=Config({"EnergyRegressor": common | {"StereoMeanCombiner": combiner}}),
        model_cls="ExtraTreesRegressor",
        features=content["features"]["energy"],
        log_target=True,
    )
    energy.unit = u.TeV
    particle = ParticleClassifier(
        subarray,
        models=of("particle"),
        config=Config({"ParticleClassifier": common}),
        model_cls="ExtraTreesClassifier",
        features=content["features"]["particle"],
    )
    norm, sign = of("disp_norm"), of("disp_sign")
    disp = DispReconstructor(
        subarray,
        models={each: (norm[each], sign[each]) for each in norm},
        config=Config({"DispReconstructor": common}),
        norm_cls="ExtraTreesRegressor",
        sign_cls="ExtraTreesClassifier",
        features=content["features"]["disp_norm"],
    )
    disp.unit = u.deg
    for name, each in (("energy", energy), ("particle", particle), ("disp", disp)):
        each.write(folder / f"{name}.pkl", overwrite=True)


def table(result: Path, target: Path) -> None:
    """Write the predictions of all events as plain arrays."""
    with TableLoader(result, dl2=True, simulated=False) as loader:
        events = loader.read_subarray_events()
    columns: Any = {our: np.asarray(events[name]) for our, name in EVENTS.items()}
    np.savez(target, **columns)


if __name__ == "__main__":
    if sys.argv[1] == "wrap":
        wrap(*map(Path, sys.argv[2:5]))
    else:
        table(*map(Path, sys.argv[2:4]))
