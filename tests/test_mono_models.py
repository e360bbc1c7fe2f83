"""Models of single telescopes, by the recipe of docs/models.md."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import toy_training
import yaml
from toy_training import GAMMA, PROTON, SMALL, merged, toy_dataset

from cta_columnar import run
from cta_columnar.schemas import dl1
from cta_columnar.store import open_store, validate

PAGE = Path(__file__).parents[1] / "docs" / "models.md"
# What a toy wants beside the recipe.
TOY = {
    name: {"estimator": own["estimator"]}
    for name, own in SMALL.items()
    if isinstance(own, dict) and "estimator" in own
}
TOY["disp"]["sign_estimator"] = SMALL["disp"]["sign_estimator"]
TOY |= {"folds": 2, "min_rows": 20}


def recipe():
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    return yaml.safe_load(block)


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """Gammas and protons of which an event with one image has no stereo geometry."""
    root = tmp_path_factory.mktemp("toy")
    known = toy_training._event, toy_training._image

    def event(*given):
        columns = known[0](*given)
        is_mono = columns["multiplicity"] < 2
        columns["HillasReconstructor_is_valid"] &= ~is_mono
        for name in ("HillasReconstructor_h_max", "reco_alt", "reco_az"):
            columns[name] = np.where(is_mono, np.nan, columns[name])
        return columns

    def image(rng, own, primary):
        n_pixels = np.full(own["event_id"].size, 20)
        return known[1](rng, own, primary) | {"morphology_n_pixels": n_pixels}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toy_training, "PARAMETERS", dl1.PARAMETERS)
        patch.setattr(toy_training, "_event", event)
        patch.setattr(toy_training, "_image", image)
        return [toy_dataset(root / str(p), primary=p) for p in (GAMMA, PROTON)]


def mono_events(datasets, root, config, **how):
    """Train, and return what models say of new events with one image."""
    train = merged(TOY, config)
    run("train", input=datasets, output=root / "m", workers=1, **train)
    how |= {"models": root / "m", "trained_on": "drop", "workers": 1}
    run("stage3", input=datasets[0], output=root / "full", **how)
    assert validate(root / "full") == []
    events = open_store(root / "full").scan("events").collect()
    return events.filter(pl.col("multiplicity") == 1)


def test_by_default_an_event_with_one_image_gets_nothing(datasets, tmp_path):
    rest = ("disp", "energy_uncert", "disp_uncert", "energy_error", "direction_error")
    config = dict.fromkeys((*rest, "particle"))
    events = mono_events(datasets[:1], tmp_path, config)
    assert events.height > 10
    assert not events["reco_energy"].is_finite().any()


def test_by_the_recipe_it_gets_energy_particle_direction_and_classes(
    datasets, tmp_path
):
    events = mono_events(datasets, tmp_path, recipe(), best_direction="disp")
    bright = events.filter(pl.col("true_energy") > 0.5)
    assert bright.height > 5
    for name in ("reco_energy", "gh_score", "reco_alt", "reco_az", "energy_error"):
        assert bright[name].is_finite().all(), name
    assert bright["reco_is_valid"].all()
    assert set(bright["direction_error_class"]) <= {0, 1, 2}
    off = np.log(bright["reco_energy"] / bright["true_energy"])
    assert off.std() < 1
