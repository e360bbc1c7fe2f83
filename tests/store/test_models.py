"""Models on disk: the same numbers come back, and nothing damaged gets in."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_models import toy_data, toy_model

from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError
from cta_columnar.models import Condition, Model, Use
from cta_columnar.schemas.columns import axes_of
from cta_columnar.schemas.models import TABLES
from cta_columnar.store import (
    StoreError,
    WriteError,
    load_model,
    open_models,
    save_model,
)
from cta_columnar.store.models.tables import to_model, to_tables

LST = "LST_LST_LSTCam"
NAMES = (
    "RandomForestRegressor",
    "ExtraTreesClassifier",
    "GradientBoostingClassifier",
    "HistGradientBoostingRegressor",
    "Ridge",
    "LogisticRegression",
)


@pytest.fixture
def forest(tmp_path):
    """A small forest on disk."""
    return save_model(tmp_path / "models", toy_model())


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_back_as_it_was(tmp_path, name):
    model = toy_model(name)
    folder = save_model(tmp_path, model)
    again = load_model(folder)
    assert again.description == model.description
    x, _ = toy_data(50, seed=4)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert not (tmp_path / "_tmp").exists()


def test_conditions_and_use_of_a_model_come_back(tmp_path):
    model = toy_model()
    quality = (Condition("wide", "column_2 > 0"), Condition("bright", "column_0 > 50"))
    use = Use("mine", "intensity")
    known = replace(model.description, quality=quality, use=use)
    folder = save_model(tmp_path, Model(known, model.body))
    again = load_model(folder).description
    assert (again.quality, again.use, again.prefix) == (quality, use, "mine")


def test_models_of_older_versions_have_neither(forest):
    path = forest / "model.json"
    plain = json.loads(path.read_text())
    del plain["description"]["quality"], plain["description"]["use"]
    path.write_text(json.dumps(plain))
    known = load_model(forest).description
    assert (known.quality, known.use) == ((), Use())
    assert known.prefix == "RandomForestRegressor"


def test_a_model_that_does_not_say_what_it_reads_is_of_an_earlier_version(forest):
    path = forest / "model.json"
    plain = json.loads(path.read_text())
    del plain["description"]["reads"]
    path.write_text(json.dumps(plain))
    with pytest.raises(StoreError, match=r"who made the columns .*; train the model"):
        load_model(forest)


def test_no_column_is_read_twice():
    model, asked = toy_model(), []
    tables = {name: pa.table(each) for name, each in to_tables(model).items()}

    def read(table, column):
        asked.append((table, column))
        return tables[table][column]

    to_model(model.description, read, kind="forest", scale=1.0, single_precision=True)
    of_nodes = sorted(column for table, column in asked if table == "nodes")
    assert of_nodes == sorted(TABLES["nodes"].names)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_fit_gives_the_same_bytes(tmp_path, name):
    first, second = (save_model(tmp_path / n, toy_model(name)) for n in "ab")
    assert content(first) == content(second)
    third = save_model(tmp_path / "c", load_model(first))
    assert content(first) == content(third)


def test_tables_are_those_of_the_data_model(forest):
    for path in forest.glob("*.parquet"):
        schema, known = pq.read_schema(path), TABLES[path.stem]
        assert schema.names == known.names
        for field in known:
            assert schema.field(field.name).metadata == field.metadata
            if not axes_of(field):
                assert schema.field(field.name).type == field.type


def test_children_are_found_with_nothing_but_the_table(forest):
    """As another language would evaluate it."""
    nodes = pq.read_table(forest / "nodes.parquet").to_pylist()
    leaves = pq.read_table(forest / "leaves.parquet").to_pylist()
    place = {(each["tree"], each["node"]): each for each in nodes}
    value = {(each["tree"], each["node"]): each["value"][0] for each in leaves}
    x, _ = toy_data(5, seed=4)
    got = []
    for row in x.astype(np.float32):
        total = 0.0
        for tree in range(3):
            node = place[tree, 0]
            while node["feature"] >= 0:
                is_right = row[node["feature"]] > node["threshold"]
                node = place[tree, node["left"] + int(is_right)]
            total += value[tree, node["node"]]
        got.append(total / 3)
    np.testing.assert_allclose(got, load_model(forest).predict(x))


def test_models_are_read_when_they_are_asked_for(tmp_path):
    model = toy_model()
    for tel_type in ("A/B", LST):
        known = replace(model.description, tel_type=tel_type)
        save_model(tmp_path, Model(known, model.body))
    save_model(tmp_path, toy_model("LogisticRegression"))
    models = open_models(tmp_path)
    assert models.types == {"energy": ("A/B", LST), "particle": (LST,)}
    # What is not asked for is not even opened.
    (tmp_path / "energy" / f"tel_type={LST}" / "nodes.parquet").write_bytes(b"")
    got = models.load("energy", "A/B")
    assert got.description.tel_type == "A/B"
    assert models.load("energy", "A/B") is got
    models.forget("A/B")
    assert models.load("energy", "A/B") is not got
    with pytest.raises(StoreError, match=r"nodes.parquet is not what was written"):
        models.load("energy", LST)


def test_what_is_not_there_is_named(tmp_path, forest):
    models = open_models(forest.parents[1])
    with pytest.raises(StoreError, match="no model for 'enery'; did you mean 'energy'"):
        models.load("enery", LST)
    with pytest.raises(StoreError, match=f"no energy model of 'MST'; .*{LST}"):
        models.load("energy", "MST")
    with pytest.raises(StoreError, match="nothing is no folder"):
        open_models(tmp_path / "nothing")
    with pytest.raises(StoreError, match="has no models in it"):
        open_models(tmp_path)


def test_a_model_replaces_another_only_if_told(tmp_path, forest):
    model = toy_model(n_rows=60)
    with pytest.raises(StoreError, match="is there already; use --overwrite"):
        save_model(tmp_path / "models", model)
    before = content(forest)
    save_model(tmp_path / "models", model, overwrite=True)
    assert content(forest) != before
    bad = Model(replace(model.description, task="../x"), model.body)
    with pytest.raises(StoreError, match="lower-case letters"):
        save_model(tmp_path, bad)


def test_a_full_disk_leaves_the_earlier_model(tmp_path, forest, monkeypatch):
    before = content(forest)

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left on device"):
        save_model(tmp_path / "models", toy_model(n_rows=60), overwrite=True)
    assert content(forest) == before
    assert not (tmp_path / "models" / "_tmp").exists()


def rewrite(folder, table, **changes):
    """Change a column at some rows, with a digest that fits."""
    path = folder / f"{table}.parquet"
    old = pq.read_table(path)
    columns = {name: old[name].to_pylist() for name in old.schema.names}
    for name, values in changes.items():
        for row, value in values.items():
            columns[name][row] = value
    pq.write_table(pa.table(columns, schema=old.schema), path)
    describe(folder, sha256={path.name: sha256_of(path)})


def describe(folder, sha256=None, **changes):
    """Change ``model.json``."""
    plain = json.loads((folder / "model.json").read_text())
    plain["sha256"] |= sha256 or {}
    for key, value in changes.items():
        if key in plain["description"]:
            plain["description"][key] = value
        else:
            plain[key] = value
    (folder / "model.json").write_text(json.dumps(plain))


NAN = float("nan")
DAMAGE = {
    "a cycle": ("nodes", {"left": {1: 0}}, "tree 0: node 1: lost child"),
    "a child of itself": ("nodes", {"left": {0: 0}}, "tree 0: node 0: lost child"),
    "a child out of range": ("nodes", {"left": {0: 10**6}}, "lost child"),
    "a feature out of range": ("nodes", {"feature": {0: 9}}, "none of 4 features"),
    "a negative feature": ("nodes", {"feature": {0: -2}}, "none of 4 features"),
    "a leaf at the root": ("nodes", {"feature": {0: -1}}, "tree 0"),
    "a threshold of NaN": ("nodes", {"threshold": {0: NAN}}, "a threshold of NaN"),
    "an unsorted table": ("nodes", {"tree": {0: 2}}, "nodes are not sorted by tree"),
    "an unknown tree": ("nodes", {"tree": {-1: 7}}, "nodes of other than 3 trees"),
    "an unknown node": ("nodes", {"node": {1: 7}}, "do not count from 0"),
    "a NaN leaf": ("leaves", {"value": {0: [NAN]}}, "value of a leaf is not finite"),
    "a leaf elsewhere": ("leaves", {"node": {0: 0}}, "are not those of the trees"),
    "an unknown output": ("trees", {"output": {0: 1}}, "none of the 1 outputs"),
    "a negative output": ("trees", {"output": {0: -1}}, "none of the 1 outputs"),
    "trees out of order": ("trees", {"tree": {0: 1}}, "does not count from 0 to 2"),
    "a NaN base": ("outputs", {"base": {0: NAN}}, "base value or the scale"),
    "another feature": ("features", {"name": {0: "g"}}, "not that of the description"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_model_is_told_and_not_followed(forest, case):
    table, changes, message = DAMAGE[case]
    rewrite(forest, table, **changes)
    with pytest.raises(StoreError, match="is no sound model: ") as caught:
        load_model(forest)
    assert message in str(caught.value)


DESCRIBED = {
    "version": (
        {"schema_version": "9.1.0"},
        r"version '9.1.0' of the data model, this is .*: apply it with the cta_co",
    ),
    "fewer features": ({"features": []}, "features is not that of the description"),
    "classes": ({"classes": ["a", "b"], "link": "softmax"}, "1 raw outputs, but"),
    "link": ({"link": "cubic"}, r"model.json is damaged: description.link"),
    "type": ({"scale": "1"}, r"model.json is damaged: scale"),
    "no scale": ({"scale": None}, r"model.json is damaged: scale"),
    "tables": ({"kind": "linear"}, "does not list the tables"),
    "format": ({"format": "dataset"}, "is no description of a model"),
}


@pytest.mark.parametrize("case", DESCRIBED)
def test_a_wrong_description(forest, case):
    changes, message = DESCRIBED[case]
    describe(forest, **changes)
    with pytest.raises(StoreError, match=message):
        load_model(forest)


def test_files_that_are_missing_cut_or_foreign(forest):
    for damage, message in (
        (lambda path: path.unlink(), "cannot read .*leaves.parquet"),
        (
            lambda path: path.write_bytes(b"PAR1"),
            "leaves.parquet is not what was writt",
        ),
    ):
        copy = forest.parent / "tel_type=copy"
        shutil.copytree(forest, copy)
        damage(copy / "leaves.parquet")
        with pytest.raises(StoreError, match=message):
            load_model(copy)
        shutil.rmtree(copy)
    pq.write_table(pa.table({"a": [1]}), forest / "trees.parquet")
    describe(forest, sha256={"trees.parquet": sha256_of(forest / "trees.parquet")})
    with pytest.raises(StoreError, match="has other columns than tree, output"):
        load_model(forest)
    (forest / "model.json").write_text("{")
    with pytest.raises(StoreError, match=r"cannot read .*model.json"):
        load_model(forest)


def test_a_model_in_the_wrong_place(forest):
    forest.rename(forest.with_name("tel_type=MST"))
    with pytest.raises(StoreError, match=f"has the energy model of {LST}: it belongs"):
        open_models(forest.parents[1]).load("energy", "MST")


def test_columns_that_are_not_those_of_the_training(forest):
    model = load_model(forest)
    units = dict(model.description.inputs)
    model.check_inputs(units, "dl2/")
    units["column_1"] = "rad"
    del units["column_2"]
    with pytest.raises(UserError) as caught:
        model.check_inputs(units, "dl2/")
    for part in (
        f"the energy model of {LST} does not fit dl2/",
        "it wants 'column_1' in 'deg', there it is in 'rad'",
        "it wants the column 'column_2'; did you mean 'column_",
        "or train a model on columns like these",
    ):
        assert part in str(caught.value)


def test_applying_a_model_needs_no_scikit_learn(forest):
    code = (
        "import sys; import numpy as np\n"
        "from cta_columnar.store.models.dataset import load_model\n"
        "import cta_columnar.stages.training, cta_columnar.stages.features\n"
        "load_model(sys.argv[1]).predict(np.zeros((3, 4)))\n"
        "assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(forest)], check=True)
