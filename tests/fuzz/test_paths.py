"""Paths inside files: none leads out of where it belongs, or breaks who follows it."""

import json

import numpy as np
import pytest
import toy_gadf
from fuzz.readers import READERS
from simulation.simtel import header_maker
from simulation.simtel.files import Maker
from store.toy_run import IDENTITY, run, write_input
from toy_irf_folder import toy_irf

from cta_columnar.errors import UserError
from cta_columnar.gadf import make_hdu
from cta_columnar.pipelines.planning.plan_file import read_plan
from cta_columnar.pipelines.simulate.piece import PieceRecord, recorded
from cta_columnar.sources.base import open_source
from cta_columnar.store import (
    StoreError,
    finalize,
    merge,
    open_irf,
    open_models,
    open_store,
    prepare,
    validate,
)
from cta_columnar.store.gadf import dataset_problems, write_dataset, write_gadf

NAME = "part-0000000001-00000-{key}-0123456789ab.parquet"
BAD = {
    "above": "../{name}",
    "far above": "../../../../../../tmp/{name}",
    "absolute": "/tmp/{name}",
    "in between": "trigger/../../{name}",
    "nul": "trigger/\0{name}",
    "nul in the type": "images/tel_type=\0/{name}",
    "backslashes": "trigger\\..\\..\\{name}",
    "a drive": "C:\\{name}",
    "a stream": "trigger/{name}:x",
    "an encoded slash": "images/tel_type=..%2f..%2f/{name}",
    "long": "trigger/" + "x" * 5000 + "{name}",
    "deep": "a/" * 3000 + "{name}",
    "a line": "trigger/\n{name}",
    "a home": "~/{name}",
    "nothing": "",
    "a number": 7,
    "a list": ["trigger", "{name}"],
    "surrogates": "trigger/\ud800{name}",
    "turned": "trigger/\u202e{name}",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    run(folder / "dl1", [write_input(folder / "1.json", 1, 5)])
    return folder / "dl1"


@pytest.fixture
def dataset(made, tmp_path):
    """A copy, and beside it what nobody may touch."""
    for path in made.rglob("*"):
        to = tmp_path / "dl1" / path.relative_to(made)
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            to.write_bytes(path.read_bytes())
    victim = tmp_path / "victim"
    victim.write_text("mine")
    yield tmp_path / "dl1"
    assert victim.read_text() == "mine"
    there = {"dl1", "victim", "all"}
    assert {path.name for path in tmp_path.iterdir()} <= there


def change(path, keys, value):
    plain = json.loads(path.read_text())
    holder = plain
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    path.write_text(json.dumps(plain))


@pytest.mark.parametrize("bad", BAD)
def test_parts(dataset, bad):
    manifest = dataset / "manifest.json"
    key = json.loads(manifest.read_text())["shards"][0]["shard_key"]
    path = BAD[bad]
    if isinstance(path, str):
        path = path.replace("{name}", NAME.format(key=key))
    change(manifest, ["shards", 0, "parts", 0, "path"], path)
    for action in (
        lambda: open_store(dataset),
        lambda: prepare(dataset, IDENTITY, resume=True),
        lambda: finalize(dataset),
        lambda: merge([dataset], dataset.parent / "all"),
    ):
        with pytest.raises(StoreError, match="is no part of this shard"):
            action()
    assert len(validate(dataset)) == 1


PATHS = ("x" * 70_000, "../" * 5000, "", "/dev/zero", "a\nb")


@pytest.mark.parametrize("path", PATHS)
def test_inputs_of_records(dataset, path):
    """They are asked for their size, where a run goes on: nothing else."""
    change(dataset / "manifest.json", ["shards", 0, "shard", "inputs", 0, "path"], path)
    (one,) = open_store(dataset).records[0].shard.inputs
    assert not one.has_changed()
    prepare(dataset, IDENTITY, resume=True)


@pytest.mark.parametrize("path", [*PATHS, 7, None])
def test_inputs_that_were_left_out(dataset, path):
    skipped = [{"path": path, "reason": "bad"}]
    change(dataset / "manifest.json", ["skipped"], skipped)
    prepare(dataset, IDENTITY, resume=True)


def test_no_file_is_called_so(dataset):
    place = ["shards", 0, "shard", "inputs", 0, "path"]
    before = json.loads((dataset / "manifest.json").read_text())
    change(dataset / "manifest.json", place, "a\0b")
    with pytest.raises(StoreError, match="a digest or path is no text"):
        open_store(dataset)
    skipped = [{"path": "a\0b", "reason": "bad"}]
    (dataset / "manifest.json").write_text(json.dumps(before | {"skipped": skipped}))
    with pytest.raises(StoreError, match="no file is called"):
        open_store(dataset)


@pytest.mark.parametrize("key", ["folder", "inputs", "stamps", "plugins", "pieces"])
def test_plans(tmp_path, key):
    READERS["plan"].build(tmp_path)
    path = tmp_path / "dl1" / "_plan" / "plan.json"
    before = json.loads(path.read_text())[key]
    bad = {
        "folder": "a\0",
        "inputs": ["a\0"],
        "stamps": {"a\0": [1, 2]},
        "plugins": {"a\0": "b"},
        "pieces": [dict(before[0], inputs=["a\0"]), before[1]]
        if key == "pieces"
        else 0,
    }[key]
    change(path, [key], bad)
    with pytest.raises(UserError, match="not a plan of this version"):
        read_plan(tmp_path / "dl1")


NAMES = ("../../x", "/tmp/x", "..", "a\0b", "a/b", "", "x" * 5000)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["particle", "digest"])
def test_inputs_of_responses(tmp_path, key, name):
    """Folders are named after them, in a folder that is added to."""
    root = toy_irf(tmp_path / "irf")
    change(root / "irf.json", ["inputs", 0, key], name)
    with pytest.raises(StoreError, match=r"irf.json is damaged: inputs"):
        open_irf(root)


