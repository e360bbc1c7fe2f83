"""What ctapipe's models say, with the trees they say it by: run by hand where it is.

    file=prod5_north_proton_flashcam.simtel.zst
    python tests/peer/predictions.py $file > tests/peer/predictions.json

The file gives the telescope types only. Images are drawn at random; some are too faint
for the quality query, which comes before models.
"""

import json
import sys
from pathlib import Path

import ctapipe
import numpy as np
from ctapipe.io import EventSource

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from peer_reconstructors import as_table, combined, fit, predict, reconstructor

FEATURES = ["hillas_intensity", "hillas_length", "hillas_skewness", "area"]
AREA = "hillas_width * hillas_length"
FAINT = "hillas_intensity > 100"
WEIGHTS = "aspect-weighted-intensity"
TREES = {"n_estimators": 6, "max_depth": 6, "min_samples_leaf": 4, "random_state": 1}


def images(n_events, seed):
    """Images of two telescopes, as a table for each of them."""
    rng = np.random.default_rng(seed)
    energy = 10 ** rng.uniform(-1, 1, n_events)
    is_gamma = rng.random(n_events) < 0.5
    tables = []
    for tel_id in (1, 2):
        n = n_events
        disp = rng.normal(0, 0.8, n)
        length = 0.1 + 0.1 * np.abs(disp) * rng.lognormal(0, 0.1, n)
        columns = {
            "obs_id": np.ones(n, np.int64),
            "event_id": np.arange(n),
            "tel_id": np.full(n, tel_id, np.int16),
            "hillas_intensity": 800 * energy * rng.lognormal(0, 0.4, n),
            "hillas_length": length,
            "hillas_width": length
            * np.where(is_gamma, 0.3, 0.6)
            * rng.lognormal(0, 0.3, n),
            "hillas_skewness": 0.5 * np.sign(disp) + rng.normal(0, 0.3, n),
            "hillas_fov_lon": rng.uniform(-3, 3, n),
            "hillas_fov_lat": rng.uniform(-3, 3, n),
            "hillas_psi": rng.uniform(-90, 90, n),
            "telescope_pointing_altitude": np.full(n, 70.0),
            "telescope_pointing_azimuth": np.full(n, 180.0 + tel_id / 10),
            "true_energy": energy,
            "true_disp": disp,
            "true_shower_primary_id": np.where(is_gamma, 0, 101),
        }
        seen = rng.random(n) < 0.8
        tables.append({name: values[seen] for name, values in columns.items()})
    return tables


def trees(estimator):
    """The arrays of a forest as scikit-learn has them."""
    names = ("children_left", "children_right", "feature", "threshold")
    return [
        {name: getattr(each.tree_, name).tolist() for name in names}
        | {"value": each.tree_.value.reshape(each.tree_.node_count, -1).tolist()}
        for each in estimator.estimators_
    ]


def of(table, names):
    """Columns as lists, in degrees and TeV."""
    return {
        name: np.asarray(getattr(table[name], "value", table[name])).tolist()
        for name in names
    }


def main():
    with EventSource(sys.argv[1]) as source:
        subarray = source.subarray
    types = subarray.telescope_types[:2]
    common = {
        "quality": [("bright", FAINT)],
        "made": [("area", AREA)],
        "weights": WEIGHTS,
        "features": FEATURES,
    }
    regressor, classifier = "RandomForestRegressor", "RandomForestClassifier"
    own = {
        "energy": {"model_cls": regressor, "model_config": TREES, "log_target": True},
        "particle": {"model_cls": classifier, "model_config": TREES},
        "disp": {
            "norm_cls": regressor,
            "norm_config": TREES,
            "sign_cls": classifier,
            "sign_config": TREES,
        },
    }
    kinds = {
        kind: reconstructor(kind, subarray, prefix=kind, **common, **traits)
        for kind, traits in own.items()
    }
    of_events = {
        "energy": ["energy", "is_valid"],
        "particle": ["prediction", "is_valid"],
        "disp": ["alt", "az", "is_valid"],
    }
    of_images = of_events | {
        "disp": ["parameter", "sign_score", *of_events["disp"]],
    }
    train, test = images(400, 1), images(60, 2)
    result = {"ctapipe": ctapipe.__version__, "features": FEATURES, "area": AREA}
    result |= {"quality": FAINT, "weights": WEIGHTS, "models": {}, "images": {}}
    result |= {"telescopes": {}, "events": {}}
    for tel_type, columns in zip(types, test, strict=True):
        kept = [n for n in columns if not n.startswith("true_")]
        result["images"][str(tel_type)] = {n: columns[n].tolist() for n in kept}
    taught, asked = (
        {each: as_table(own) for each, own in zip(types, several, strict=True)}
        for several in (train, test)
    )
    for table in taught.values():
        table["area"] = table["hillas_width"] * table["hillas_length"]
    for name, model in kinds.items():
        fit(model, taught)
        tables = {each: table.copy() for each, table in asked.items()}
        predict(model, tables)
        result["models"][name], result["telescopes"][name] = {}, {}
        columns = [f"{name}_tel_{each}" for each in of_images[name]]
        for tel_type, table in tables.items():
            known = model._models[tel_type]
            both = known if isinstance(known, tuple) else (known,)
            result["models"][name][str(tel_type)] = [trees(each) for each in both]
            result["telescopes"][name][str(tel_type)] = of(table, columns)
        names = ["event_id", *(f"{name}_{each}" for each in of_events[name])]
        result["events"][name] = of(combined(model, tables), names)
    json.dump(result, sys.stdout, indent=None)


if __name__ == "__main__":
    main()
