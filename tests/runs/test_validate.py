"""``ctacol validate`` on real datasets: silent if all is well, else it says why not."""

import hashlib
import json
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs.commands import flip_in_last_column, stage1, stage2
from simtel_surgery import content, write_file

from cta_columnar.cli import main


@pytest.fixture(scope="module")
def whole(shared, tmp_path_factory):
    """DL1 and DL2 of two runs, and of another with the same ids; not to be changed."""
    root = tmp_path_factory.mktemp("whole")
    paths = [
        write_file(root / f"run{run}.simtel", content(shared, run, 2)) for run in (1, 2)
    ]
    stage1(paths, root / "dl1")
    stage2(root / "dl1", root / "dl2")
    twin = write_file(root / "twin.simtel", content(shared, 1, 1, seed=1))
    stage1([twin], root / "twin-dl1")
    stage2(root / "twin-dl1", root / "twin-dl2")
    return root


@pytest.fixture(params=["dl1", "dl2"])
def dataset(request, whole, tmp_path):
    shutil.copytree(whole / request.param, tmp_path / "dataset")
    return tmp_path / "dataset"


@pytest.fixture
def validate(dataset, monkeypatch, capsys):
    """Return exit status and errors of ``ctacol validate``."""

    def call():
        monkeypatch.setattr(sys, "argv", ["ctacol", "validate", str(dataset)])
        status = 0
        try:
            main.main()
        except SystemExit as end:
            status = end.code or 0
        return status, capsys.readouterr().err

    return call


def a_part(dataset, table="parameters"):
    return sorted((dataset / table).rglob("*.parquet"))[0]


def name_of(dataset, path):
    return path.relative_to(dataset).as_posix()


def edit_manifest(dataset, change):
    path = dataset / "manifest.json"
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n")


def test_nothing_wrong(validate):
    assert validate() == (0, "")


def test_a_changed_byte(dataset, validate):
    part = a_part(dataset)
    flip_in_last_column(part)
    status, errors = validate()
    assert status == 1
    assert f"{name_of(dataset, part)}: the SHA-256 is not" in errors


def test_a_missing_part(dataset, validate):
    part = a_part(dataset, "trigger")
    part.unlink()
    status, errors = validate()
    assert status == 1
    assert f"{name_of(dataset, part)}: missing" in errors


@pytest.mark.parametrize("how", ["copy of a part", "part of another run", "no part"])
def test_an_extra_file(dataset, validate, how):
    part = a_part(dataset, "showers")
    extra = part.with_name("notes.txt")
    if how == "copy of a part":
        extra = part.with_name(f"copy-of-{part.name}")
    elif how == "part of another run":
        extra = part.with_name(f"part-0000000009-00000-{'0' * 20}.parquet")
    shutil.copy(part, extra)
    status, errors = validate()
    assert status == 1
    assert name_of(dataset, extra) in errors
    assert errors.count("error: ") == 1


def test_wrong_rows_in_the_manifest(dataset, validate):
    edit_manifest(dataset, lambda plain: plain["rows"].update(trigger=5))
    status, errors = validate()
    assert status == 1
    assert "manifest.json: rows is not what" in errors


def test_wrong_rows_in_a_record(dataset, validate):
    def change(plain):
        plain["shards"][0]["parts"][0]["rows"] += 1

    edit_manifest(dataset, change)
    status, errors = validate()
    assert status == 1
    assert "rows, " in errors


def test_the_same_events_in_two_shards(whole, dataset, validate):
    """As if finalisation had not looked for them."""
    twin = whole / f"twin-{dataset_name(dataset)}"
    (shard,) = json.loads((twin / "manifest.json").read_text())["shards"]
    for part in shard["parts"]:
        (dataset / part["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(twin / part["path"], dataset / part["path"])
    edit_manifest(dataset, lambda plain: plain["shards"].append(shard))
    status, errors = validate()
    assert status == 1
    names = [shard["shard"]["inputs"][0]["path"] for shard in shards_of_run_1(dataset)]
    assert f"{' and '.join(sorted(names))}: both have obs_id 1, event_id 100" in errors


def dataset_name(dataset):
    return "dl2" if (dataset / "events").is_dir() else "dl1"


def shards_of_run_1(dataset):
    shards = json.loads((dataset / "manifest.json").read_text())["shards"]
    return [shard for shard in shards if shard["runs"] == [1]]


def test_a_key_twice_in_a_part(dataset, validate):
    """Consistently wrong: size, checksum and number of rows are those of the part."""
    path = a_part(dataset, "trigger")
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), path)
    sha = hashlib.sha256(path.read_bytes()).hexdigest()

    def change(plain):
        for shard in plain["shards"]:
            for part in shard["parts"]:
                if part["path"] == name_of(dataset, path):
                    size, rows = path.stat().st_size, part["rows"] + 1
                    part.update(sha256=sha, size=size, rows=rows)
        plain["rows"]["trigger"] += 1

    edit_manifest(dataset, change)
    status, errors = validate()
    assert status == 1
    assert "occurs twice" in errors


def test_no_manifest(dataset, validate):
    (dataset / "manifest.json").unlink()
    status, errors = validate()
    assert status == 1
    assert "neither manifest.json nor" in errors


def test_leftovers_of_a_killed_run(dataset, validate):
    for folder in ("_tmp/key-host.1.2", "_commits"):
        (dataset / folder).mkdir(parents=True)
        (dataset / folder / "draft.json").write_text("{}")
    status, _ = validate()
    assert status == 1
