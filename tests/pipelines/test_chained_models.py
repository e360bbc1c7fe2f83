"""Models applied to what other models have said, and trained on it."""

import numpy as np
import polars as pl
import pytest
from toy_dl2 import save_toy_models, toy_dl2
from toy_predictions import LST, MST, READS, TEL_NAME, energy_reader, toy_model
from toy_training import ONLY_ENERGY, SMALL, merged, toy_dataset

from cta_columnar import run
from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError
from cta_columnar.models import Origin
from cta_columnar.pipelines.stage3.column_origins import common_origins
from cta_columnar.store import (
    TrainingShare,
    open_models,
    open_store,
    save_model,
    save_training_share,
)

KEEP = {"trained_on": "keep", "workers": 1}
OTHER = {"energy": {"prefix": "other"}}


@pytest.fixture(scope="module")
def dl2(tmp_path_factory):
    """Return a dataset of stage 2; not to be changed."""
    return toy_dl2(tmp_path_factory.mktemp("toy") / "dl2")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return models of energy and particle; the second reads the first."""
    root = save_toy_models(tmp_path_factory.mktemp("toy") / "m", tasks=("energy",))
    for tel_type in (LST, MST):
        save_model(root, energy_reader(tel_type))
    save_training_share(root, TrainingShare(3, 0.5, ()))
    return root


@pytest.fixture(scope="module")
def others(dl2, tmp_path_factory):
    """Return what other models of energy said, under the same names."""
    root = tmp_path_factory.mktemp("others")
    for n, tel_type in enumerate((LST, MST)):
        save_model(root / "m", toy_model("energy", tel_type, seed=90 + n))
    run("stage3", input=dl2, output=root / "full", models=root / "m", **KEEP)
    return root / "full"


def scores(root):
    return open_store(root).scan("events").collect()["gh_score"]


@pytest.fixture(scope="module")
def alone(dl2, models, tmp_path_factory):
    """Return the score without any other models."""
    root = tmp_path_factory.mktemp("alone") / "full"
    run("stage3", input=dl2, output=root, models=models, **KEEP)
    found = scores(root)
    assert found.is_finite().any()
    return found


def test_models_beside_others_say_the_same_as_alone(others, models, alone, tmp_path):
    how = {"input": others, "output": tmp_path / "full", "models": models, **KEEP}
    run("stage3", **how, **OTHER)
    assert scores(tmp_path / "full").equals(alone)


def test_what_others_said_is_not_read(others, models, tmp_path):
    how = {"input": others, "output": tmp_path / "full", "models": models, **KEEP}
    with pytest.raises(
        UserError, match=f"{TEL_NAME}' of models of energy from its own"
    ):
        run("stage3", energy=None, **how)
    assert not (tmp_path / "full").exists()


def test_a_folder_may_be_applied_in_two_runs(others, models, alone, tmp_path):
    how = {"models": models, **KEEP}
    first, second = tmp_path / "first", tmp_path / "second"
    run("stage3", input=others, output=first, particle=None, **how, **OTHER)
    run("stage3", input=first, output=second, energy=None, **how)
    assert scores(second).equals(alone)


def test_other_weights_in_an_earlier_run_are_told(dl2, models, tmp_path):
    for tel_type in (LST, MST):
        reader = energy_reader(tel_type, "reco_energy", READS["reco_energy"])
        save_model(tmp_path / "m", reader)
    for tel_type in (LST, MST):
        save_model(tmp_path / "m", open_models(models).load("energy", tel_type))
    how = {"models": tmp_path / "m", **KEEP}
    for weights, n_told in (("intensity", 0), ("none", 1)):
        first, second = (tmp_path / f"{weights} {n}" for n in (1, 2))
        own = {"weights": weights}
        run("stage3", input=dl2, output=first, particle=None, energy=own, **how)
        done = run("stage3", input=first, output=second, energy=None, **how)
        assert len(done.warnings) == n_told
    (said,) = done.warnings
    assert said.startswith("images are weighed by none in the energy of an event, in ")
    assert "by intensity: the models of particle get other inputs" in said
    assert said in (second / "provenance.json").read_text()


def test_a_dataset_that_does_not_say_who_made_its_columns(models, tmp_path):
    old = toy_dl2(tmp_path / "old", stage="stage3")
    with pytest.raises(
        UserError, match="an earlier cta_columnar wrote it; run stage 3"
    ):
        run("stage3", input=old, output=tmp_path / "x", models=models, **KEEP)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Return models of energy, and events with what these say, some trained on."""
    root = tmp_path_factory.mktemp("learned")
    dl2 = toy_dataset(root / "dl2")
    train(dl2, root / "models", fraction=0.5, seed=4)
    how = {"input": dl2, "models": root / "models", "workers": 1}
    for treatment in ("keep", "drop"):
        run("stage3", output=root / treatment, trained_on=treatment, **how)
    return root


