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
from peer_reconstructors import reconstructor

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
    common = {"quality": content["quality"].items(), "made": content["made"].items()}

    def of(task: str) -> dict[Any, Any]:
        known = content["estimators"][task]
        return {types[tel_type]: known[tel_type] for tel_type in known}

    norm, sign = of("disp_norm"), of("disp_sign")
    own: dict[str, dict[str, Any]] = {
        "energy": {
            "models": of("energy"),
            "model_cls": "ExtraTreesRegressor",
            "features": content["features"]["energy"],
            "log_target": True,
        },
        "particle": {
            "models": of("particle"),
            "model_cls": "ExtraTreesClassifier",
            "features": content["features"]["particle"],
        },
        "disp": {
            "models": {each: (norm[each], sign[each]) for each in norm},
            "norm_cls": "ExtraTreesRegressor",
            "sign_cls": "ExtraTreesClassifier",
            "features": content["features"]["disp_norm"],
        },
    }
    for kind, traits in own.items():
        model = reconstructor(kind, subarray, **common, **traits)
        # Which only a fit would tell it.
        model.unit = {"energy": u.TeV, "disp": u.deg}.get(kind)
        model.write(folder / f"{kind}.pkl", overwrite=True)


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
