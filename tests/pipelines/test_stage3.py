"""Stage 3 as a run: what it writes and refuses, and events that were trained on."""

import json
import logging
import shutil
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from toy_dl2 import EVENTS, OBS_IDS, save_toy_models, toy_dl2
from toy_predictions import LST, MST, toy_classes, toy_model

from cta_columnar import run
from cta_columnar.cli.contents import describe_dataset
from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError
from cta_columnar.models import Collection, Model
from cta_columnar.pipelines.stage3.applied_models import models_used, open_plan
from cta_columnar.pipelines.stage3.trained_events import find_trained
from cta_columnar.schemas import predictions
from cta_columnar.schemas.columns import column, merge
from cta_columnar.stages.model_rows import telescope_rows
from cta_columnar.stages.prediction import Wishes, plan_of, predict
from cta_columnar.stages.training_share import in_share
from cta_columnar.store import (
    Store,
    StoreError,
    TrainingShare,
    load_training_share,
    open_models,
    open_store,
    run_digests,
    save_model,
    save_training_share,
    validate,
)
from cta_columnar.store.layout import Place
from cta_columnar.store.schema_check import schema_problems

ENERGY, PARTICLE = "RandomForestRegressor", "ExtraTreesClassifier"
CARRIED = (
    "trigger",
    "showers",
    "simulation/thrown",
    "simulation/atmosphere",
    "pointing",
)
KEEP = {"trained_on": "keep", "workers": 1}
OTHER = {"energy": {"prefix": "other"}}


