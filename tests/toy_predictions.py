"""Events of two telescope types, and small models of all tasks for them."""

from dataclasses import replace

import numpy as np
import polars as pl

from cta_columnar.models import (
    ARRAY,
    Condition,
    Description,
    EventClasses,
    Feature,
    Model,
    Origin,
    Target,
    TrainingRecord,
    Use,
)
from cta_columnar.stages.features import feature_matrix
from cta_columnar.stages.model_rows import telescope_rows
from cta_columnar.stages.training import fit

LST, MST = "LST_LST_LSTCam", "MST_MST_NectarCam"
TEL_IDS = {LST: (1, 2, 3), MST: (5, 7)}
CLASSES = ("gamma", "proton")
BRIGHT = (Condition("bright", "hillas_intensity > 60"),)
UNITS = {
    "hillas_intensity": "p.e.",
    "hillas_length": "deg",
    "hillas_width": "deg",
    "leakage_intensity_width_2": "",
    "reco_tel_energy": "TeV",
    "reco_energy": "TeV",
    "reco_energy_uncert": "TeV",
    "gh_score": "",
    "h_max": "m",
    "disp_ang_distance_uncert": "deg",
}
TEL_NAME = "RandomForestRegressor_tel_energy"
OF_TEL = Origin("energy", "{prefix}_tel_energy")
READS = {
    "reco_tel_energy": Origin("energy", "reco_tel_energy"),
    "reco_energy": Origin("energy", "reco_energy"),
    "reco_energy_uncert": Origin("energy", "reco_energy_uncert"),
    "gh_score": Origin("particle", "gh_score"),
    "disp_ang_distance_uncert": Origin("disp", "{prefix}_ang_distance_uncert"),
}
FEATURES = {
    "energy": ("log10(hillas_intensity)", "hillas_width * hillas_length", "h_max"),
    "particle": ("hillas_width / hillas_length", "log10(reco_energy)"),
    "disp_norm": ("hillas_width / hillas_length", "reco_tel_energy"),
    "disp_sign": ("hillas_width", "hillas_length"),
    "energy_uncert": ("log10(hillas_intensity)", "hillas_length"),
    "disp_uncert": ("log10(hillas_intensity)", "hillas_length"),
    "energy_error": ("reco_energy_uncert / reco_energy", "gh_score"),
    "direction_error": ("disp_ang_distance_uncert", "reco_energy"),
}
TARGETS = {
    "energy": Target("true_energy", "TeV", "log10"),
    "particle": Target("true_shower_primary_id"),
    "disp_norm": Target("true_disp", "deg"),
    "disp_sign": Target("sign of true_disp"),
    "energy_uncert": Target("error", "", "log10"),
    "disp_uncert": Target("error", "deg", "log10"),
    "energy_error": Target("energy_error", "", "log10"),
    "direction_error": Target("geometry_direction_error", "deg", "log10"),
}
OF_TELESCOPES = tuple(TARGETS)[:6]
OF_EVENTS = tuple(TARGETS)[6:]


def toy_frames(n_events=40, seed=0):
    """Events, and parameters and telescopes by telescope type; some have few images."""
    rng = np.random.default_rng(seed)
    keys = {"obs_id": np.full(n_events, 7), "event_id": np.arange(n_events) * 100 + 1}
    events = pl.DataFrame(keys | {"h_max": rng.uniform(7e3, 9e3, n_events)})
    parameters, telescopes = {}, {}
    for tel_type, tel_ids in TEL_IDS.items():
        # Event 0 has no image, event 1 one, of the first telescope.
        there = rng.random((n_events, len(tel_ids))) < 0.6
        there[:2] = False
        if tel_type == LST and n_events > 1:
            there[1, 0] = True
        event, tel = np.nonzero(there)
        n = event.size
        own = {name: values[event] for name, values in keys.items()}
        own["tel_id"] = np.array(tel_ids, np.int16)[tel]
        parameters[tel_type] = pl.DataFrame(own | _images(rng, n))
        impact = pl.DataFrame(own | {"impact": rng.uniform(0, 200, n)})
        telescopes[tel_type] = impact.sample(fraction=1, shuffle=True, seed=seed)
    return events, parameters, telescopes


