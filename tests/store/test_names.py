"""Names of files that are no text: a run goes on, and what tells of it can be read."""

import json
import os
import subprocess
import sys

import pytest
from store.toy_run import IDENTITY, run, write_input

from cta_columnar.pipelines.planning.status import status
from cta_columnar.store import (
    Journal,
    StoreError,
    open_store,
    prepare,
    validate,
    write_skipped,
)
from cta_columnar.store.processes import is_alive, process_name
from cta_columnar.texts import encodable

# The first as Python has a byte that is not UTF-8; the other none can have.
NAMES = (os.fsdecode(b"run\xff.json"), "run\ud800.json")


def ctacol(*words):
    """Call the command line, where what it writes has to be UTF-8."""
    done = subprocess.run(
        [sys.executable, "-m", "cta_columnar.cli.main", *map(str, words)],
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def no_lone(text):
    """Take what JSON of ours says, as readers do that refuse lone surrogates."""
    found = json.loads(text)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def test_a_raw_file_whose_name_is_no_text(tmp_path, inputs):
    path = tmp_path / NAMES[0]
    inputs[0].rename(path)
    root = tmp_path / "dl1"
    run(root, [path, inputs[1]])
    assert validate(root) == []
    run(root, [path, inputs[1]], resume=True)
    write_skipped(root, str(path), f"{path}: bad")
    assert status(root).left_out == ()
    write_input(path, 7, 2)
    run(root, [inputs[1]], overwrite=True)
    prepare(root, open_store(root).identity, resume=True)
    write_skipped(root, str(path), f"{path}: bad")
    (left,) = status(root).left_out
    assert left.what == str(path)
    code, out, err = ctacol("status", root)
    assert (code, err) == (3, "")
    assert r"run\udcff.json" in out


@pytest.mark.parametrize("name", NAMES)
def test_what_journals_tell_can_be_written(tmp_path, dataset, name):
    shards = [{"inputs": [name], "seq": 0, "size": 10}]
    with Journal(dataset, stage="stage1", workers=1, shards=shards) as mine:
        mine.add("shard", inputs=[name], outcome="failed", reason=f"{name}: bad")
        mine.add("retry", inputs=[name], reason=f"{name}: was lost")
    shown = name.encode(errors="backslashreplace").decode()
    assert shown != name
    code, out, err = ctacol("status", dataset)
    assert (code, err) == (3, "")
    assert f"  {shown}: bad" in out
    code, out, err = ctacol("status", dataset, "--json")
    assert (code, err) == (3, "")
    assert no_lone(out)["failures"][0]["what"] == shown
    code, out, err = ctacol("report", dataset, "--run", "-o", tmp_path / "run.html")
    assert (code, err) == (0, "")
    assert shown in (tmp_path / "run.html").read_text(encoding="utf-8")
    told = no_lone((tmp_path / "run.json").read_text())
    assert told["shards"][0]["inputs"] == [shown]


def test_a_dataset_whose_name_is_no_text(tmp_path):
    root = tmp_path / NAMES[0]
    with pytest.raises(StoreError, match="its name is not UTF-8; choose another"):
        prepare(root, IDENTITY)
    assert not root.exists()


def test_mappings_too():
    bad, good = {NAMES[0]: [NAMES, 1, None, 2.5]}, r"run\udcff.json"
    assert encodable(bad) == {good: [[good, r"run\ud800.json"], 1, None, 2.5]}


@pytest.mark.parametrize("where", ["record", "skipped"])
def test_a_manifest_names_what_no_file_is_called(dataset, where):
    path = dataset / "manifest.json"
    plain = json.loads(path.read_text())
    if where == "record":
        plain["shards"][0]["shard"]["inputs"][0]["path"] = NAMES[1]
    else:
        plain["skipped"] = [{"path": NAMES[1], "reason": "bad"}]
    path.write_text(json.dumps(plain))
    with pytest.raises(StoreError, match=r"manifest\.json"):
        status(dataset)
    assert len(validate(dataset)) == 1


@pytest.mark.parametrize("pid", ["0", "00", "9" * 12, "9" * 20, "9" * 5000, "-1", "²"])
def test_numbers_that_are_no_process(tmp_path, dataset, pid):
    machine = process_name().rsplit(".", 2)[0]
    assert is_alive(f"{machine}.{pid}.0") is None
    if len(pid) < 100:
        name = f"20260101T000000.000000-{machine}.{pid}.0.jsonl"
        line = {"what": "run", "time": 1.0, "host": "a", "pid": 1, "stage": "stage1"}
        (dataset / "_journal").mkdir(exist_ok=True)
        (dataset / "_journal" / name).write_text(json.dumps(line) + "\n")
        (tmp_path / "dl1" / "_tmp" / f"key-{machine}.{pid}.0").mkdir(parents=True)
        assert status(dataset).state == "finished"
        prepare(dataset, open_store(dataset).identity, resume=True)