@pytest.mark.parametrize("name", ["../victim", "/etc/passwd", "a/../../b", "a\0b"])
def test_files_of_responses(tmp_path, name):
    root = toy_irf(tmp_path / "irf")
    change(root / "irf.json", ["sha256"], {name: "0" * 64})
    with pytest.raises(StoreError, match="leads out of the folder"):
        open_irf(root)


@pytest.mark.parametrize("name", NAMES)
def test_files_of_models(tmp_path, name):
    READERS["training.json"].build(tmp_path)
    root = tmp_path / "models"
    listed = json.loads((root / "training.json").read_text())["files"]
    change(root / "training.json", ["files"], {**listed, name: "0" * 64})
    with pytest.raises(StoreError, match="is missing"):
        open_models(root)
    change(root / "training.json", ["files"], listed)
    described = next(root.glob("*/*/model.json"))
    change(described, ["sha256"], {name: "0" * 64})
    with pytest.raises(StoreError):
        open_models(root).load("energy", "LST_LST_LSTCam")


@pytest.mark.parametrize("column", ["FILE_DIR", "FILE_NAME"])
@pytest.mark.parametrize("name", ["../..", "/etc/passwd", "a/../../b", "x" * 5000])
def test_the_index_of_event_lists(tmp_path, column, name):
    root = tmp_path / "dl3"
    write_dataset(root, [toy_gadf.make_observation()])
    from cta_columnar.store.gadf import read_index  # noqa: PLC0415

    _, hdus = read_index(root)
    columns = dict(hdus.columns)
    columns[column] = np.full(hdus.n_rows, name)
    write_gadf(
        root / "hdu-index.fits.gz", [make_hdu("hdu_index", columns, hdus.header)]
    )
    found = dataset_problems(root)
    assert found
    assert any("leads out" in each or "is not there" in each for each in found)


class Job:
    """As much of a `PieceJob` as is asked for its record."""

    def __init__(self, folder):
        self.path, self.record_path = folder / "000001.zst", folder / "000001.json"
        self.identity, self.output = "a", folder.parent / "out"


@pytest.mark.parametrize("name", ["../victim", "/tmp/victim", "000002.zst", "", "\0"])
def test_pieces_of_a_simulated_file(tmp_path, name):
    """They are copied into it, then removed: none but those of the run may be named."""
    from cta_columnar.simulation.bookkeeping import Tally  # noqa: PLC0415

    job = Job(tmp_path)
    record = PieceRecord(job.path.name, "a", "b", 1, Tally())
    job.record_path.write_text(json.dumps(record.to_plain()))
    assert recorded(job).name == record.name
    change(job.record_path, ["name"], name)
    assert recorded(job) is None


@pytest.mark.parametrize("name", [*NAMES[:6], "x" * 400, "a\\b"])
def test_names_of_cameras(tmp_path, monkeypatch, name):
    """A folder is named after the type of a telescope, which a raw file tells."""
    monkeypatch.setattr(header_maker, "CAMERA", name)
    (tmp_path / "a.simtel").write_bytes(Maker().content())
    path = tmp_path / "a.simtel"
    with open_source(path, focal_length_choice="EQUIVALENT") as source:
        for each in source.subarray.types:
            assert not set(each.name) & set("/\\\0\n")
            assert each.name not in {"", ".", ".."}