def train(dataset, root, **how):
    settings = merged(SMALL, ONLY_ENERGY, how)
    return run("train", input=dataset, output=root, workers=1, **settings)


ALL = {"quality": dict.fromkeys(("enough_charge", "positive_width"))}
READS_ENERGY = {"energy": {"features": [*SMALL["energy"]["features"], "reco_energy"]}}


def test_predictions_of_events_that_were_trained_on_are_no_features(learned, tmp_path):
    store = open_store(learned / "keep")
    keys = ["obs_id", "event_id"]
    images = store.scan("parameters").select(keys).unique().collect()
    events = store.scan("events").select([*keys, "was_trained_on"]).collect()
    both = events.join(images, on=keys)
    n_seen = both["was_trained_on"].sum()
    assert 0 < n_seen < both.height
    message = (
        f"^reco_energy: {n_seen} of {both.height} events to train on .*"
        "trained_on=drop .*another seed"
    )
    for dry_run in (True, False):
        with pytest.raises(UserError, match=message):
            train(
                learned / "keep", tmp_path / "m", dry_run=dry_run, **READS_ENERGY | ALL
            )
    assert not (tmp_path / "m").exists()
    # Who does not read them may train on all.
    train(learned / "keep", tmp_path / "m")
    models = open_models(tmp_path / "m")
    assert models.describe("energy", models.types["energy"][0]).reads == {}


def test_models_know_whose_predictions_they_read(learned, tmp_path):
    train(learned / "drop", tmp_path / "m", **READS_ENERGY)
    models = open_models(tmp_path / "m")
    known = models.describe("energy", models.types["energy"][0])
    identity = sha256_of(learned / "models" / "training.json")
    made_by = Origin("energy", "reco_energy", identity, "aspect-weighted-intensity")
    assert known.reads == {"reco_energy": made_by}
    how = {"models": tmp_path / "m", **KEEP}
    with pytest.raises(UserError, match=f"another training .{identity[:12]}"):
        run("stage3", input=learned / "dl2", output=tmp_path / "x", **how)
    root = tmp_path / "full"
    run("stage3", input=learned / "keep", output=root, **how, **OTHER)
    events = open_store(root).scan("events").collect()
    off = events.filter(pl.col("other_is_valid"))
    ratio = np.log(off["other_energy"] / off["true_energy"])
    assert off.height > 100
    assert ratio.std() < 0.6
    assert events["reco_energy"].equals(events["other_energy"], check_names=False)


def test_weights_of_another_training_are_compared_as_well(learned, tmp_path):
    train(learned / "drop", tmp_path / "m", **READS_ENERGY)
    how = {"models": tmp_path / "m", **KEEP} | OTHER
    same = run("stage3", input=learned / "keep", output=tmp_path / "same", **how)
    assert same.warnings == []
    root = tmp_path / "none"
    none = {"models": learned / "models", "energy": {"weights": "none"}, **KEEP}
    run("stage3", input=learned / "dl2", output=root, **none)
    (said,) = run("stage3", input=root, output=tmp_path / "x", **how).warnings
    assert said.startswith("images are weighed by none in the energy of an event, in ")
    assert "by aspect-weighted-intensity: the models of energy get" in said
    # Nor are both inputs of one training.
    with pytest.raises(UserError, match="or by other weights of images"):
        common_origins([open_store(root), open_store(learned / "drop")])


def test_datasets_with_predictions_of_different_models(learned, tmp_path):
    proton = toy_dataset(tmp_path / "proton", primary=101)
    train(learned / "dl2", tmp_path / "other", seed=9)
    how = {"models": tmp_path / "other", "workers": 1}
    run("stage3", input=proton, output=tmp_path / "full", **how)
    inputs = [learned / "drop", tmp_path / "full"]
    with pytest.raises(UserError, match=r"is what other models say than in .*; apply"):
        train(inputs, tmp_path / "m")


def test_images_are_not_chosen_by_what_the_training_makes_anew(learned, tmp_path):
    how = {"quality": {"high": "reco_energy > 0.1"}, "energy_uncert": SMALL["energy"]}
    message = "quality: high: reads 'reco_energy' of the input, which energy makes anew"
    with pytest.raises(UserError, match=message):
        train(learned / "drop", tmp_path / "m", **how)