def _images(rng, n):
    return {
        "hillas_intensity": 10 ** rng.uniform(1.5, 3.5, n),
        "hillas_length": rng.uniform(0.1, 0.3, n),
        "hillas_width": rng.uniform(0.02, 0.1, n),
        "hillas_fov_lon": rng.uniform(-2, 2, n),
        "hillas_fov_lat": rng.uniform(-2, 2, n),
        "hillas_psi": rng.uniform(-90, 90, n),
        "leakage_intensity_width_2": rng.uniform(0, 0.2, n),
        "pointing_alt": np.full(n, 70.0),
        "pointing_az": np.full(n, 180.0),
    }


def toy_rows(n_events=40, seed=0):
    """Events, and images of each type as models see them."""
    events, parameters, telescopes = toy_frames(n_events, seed)
    return events, {
        tel_type: telescope_rows(events, parameters[tel_type], telescopes[tel_type])
        for tel_type in parameters
    }


def toy_model(task, tel_type=LST, *, name=None, seed=0, **changes):
    """A model of a task, trained on made-up numbers in a moment."""
    rng = np.random.default_rng(seed)
    expressions = FEATURES[task]
    features = tuple(Feature(f"f{i}", each) for i, each in enumerate(expressions))
    inputs = {n: UNITS[n] for n in UNITS if any(n in each for each in expressions)}
    columns = {n: rng.uniform(0.1, 100, 60) for n in inputs}
    x = feature_matrix(columns, features).x
    classes = {"particle": CLASSES, "disp_sign": ("negative", "positive")}.get(task, ())
    name = name or ("ExtraTreesClassifier" if classes else "RandomForestRegressor")
    y = rng.integers(0, 2, 60) if classes else rng.uniform(0.1, 2, 60)
    target = TARGETS[task]
    fitted = fit(
        name,
        {"n_estimators": 3, "max_depth": 5},
        x,
        y if classes else target.forward(y),
        classes=classes,
    )
    of_images = tel_type != ARRAY
    known = {
        "task": task,
        "tel_type": tel_type,
        "target": target,
        "classes": classes,
        "features": features,
        "inputs": inputs | ({"hillas_intensity": "p.e."} if of_images else {}),
        "link": fitted.link,
        "accepts_nan": False,  # though trees could
        "estimator": fitted.record,
        "training": TrainingRecord({"gamma": "a" * 8}, "b" * 8, 50, 60, "c" * 8),
        "quality": BRIGHT if of_images else (),
        "use": Use(weights="intensity"),
        "reads": {name: READS[name] for name in inputs if name in READS},
    }
    return Model(Description(**(known | changes)), fitted.body)


def energy_reader(tel_type, column=TEL_NAME, origin=OF_TEL, unit="TeV"):
    """A particle model that reads a column of energies."""
    model = toy_model("particle", tel_type)
    known = replace(
        model.description,
        features=(Feature("width", "hillas_width"), Feature("energy", column)),
        inputs={"hillas_width": "deg", "hillas_intensity": "p.e.", column: unit},
        reads={column: origin} if origin else {},
    )
    return Model(known, model.body)


def toy_models(tel_types=(LST, MST), tasks=tuple(TARGETS)):
    """Models of tasks for telescope types."""
    of_images = [
        toy_model(task, tel_type, seed=7 * t + i)
        for i, task in enumerate(OF_TELESCOPES)
        for t, tel_type in enumerate(tel_types)
        if task in tasks
    ]
    return of_images + [toy_model(task, ARRAY) for task in OF_EVENTS if task in tasks]


def toy_classes():
    """Classes of events for both tasks that have some."""
    edge = np.array([[0.3, 0.6], [0.4, 0.8]])
    bins = np.array([0.01, 0.5]), np.array([0.5, 100.0])
    return {task: EventClasses(*bins, edge) for task in OF_EVENTS}
