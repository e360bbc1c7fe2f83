"""A folder of models: complete or not there, and checked file by file."""

import json
import os

import pyarrow as pa
import pytest
from toy_models import toy_model

from cta_columnar.schemas import training
from cta_columnar.schemas.dl1 import CUT_FLOW
from cta_columnar.store import (
    StoreError,
    TrainingShare,
    check_models_output,
    is_models,
    load_table,
    new_models,
    open_models,
    save_model,
    save_table,
    save_training_share,
    validate_models,
)
from cta_columnar.store.processes import process_name

IMPORTANCE = pa.table(
    {
        "task": ["energy"],
        "tel_type": ["LST"],
        "feature": ["size"],
        "impurity": [1.0],
        "permutation": [2.0],
        "permutation_uncert": [0.1],
    }
)


def fill(root):
    """Write all that a training writes."""
    save_model(root, toy_model())
    save_table(root, "importance", IMPORTANCE)
    save_table(root, "cross_validation", training.CROSS_VALIDATION.empty_table())
    save_table(root, "cut_flow", CUT_FLOW.empty_table())
    save_training_share(root, TrainingShare(1, 0.5, ((1, "a"),)))
    (root / "provenance.json").write_text("{}")


@pytest.fixture
def models(tmp_path):
    with new_models(tmp_path / "my-models") as draft:
        fill(draft)
    return tmp_path / "my-models"


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path):
    root = tmp_path / "below" / "models"
    with new_models(root) as draft:
        fill(draft)
        assert not root.exists()
        assert draft.parent == root.parent
    assert is_models(root)
    assert validate_models(root) == []
    assert list(root.parent.iterdir()) == [root]


def fail(root, error):
    """Stop with half of it written."""
    with new_models(root, overwrite=True) as draft:
        (draft / "half").write_text("written")
        raise error


def test_what_fails_leaves_what_was_there(models):
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error):
            fail(models, error)
    assert validate_models(models) == []
    assert list(models.parent.iterdir()) == [models]


def test_drafts_of_killed_trainings_are_removed(models):
    mine = models.with_name(f".my_models-{process_name()}")
    host, pid, start = process_name().rsplit(".", 2)
    killed = models.with_name(f".my_models-{host}.{pid}.{int(start) + 1}")
    elsewhere = models.with_name(".my_models-other.1.2")
    for each in (killed, elsewhere):
        each.mkdir()
        (each / "part").write_text("x")
    with new_models(models, overwrite=True) as draft:
        assert draft == mine
        fill(draft)
    left = {each.name for each in models.parent.iterdir()}
    # The one of another machine may still be at work.
    assert left == {"my-models", elsewhere.name}


def test_what_is_in_the_way(models, tmp_path):
    check_models_output(models, overwrite=True)
    with pytest.raises(StoreError, match="has models already; use --overwrite"):
        check_models_output(models)
    (models / "training.json").unlink()
    with pytest.raises(StoreError, match="is no folder of models"):
        check_models_output(models, overwrite=True)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(StoreError, match="is no folder of models"):
        check_models_output(file, overwrite=True)
    (tmp_path / "empty").mkdir()
    check_models_output(tmp_path / "empty")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "_commits").mkdir()
    with pytest.raises(StoreError, match=r"lies in the dataset .*data"):
        check_models_output(tmp_path / "data" / "models")


def test_a_table_comes_back(models):
    table = load_table(models, "importance")
    assert table.to_pylist() == IMPORTANCE.to_pylist()
    schema = table.schema.remove_metadata()
    assert schema.equals(training.IMPORTANCE, check_metadata=True)


def _cut(path):
    os.truncate(path, path.stat().st_size // 2)


def _change(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    path.write_bytes(raw)


FAULTS = {
    "no share": (lambda root: (root / "training.json").unlink(), "training.json"),
    "no provenance": (lambda root: (root / "provenance.json").unlink(), "is missing"),
    "no JSON": (lambda root: _cut(root / "provenance.json"), "is not JSON"),
    "no table": (lambda root: (root / "importance.parquet").unlink(), "is missing"),
    "cut": (lambda root: _cut(root / "cut_flow.parquet"), "cut_flow.parquet"),
    "other columns": (
        lambda root: (root / "cut_flow.parquet").replace(
            root / "cross_validation.parquet"
        ),
        "cross_validation.parquet has other columns than task, tel_type",
    ),
    "changed model": (
        lambda root: _change(next(root.rglob("nodes.parquet"))),
        "nodes.parquet is not what was written",
    ),
    "stranger": (
        lambda root: (root / "notes.txt").write_text("mine"),
        "notes.txt is not a file of these models",
    ),
    "no model": (
        lambda root: next(root.rglob("model.json")).unlink(),
        "has no models in it",
    ),
    "damaged classes": (
        lambda root: (root / "energy" / "classes.parquet").write_text("x"),
        "classes.parquet",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found(models, fault):
    damage, message = FAULTS[fault]
    damage(models)
    assert any(message in each for each in validate_models(models))


def _swap(root):
    save_model(root, toy_model(n_rows=60), overwrite=True)


def _add(root):
    save_model(root, toy_model("ExtraTreesClassifier"))


def _edit(root):
    (path,) = root.rglob("model.json")
    path.write_text(path.read_text().replace('"b' + 7 * "b", '"c' + 7 * "b"))


NOT_TOGETHER = {
    "swapped": (_swap, "energy/tel_type=LST_LST_LSTCam/model.json is not what the"),
    "edited": (_edit, "energy/tel_type=LST_LST_LSTCam/model.json is not what the"),
    "added": (_add, "particle/tel_type=LST_LST_LSTCam/model.json is not a file of"),
    "lost": (
        lambda root: next(root.rglob("model.json")).unlink(),
        "energy/tel_type=LST_LST_LSTCam/model.json is missing: training.json lists",
    ),
    "a lost table": (
        lambda root: next(root.rglob("leaves.parquet")).unlink(),
        "energy/tel_type=LST_LST_LSTCam/leaves.parquet is missing: training.json",
    ),
    "classes of another training": (
        lambda root: (root / "energy" / "classes.parquet").write_text("x"),
        "energy/classes.parquet is not a file of these models",
    ),
}


@pytest.mark.parametrize("case", NOT_TOGETHER)
def test_models_that_a_training_did_not_write_together(models, case):
    change, message = NOT_TOGETHER[case]
    open_models(models)
    change(models)
    with pytest.raises(StoreError) as caught:
        open_models(models)
    assert f"{models}/{message}" in str(caught.value)
    assert any(f"{models}/{message}" in each for each in validate_models(models))


def test_a_folder_without_a_list_is_of_an_earlier_version(models):
    path = models / "training.json"
    plain = json.loads(path.read_text())
    assert set(plain["files"]) == {
        path.relative_to(models).as_posix() for path in models.rglob("*.parquet")
    } | {"energy/tel_type=LST_LST_LSTCam/model.json"}
    del plain["files"]
    path.write_text(json.dumps(plain))
    with pytest.raises(StoreError, match=r"\.json does not list the files .*; train"):
        open_models(models)
    assert any("does not list the files" in each for each in validate_models(models))
