"""Models applied to images and events, beside ctapipe with the same trees."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from cta_columnar.models import (
    Collection,
    Condition,
    Description,
    EstimatorRecord,
    Feature,
    Model,
    Target,
    TrainingRecord,
    Use,
)
from cta_columnar.stages.prediction import Wish, Wishes, predict
from cta_columnar.stages.training import export

PEER = json.loads((Path(__file__).parents[1] / "peer" / "predictions.json").read_text())
KEYS = ["obs_id", "event_id"]
POINTING = {
    "telescope_pointing_altitude": "pointing_alt",
    "telescope_pointing_azimuth": "pointing_az",
}
FEATURES = tuple(
    Feature(name, PEER["area"] if name == "area" else name) for name in PEER["features"]
)
INPUTS = {
    "hillas_intensity": "p.e.",
    "hillas_length": "deg",
    "hillas_width": "deg",
    "hillas_skewness": "",
}
TASKS = {
    "energy": (("energy", Target("true_energy", "TeV", "log10"), ()),),
    "particle": (("particle", Target("primary"), ("gamma", "proton")),),
    "disp": (
        ("disp_norm", Target("true_disp", "deg"), ()),
        ("disp_sign", Target("sign"), ("negative", "positive")),
    ),
}


def forest(trees):
    """A forest of ours from the arrays that scikit-learn has in the peer."""
    grown = []
    for tree in trees:
        arrays = {name: np.array(values) for name, values in tree.items()}
        arrays["missing_go_to_left"] = np.zeros(len(arrays["feature"]), np.uint8)
        grown.append(SimpleNamespace(tree_=SimpleNamespace(**arrays)))
    return export._bagged(
        SimpleNamespace(estimators_=grown, n_features_in_=len(FEATURES))
    )


def models():
    for section, tasks in TASKS.items():
        for tel_type, forests in PEER["models"][section].items():
            for (task, target, classes), trees in zip(tasks, forests, strict=True):
                body = forest(trees)
                if task == "energy":  # of theirs the logarithm is the natural one
                    body = replace(body, scale=body.scale / np.log(10))
                known = Description(
                    task=task,
                    tel_type=tel_type,
                    target=target,
                    classes=classes,
                    features=FEATURES,
                    inputs=INPUTS,
                    link="identity",
                    accepts_nan=False,
                    estimator=EstimatorRecord("RandomForest", {}, 0, ""),
                    training=TrainingRecord({}, "", 0, 0, ""),
                    quality=(Condition("bright", PEER["quality"]),),
                    use=Use(
                        section, PEER["weights"], "gamma" * (section == "particle")
                    ),
                )
                yield Model(known, body)


@pytest.fixture(scope="module")
def found():
    images = {
        tel_type: pl.DataFrame(columns).rename(POINTING)
        for tel_type, columns in PEER["images"].items()
    }
    events = pl.concat([each.select(KEYS) for each in images.values()]).unique()
    wishes = Wishes(**{name: Wish(name, PEER["weights"]) for name in TASKS})
    return predict(events.sort(KEYS), images, Collection(list(models())), wishes)


def compare(ours, theirs, record_property):
    """Compare columns to 1e-6, and say by how much they differ at most."""
    for name, values in theirs.items():
        want, got = np.array(values), ours[name].to_numpy()
        if want.dtype == bool:
            np.testing.assert_array_equal(got, want, err_msg=name)
            continue
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6, err_msg=name)
        record_property(name, float(np.nanmax(np.abs(got - want))))


@pytest.mark.parity
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("tel_type", PEER["images"])
def test_images_equal_ctapipe(found, task, tel_type, record_property):
    theirs = PEER["telescopes"][task][tel_type]
    valid = theirs[f"{task}_tel_is_valid"]
    assert set(valid) == {True, False}  # the quality query has some work
    compare(found.telescopes[tel_type], theirs, record_property)


@pytest.mark.parity
@pytest.mark.parametrize("task", TASKS)
def test_events_equal_ctapipe(found, task, record_property):
    theirs = dict(PEER["events"][task])
    ids = theirs.pop("event_id")
    assert len(ids) > 40
    assert found.events["event_id"].to_list() == ids
    compare(found.events, theirs, record_property)