@pytest.fixture(scope="module")
def dl2(tmp_path_factory):
    """Return a dataset of stage 2; not to be changed."""
    return toy_dl2(tmp_path_factory.mktemp("toy") / "dl2")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return a folder of models of all tasks and types; not to be changed."""
    root = save_toy_models(tmp_path_factory.mktemp("toy") / "models", toy_classes())
    save_training_share(root, TrainingShare(3, 0.5, ()))
    return root


@pytest.fixture(scope="module")
def done(dl2, models, tmp_path_factory):
    """Return the result of an undisturbed run; not to be changed."""
    root = tmp_path_factory.mktemp("done") / "full"
    run("stage3", input=dl2, models=models, output=root, **KEEP)
    return root


@pytest.fixture
def few(tmp_path):
    """Return a folder with models of energy alone, to be changed."""
    return save_toy_models(tmp_path / "few", tasks=("energy",))


def frame_of(root, table, tel_type=None):
    return pl.from_arrow(open_store(root).read(table, tel_type=tel_type))


def images_of(root, tel_type):
    names = ("events", "parameters", "telescopes")
    return telescope_rows(*(frame_of(root, n, tel_type if n != "events" else None)
                            for n in names))  # fmt: skip


def keys_of(frame):
    return (frame[name].to_numpy() for name in ("obs_id", "event_id"))


def parts(root):
    return {p.relative_to(root): sha256_of(p) for p in root.rglob("part-*.parquet")}


def test_the_result_is_what_the_stage_says_and_all_that_was_there(dl2, models, done):
    assert validate(done) == []
    images = {tel_type: images_of(dl2, tel_type) for tel_type in (LST, MST)}
    found = predict(frame_of(dl2, "events"), images, open_models(models))
    before, after = frame_of(dl2, "events"), frame_of(done, "events")
    assert after.select(before.columns).equals(before)
    assert after.select(found.events.columns).equals(found.events)
    assert not after["was_trained_on"].any()
    for tel_type in (LST, MST):
        after = frame_of(done, "telescopes", tel_type)
        before = frame_of(dl2, "telescopes", tel_type)
        assert after.select(before.columns).equals(before)
        new = found.telescopes[tel_type]
        assert after.select(new.columns).equals(new)
        same = (frame_of(each, "parameters", tel_type) for each in (dl2, done))
        assert next(same).equals(next(same))
    for table in CARRIED:
        assert frame_of(dl2, table).equals(frame_of(done, table))
    assert (frame_of(done, "simulation/runs")["kept_share"] == 1).all()
    stages = set(frame_of(done, "cut_flow")["stage"])
    assert {"prediction.energy", "prediction.direction_error"} <= stages


def test_units_and_meanings_travel_with_the_columns(done):
    units = open_store(done).units("events")
    assert units["reco_energy"] == units[f"{ENERGY}_energy"] == "TeV"
    assert units["disp_ang_distance_uncert"] == units["direction_error"] == "deg"
    units = open_store(done).units("telescopes", LST)
    assert units[f"{ENERGY}_tel_energy_uncert"] == "TeV"
    assert units["disp_tel_alt"] == "deg"


def test_a_column_that_is_named_like_a_prediction_must_be_like_one():
    known = predictions.of_events("energy", "mine")
    assert schema_problems(Place("events"), merge(EVENTS, known)) == []
    other = pa.schema([column("mine_energy", pa.float64(), "GeV", "of a plugin")])
    (problem,) = schema_problems(Place("events"), merge(EVENTS, other))
    assert problem == "column mine_energy: unit is 'GeV', expected 'TeV'"


def test_what_info_says_of_the_result(done):
    told = "\n".join(describe_dataset(open_store(done)))
    assert "models         direction_error, disp_norm, disp_sign, disp_uncert" in told


def test_models_are_inputs_in_the_provenance(done, models):
    plain = json.loads((done / "provenance.json").read_text())
    known = {
        each["prov:label"]: each["ctacol:digest"]
        for each in plain["entity"].values()
        if each.get("ctacol:role") == "input"
    }
    described = [*models.glob("*/tel_type=*/model.json"), *models.glob("*/classes.*")]
    assert len(described) == 16
    for each in (*described, models / "training.json"):
        assert known[str(each)] == sha256_of(each)


def test_neither_workers_nor_where_models_lie_change_anything(
    dl2, models, done, tmp_path
):
    copy = shutil.copytree(models, tmp_path / "elsewhere")
    root = tmp_path / "full"
    run("stage3", input=dl2, output=root, models=copy, trained_on="keep", workers=2)
    assert parts(root) == parts(done)


def test_resume_keeps_what_the_same_models_made(dl2, few, tmp_path):
    root = tmp_path / "full"
    how = {"input": dl2, "output": root, "models": few, **KEEP}
    planned = run("stage3", dry_run=True, **how)
    assert [each.is_done for each in planned.shards] == [False, False]
    assert not root.exists()
    run("stage3", **how)
    assert run("stage3", resume=True, **how).n_shards_kept == 2
    before = parts(root)
    save_model(few, toy_model("energy", MST, seed=5), overwrite=True)
    with pytest.raises(UserError, match="was made with another config"):
        run("stage3", resume=True, **how)
    assert parts(root) == before
    run("stage3", overwrite=True, **how)
    changed = frame_of(root, "telescopes", MST)[f"{ENERGY}_tel_energy"]
    assert validate(root) == []
    assert changed.is_finite().any()
    assert parts(root) != before


def test_models_that_change_during_a_run_are_refused(few):
    models = open_models(few)
    used = models_used(models, plan_of(models))
    open_plan(str(few), Wishes(), used)
    open_plan.cache_clear()
    save_model(few, toy_model("energy", MST, seed=5), overwrite=True)
    with pytest.raises(StoreError, match="have changed since the run began"):
        open_plan(str(few), Wishes(), used)


def test_further_models_stand_beside_the_first(dl2, done, few, tmp_path):
    for model in (toy_model("energy", LST, seed=4), toy_model("energy", MST, seed=5)):
        save_model(few, model, overwrite=True)
    how = {"input": done, "models": few, **KEEP}
    with pytest.raises(UserError, match=f"have {ENERGY}_tel_energy, .* another prefix"):
        run("stage3", output=tmp_path / "x", **how)
    root = tmp_path / "both"
    run("stage3", output=root, energy={"prefix": "other"}, **how)
    assert validate(root) == []
    first, both = frame_of(done, "events"), frame_of(root, "events")
    assert both[f"{ENERGY}_energy"].equals(first[f"{ENERGY}_energy"])
    # The standard name has what was applied last.
    assert both["reco_energy"].equals(both["other_energy"], check_names=False)
    assert not both["reco_energy"].equals(first["reco_energy"])
    assert both["gh_score"].equals(first["gh_score"])


def test_directions_may_become_the_standard_ones_and_weights_be_others(
    dl2, models, tmp_path, caplog
):
    root = tmp_path / "disp"
    how = {"best_direction": "disp", "direction_error": False, **KEEP}
    how["energy"] = {"weights": "none"}
    with caplog.at_level(logging.WARNING, logger="cta_columnar.pipelines.stage3.run"):
        summary = run("stage3", input=dl2, output=root, models=models, **how)
    # Which other models were not trained with.
    (said,) = summary.warnings
    assert "weighed by none in the energy" in said
    assert "models of particle, energy_error get other inputs" in said
    assert caplog.messages == [said]
    assert said in (root / "provenance.json").read_text()
    events = frame_of(root, "events")
    assert events["reco_alt"].equals(events["disp_alt"], check_names=False)
    assert events["reco_is_valid"].equals(events["disp_is_valid"], check_names=False)
    assert "direction_error" not in events.columns


def test_a_type_without_models_is_told_and_invalid(dl2, tmp_path):
    models = save_toy_models(tmp_path / "models", tel_types=[LST], tasks=("energy",))
    root = tmp_path / "full"
    summary = run("stage3", input=dl2, output=root, models=models, **KEEP)
    (warning,) = summary.warnings
    assert warning.startswith(f"{MST} has no model for energy")
    n_images = frame_of(dl2, "parameters", MST).height
    assert summary.counts["images_without_model"] == n_images
    assert not frame_of(root, "telescopes", MST)[f"{ENERGY}_tel_is_valid"].any()
    assert frame_of(root, "telescopes", LST)[f"{ENERGY}_tel_is_valid"].any()


def test_a_dataset_without_events(models, tmp_path):
    empty = toy_dl2(tmp_path / "dl2", n_events=0)
    root = tmp_path / "full"
    run("stage3", input=empty, output=root, models=models, **KEEP)
    assert validate(root) == []
    events = frame_of(root, "events")
    assert events.height == 0
    assert {"gh_score", "energy_error_class", "was_trained_on"} <= {*events.columns}


def share_of(dl2, obs_ids=OBS_IDS, fraction=0.5):
    digests = run_digests(open_store(dl2))
    # Protons may have been simulated under the same number.
    runs = [(n, digest) for n in obs_ids for digest in (digests[n], "of a proton")]
    return TrainingShare(3, fraction, tuple(runs))


def test_events_that_were_trained_on_are_refused(dl2, few, tmp_path):
    how = {"input": dl2, "output": tmp_path / "full", "models": few, "workers": 1}
    with pytest.raises(UserError, match=r"has no training\.json, so nobody knows"):
        run("stage3", **how)
    share = share_of(dl2)
    save_training_share(few, share)
    events = frame_of(dl2, "events")
    trained = in_share(
        3, 0.5, events["obs_id"].to_numpy(), events["event_id"].to_numpy()
    )
    with pytest.raises(UserError, match=f"{trained.sum()} of 80 events in .*=drop"):
        run("stage3", **how)
    # Runs that were made anew have other digests, and no event of them was seen.
    save_training_share(few, replace(share, runs=((7, "another"), (8, "another"))))
    run("stage3", **how)
    assert frame_of(tmp_path / "full", "events").height == 80


def test_events_that_were_trained_on_may_be_marked(dl2, few, tmp_path):
    save_training_share(few, share_of(dl2, obs_ids=OBS_IDS[:1]))
    run("stage3", input=dl2, output=tmp_path / "full", models=few, **KEEP)
    events = frame_of(tmp_path / "full", "events")
    trained = in_share(
        3, 0.5, events["obs_id"].to_numpy(), events["event_id"].to_numpy()
    )
    trained &= events["obs_id"].to_numpy() == OBS_IDS[0]
    assert 5 < trained.sum() < 35
    np.testing.assert_array_equal(events["was_trained_on"], trained)
    # A mark stays, whatever later models were trained on.
    more = save_toy_models(tmp_path / "more", tasks=("energy",))
    save_training_share(more, share_of(dl2, obs_ids=()))
    how = {"input": tmp_path / "full", "models": more, "workers": 1} | OTHER
    run("stage3", output=tmp_path / "both", **how)
    again = frame_of(tmp_path / "both", "events")["was_trained_on"]
    assert again.equals(events["was_trained_on"])


def test_events_that_were_trained_on_may_be_left_out(dl2, few, tmp_path):
    save_training_share(few, share_of(dl2, obs_ids=OBS_IDS[:1], fraction=0.3))
    root, how = tmp_path / "rest", {"trained_on": "drop", "workers": 1}
    summary = run("stage3", input=dl2, output=root, models=few, **how)
    assert validate(root) == []
    events = frame_of(dl2, "events")
    trained = in_share(
        3, 0.3, events["obs_id"].to_numpy(), events["event_id"].to_numpy()
    )
    trained &= events["obs_id"].to_numpy() == OBS_IDS[0]
    left = events.filter(~trained)
    assert summary.counts["events_left_out"] == trained.sum() > 3
    keys = ["obs_id", "event_id"]
    for table in ("events", "trigger", "showers"):
        assert frame_of(root, table).select(keys).equals(left.select(keys))
    for table in ("parameters", "telescopes"):
        want = frame_of(dl2, table, LST).join(left, on=keys, how="semi")
        assert frame_of(root, table, LST).select(want.columns).equals(want)
    runs = frame_of(root, "simulation/runs")
    assert dict(runs.select("obs_id", "kept_share").rows()) == {7: 0.7, 8: 1.0}
    # With other models of the same training, nothing is left to leave out.
    more = save_toy_models(tmp_path / "more", tasks=("energy",))
    save_training_share(more, load_training_share(few))
    how |= OTHER
    run("stage3", input=root, output=tmp_path / "both", models=more, **how)
    both = frame_of(tmp_path / "both", "events")
    assert both.height == left.height
    runs = frame_of(tmp_path / "both", "simulation/runs")
    assert runs["kept_share"].to_list() == [0.7, 1.0]
    # Another training takes its own share.
    other = replace(share_of(dl2, obs_ids=OBS_IDS[:1]), seed=4)
    save_training_share(more, other)
    run("stage3", input=root, output=tmp_path / "less", models=more, **how)
    runs = frame_of(tmp_path / "less", "simulation/runs")
    assert runs["kept_share"].to_list() == [pytest.approx(0.35), 1.0]
    # A larger share of the same seed holds the smaller one.
    larger = share_of(dl2, obs_ids=OBS_IDS[:1], fraction=0.5)
    save_training_share(more, larger)
    run("stage3", input=root, output=tmp_path / "nested", models=more, **how)
    runs = frame_of(tmp_path / "nested", "simulation/runs")
    assert runs["kept_share"].to_list() == [0.5, 1.0]
    assert runs["left_out_seed"].to_list() == [[3], []]
    assert validate(tmp_path / "nested") == []


def test_a_run_under_another_number_is_known(dl2, few, tmp_path):
    save_training_share(few, share_of(dl2))
    moved = toy_dl2(tmp_path / "moved", offset=100)
    for root, name in ((dl2, "a"), (moved, "b")):
        run("stage3", input=root, output=tmp_path / name, models=few, **KEEP)
    first, second = (frame_of(tmp_path / n, "events") for n in "ab")
    assert first["was_trained_on"].any()
    assert second["was_trained_on"].equals(first["was_trained_on"])
    assert set(second["obs_id"]) == {107, 108}
    how = {"input": moved, "models": few, "workers": 1}
    with pytest.raises(UserError, match=r"of 80 events in .*=drop"):
        run("stage3", output=tmp_path / "c", **how)
    run("stage3", output=tmp_path / "c", trained_on="drop", **how)
    runs = frame_of(tmp_path / "c", "simulation/runs")
    assert dict(runs.select("obs_id", "kept_share").rows()) == {107: 0.5, 108: 0.5}


def shares_left(root):
    runs = frame_of(root, "simulation/runs")
    return dict(runs.select("obs_id", "kept_share").rows()), runs


def test_a_run_that_had_another_number_in_each_training(dl2, few, tmp_path):
    share = share_of(dl2)
    save_training_share(few, share)
    drop = {"trained_on": "drop", "workers": 1}
    run("stage3", input=dl2, output=tmp_path / "once", models=few, **drop)
    more = save_toy_models(tmp_path / "more", tasks=("energy",))
    moved = replace(share, runs=tuple((n + 1000, each) for n, each in share.runs))
    save_training_share(more, moved)
    how = {"models": more, **drop, **OTHER}
    twice = tmp_path / "twice"
    run("stage3", input=tmp_path / "once", output=twice, **how)
    # The same seed draws other showers by another number.
    events = frame_of(dl2, "events")
    obs_id, event_id = keys_of(events)
    trained = in_share(3, 0.5, obs_id, event_id)
    trained |= in_share(3, 0.5, obs_id + 1000, event_id)
    assert frame_of(twice, "events").height == (~trained).sum()
    kept, runs = shares_left(twice)
    assert kept == {7: 0.25, 8: 0.25}
    assert runs["left_out_obs_id"].to_list() == [[7, 1007], [8, 1008]]
    assert runs["left_out_seed"].to_list() == [[3, 3]] * 2
    assert runs["left_out_fraction"].to_list() == [[0.5, 0.5]] * 2
    assert validate(twice) == []


def test_shares_of_an_earlier_version_are_not_guessed(dl2, few, tmp_path):
    save_training_share(few, share_of(dl2))
    store = open_store(dl2)
    dropped = replace(find_trained(store, few, "keep"), treatment="drop").with_share(
        store.read("simulation/runs")
    )
    runs = dropped.drop_columns(["left_out_obs_id"])
    with (
        patch.object(Store, "read", lambda *_, **__: runs),
        pytest.raises(
            UserError, match=r"by which numbers of its runs .* run stage 3 again"
        ),
        patch.object(Store, "schema", lambda *_: runs.schema),
    ):
        find_trained(store, few, "keep")


@pytest.mark.parametrize("dry_run", [True, False])
def test_nothing_left_is_told(dl2, few, tmp_path, caplog, dry_run):
    save_training_share(few, share_of(dl2, fraction=1.0))
    root = tmp_path / "rest"
    how = {"trained_on": "drop", "workers": 1, "dry_run": dry_run}
    with caplog.at_level(logging.WARNING, logger="cta_columnar.pipelines.stage3.run"):
        summary = run("stage3", input=dl2, output=root, models=few, **how)
    (said,) = summary.warnings
    assert "trained on all 80 events of" in said
    assert "(fraction 1): all are left out" in said
    assert "train with a smaller fraction, or apply the models to other" in said
    assert caplog.messages == [said]
    if not dry_run:
        assert shares_left(root)[0] == {7: 0.0, 8: 0.0}
        assert said in (root / "provenance.json").read_text()


def damaged(folder):
    content = bytearray((folder / "nodes.parquet").read_bytes())
    content[len(content) // 2] ^= 255
    (folder / "nodes.parquet").write_bytes(content)


def of_another_version(folder):
    plain = json.loads((folder / "model.json").read_text())
    plain["description"]["schema_version"] = "1.0.0"
    (folder / "model.json").write_text(json.dumps(plain))


FAULTS = {
    "damaged": (damaged, r"nodes.parquet is not what was written"),
    "lost table": (
        lambda folder: (folder / "leaves.parquet").unlink(),
        "leaves.parquet",
    ),
    "version": (of_another_version, "is of version '1.0.0' of the data model"),
    "no description": (
        lambda folder: (folder / "model.json").write_text("{"),
        "cannot read .*model.json",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_bad_model_is_named_and_leaves_nothing(dl2, few, tmp_path, case):
    spoil, message = FAULTS[case]
    spoil(few / "energy" / f"tel_type={LST}")
    with pytest.raises(UserError, match=message):
        run("stage3", input=dl2, output=tmp_path / "full", models=few, **KEEP)
    assert parts(tmp_path / "full") == {}


@pytest.mark.parametrize("dry_run", [True, False])
def test_bad_models_are_told_once_and_before_any_work(dl2, few, tmp_path, dry_run):
    for tel_type, (spoil, _) in zip((LST, MST), list(FAULTS.values()), strict=False):
        spoil(few / "energy" / f"tel_type={tel_type}")
    how = {"input": dl2, "models": few, "dry_run": dry_run, **KEEP}
    with pytest.raises(UserError) as caught:
        run("stage3", output=tmp_path / "full", **how)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert "nodes.parquet is not what was written" in lines[0]
    assert "leaves.parquet" in lines[1]
    assert not (tmp_path / "full").exists()


def test_a_dry_run_tells_of_types_without_a_model_as_the_run_does(dl2, tmp_path):
    models = save_toy_models(tmp_path / "m", tel_types=[LST], tasks=("energy",))
    how = {"input": dl2, "output": tmp_path / "full", "models": models, **KEEP}
    planned = run("stage3", dry_run=True, **how).warnings
    assert any(each.startswith(f"{MST} has no model for energy") for each in planned)
    assert planned == run("stage3", **how).warnings


def test_models_that_do_not_belong_together(dl2, models, tmp_path):
    mixed = shutil.copytree(models, tmp_path / "mixed")
    save_model(mixed, toy_model("energy", MST, seed=50), overwrite=True)
    how = {"input": dl2, "output": tmp_path / "full", "models": mixed, **KEEP}
    name = f"energy/tel_type={MST}/model.json is not what the training wrote"
    with pytest.raises(UserError, match=name):
        run("stage3", **how)
    with pytest.raises(UserError, match=name):
        run("stage3", dry_run=True, **how)


def with_units(**units):
    known = toy_model("energy").description
    return Model(replace(known, inputs=known.inputs | units), toy_model("energy").body)


def test_models_that_do_not_fit_the_dataset(dl2, tmp_path):
    for model, message in (
        (with_units(hillas_length="m"), "'hillas_length' in 'm', there it is in 'deg'"),
        (
            with_units(hillas_lenght="deg"),
            "'hillas_lenght'; did you mean 'hillas",
        ),
        (with_units(h_max="km"), "does not fit the images of LST.* 'h_max' in 'km'"),
    ):
        save_model(tmp_path / "models", model, overwrite=True)
        with pytest.raises(UserError, match=message):
            run(
                "stage3",
                input=dl2,
                output=tmp_path / "x",
                models=tmp_path / "models",
                **KEEP,
            )
    assert not (tmp_path / "x").exists()


def test_what_is_no_input(dl2, few, done, tmp_path):
    how = {"output": tmp_path / "x", **KEEP}
    with pytest.raises(UserError, match="name the folder of the models, with --models"):
        run("stage3", input=dl2, **how)
    with pytest.raises(UserError, match="is no folder; train some"):
        run("stage3", input=dl2, models=tmp_path / "absent", **how)
    with pytest.raises(UserError, match="has no models in it"):
        run("stage3", input=dl2, models=tmp_path, **how)
    raw = toy_dl2(tmp_path / "dl1", stage="stage1")
    with pytest.raises(UserError, match="stage3 wants what stage2 or stage3 made"):
        run("stage3", input=raw, models=few, **how)
    with pytest.raises(UserError, match="prefix: 'a/b' is no name"):
        run("stage3", input=dl2, models=few, energy={"prefix": "a/b"}, **how)


def test_models_in_memory_say_the_same_as_on_disk(dl2, models):
    images = {LST: images_of(dl2, LST)}
    events = frame_of(dl2, "events")
    on_disk = open_models(models)
    loaded = [on_disk.load(task, each) for task in on_disk.types
              for each in on_disk.types[task]]  # fmt: skip
    in_memory = Collection(loaded, toy_classes())
    first, second = (predict(events, images, each) for each in (on_disk, in_memory))
    assert first.events.equals(second.events)
