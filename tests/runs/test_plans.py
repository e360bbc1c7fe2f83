"""Runs that are planned: elements in any order, at once, twice, stopped, refused."""

import errno
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from runs.commands import SETTINGS, hashes, stage1
from simtel_surgery import content, write_file

from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan import plan
from cta_columnar.pipelines.planning.plan_file import read_plan
from cta_columnar.pipelines.planning.planned import finish, run_planned
from cta_columnar.pipelines.planning.status import status
from cta_columnar.pipelines.stage1 import run as pipeline
from cta_columnar.pipelines.stage1 import shard as shard_work
from cta_columnar.sources import decompression
from cta_columnar.store import (
    DuplicateKeysError,
    open_store,
    read_journals,
    validate,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_power_cuts(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


def planned(inputs, output, elements=2, **more):
    more = {"set": SETTINGS} | more
    return plan("stage1", input=inputs, output=output, elements=elements, **more)


def outcomes(root):
    return [line["outcome"] for each in read_journals(root) for line in each.shards]


@pytest.fixture
def four(inputs, tmp_path):
    """Return copies of four raw files, which may be changed."""
    folder = tmp_path / "raw"
    folder.mkdir()
    return [Path(shutil.copy(path, folder)) for path in sorted(inputs)[:4]]


def test_elements_in_any_order_make_the_dataset_of_a_run(inputs, dl1, tmp_path):
    root = tmp_path / "dl1"
    made = planned(inputs, root, elements=3).plan
    assert status(root).state == "planned"
    finished = [run_planned(root, element)[1] for element in (2, 0)]
    assert finished == [False, False]
    now = status(root)
    assert now.n_done == len(made.elements[0]) + len(made.elements[2]) < now.n_shards
    assert now.unfinished == "1"
    assert 0 < now.n_bytes_done < now.n_bytes
    with pytest.raises(UserError, match=r"shards are not done.* in the elements 1"):
        finish(root)
    summary, is_finished = run_planned(root, 1)
    assert is_finished
    assert summary.counts["events"] > 0
    assert hashes(root) == hashes(dl1)
    assert status(root).state == "finished"
    assert validate(root) == []
    runs = json.loads((root / "provenance.json").read_text())["activity"].values()
    assert [run["ctacol:status"] for run in runs] == ["completed"] * 3


def test_what_is_done_is_not_done_again(four, tmp_path):
    root = tmp_path / "dl1"
    planned(four, root)
    run_planned(root, 0)
    before = outcomes(root)
    summary, _ = run_planned(root, 0)
    assert outcomes(root) == before
    assert summary.n_shards_kept == len(before)
    # A part that is gone makes its shard undone, whoever did it.
    record = open_store(root).records[0]
    (root / record.parts[0].path).unlink()
    run_planned(root)
    assert outcomes(root).count("made") == len(four) + 1
    # Nor by an element that nobody has begun.
    run_planned(root, 1)
    assert outcomes(root).count("made") == len(four) + 1
    assert validate(root) == []


def test_a_bad_input_is_told_and_the_rest_done(four, tmp_path):
    root = tmp_path / "dl1"
    whole = four[1].read_bytes()
    four[1].write_bytes(whole[: len(whole) // 2])
    planned(four, root, elements=4)
    for element in range(4):
        try:
            run_planned(root, element)
        except UserError as error:
            bad, told = element, str(error)
    assert str(four[1]) in told
    now = status(root)
    assert (now.state, now.n_done, now.n_failed) == ("failed", 3, 1)
    assert now.unfinished == str(bad)
    (failure,) = now.failures
    assert (failure.what, failure.element) == (str(four[1]), bad)
    # Mended, it is another file: who planned must look at it again.
    four[1].write_bytes(whole)
    with pytest.raises(UserError, match=r"changed since .* planned.*--resume"):
        run_planned(root, bad)
    planned(four, root, resume=True)
    assert run_planned(root)[1]
    assert outcomes(root).count("made") == 4
    assert validate(root) == []


def test_what_was_left_out_is_tried_again_by_the_next_plan(four, tmp_path):
    root = tmp_path / "dl1"
    whole = four[1].read_bytes()
    four[1].write_bytes(whole[: len(whole) // 2])
    planned(four, root, skip_bad_inputs=True)
    assert run_planned(root)[1]
    four[1].write_bytes(whole)
    planned(four, root, resume=True, skip_bad_inputs=True)
    assert status(root).n_left_out == 0
    assert run_planned(root)[1]
    stage1(four, tmp_path / "fresh")
    assert hashes(root) == hashes(tmp_path / "fresh")


def test_a_disk_that_fails_leaves_nothing_out(four, dl1, tmp_path, monkeypatch):
    """Neither at once nor in the midst of a file, whatever may be left out."""
    root = tmp_path / "dl1"
    planned(four, root, skip_bad_inputs=True)
    with monkeypatch.context() as patch:
        read = decompression._Zstd.readinto

        def fail(self, buffer):
            if self._file.name == str(four[2]) and self._file.tell():
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return read(self, buffer)

        patch.setattr(decompression._Zstd, "readinto", fail)
        with pytest.raises(UserError, match=f"cannot read {four[2]}: Input/output err"):
            run_planned(root)
    assert status(root).n_left_out == 0
    assert run_planned(root)[1]
    stage1(four, tmp_path / "fresh")
    assert hashes(root) == hashes(tmp_path / "fresh")


def test_bad_inputs_may_be_left_out(four, tmp_path):
    root = tmp_path / "dl1"
    four[1].write_bytes(b"no raw data")
    planned(four, root, elements=4, skip_bad_inputs=True)
    finished = [run_planned(root, element)[1] for element in range(4)]
    assert finished == [False, False, False, True]
    now = status(root)
    assert (now.state, now.n_done, now.n_left_out) == ("finished", 3, 1)
    assert [each.what for each in now.left_out] == [str(four[1])]


def test_a_plan_is_refused_when_code_or_configuration_changed(
    four, tmp_path, monkeypatch
):
    root = tmp_path / "dl1"
    path = planned(four, root).path
    text = path.read_text()
    path.write_text(
        text.replace('"picture_threshold_pe": 5.0', '"picture_threshold_pe": 6.0')
    )
    assert path.read_text() != text
    with pytest.raises(UserError, match="planned with another config: make the plan"):
        run_planned(root, 0)
    path.write_text(text)
    with pytest.raises(UserError, match="planned anew"):
        run_planned(root, 0, digest="0123456789ab")
    monkeypatch.setattr(pipeline, "code_digest", lambda _plugins: "other")
    with pytest.raises(UserError, match="planned with another code: make the plan"):
        run_planned(root, 0)
    assert outcomes(root) == []


def test_a_changed_input_is_done_again(four, shared, tmp_path):
    """What came of its earlier content is not taken for done."""
    root = tmp_path / "dl1"
    planned(four, root)
    run_planned(root)
    write_file(four[0], content(shared, 77, 3, seed=5))
    planned(four, root, resume=True)
    assert status(root).n_done == len(four) - 1
    assert run_planned(root)[1]
    stage1(four, tmp_path / "fresh")
    assert hashes(root) == hashes(tmp_path / "fresh")


def test_a_copy_is_told_as_in_a_run(four, tmp_path):
    """Whoever comes second finds the shard done, and by whom."""
    root = tmp_path / "dl1"
    copy = Path(shutil.copy(four[1], tmp_path / "copy.simtel.zst"))
    inputs = [*four[:2], copy]
    planned(inputs, root, elements=3)
    assert [run_planned(root, element)[1] for element in (0, 1)] == [False, False]
    with pytest.raises(DuplicateKeysError) as told:
        run_planned(root, 2)
    with pytest.raises(DuplicateKeysError) as wanted:
        stage1(inputs, tmp_path / "fresh")
    fresh = str(wanted.value).replace(str(tmp_path / "fresh"), str(root))
    assert str(told.value) == fresh
    assert hashes(root) == hashes(tmp_path / "fresh")
    assert status(root).n_left_out == 2
    # It is finished without both, and stays so.
    assert finish(root).counts["events"] == run_planned(root)[1] * events_of(root)
    assert hashes(root) == hashes(tmp_path / "fresh")


def events_of(root):
    return sum(record.counts["events"] for record in open_store(root).records)


def test_inputs_that_were_moved_are_known_by_their_content(four, tmp_path):
    root = tmp_path / "dl1"
    stage1(four[:2], root)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    inputs = [Path(shutil.copy(path, moved)) for path in four[:3]]
    planned(inputs, root, elements=3, resume=True)
    assert [run_planned(root, element)[1] for element in range(3)][-1]
    assert outcomes(root).count("made") == len(four[:2]) + 1
    stage1(four[:2], tmp_path / "fresh")
    stage1(inputs, tmp_path / "fresh", resume=True)
    assert hashes(root) == hashes(tmp_path / "fresh")


def test_a_late_element_changes_nothing_and_says_so(four, tmp_path, monkeypatch):
    root = tmp_path / "dl1"
    planned(four, root, elements=1)
    begin = shard_work.begin
    before = {}

    def begin_late(*words):
        """Let another process do and finish all, when this one has begun."""
        if not before:
            with monkeypatch.context() as patch:
                patch.setattr(shard_work, "begin", begin)
                assert run_planned(root, 0)[1]
            before.update(hashes(root))

    monkeypatch.setattr(shard_work, "begin", begin_late)
    summary, is_finished = run_planned(root, 0)
    assert is_finished
    assert any("this one changed nothing" in each for each in summary.warnings)
    assert hashes(root) == before
    assert open_store(root).is_finished


PLUGIN = """
import pathlib
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas.columns import column

pathlib.Path({mark!r}).touch()
WRITES = pa.schema([column("gain_of_{name}", pa.float64(), "", "nothing")])

@register("image_parameters", "{name}", writes=WRITES)
def gain_of(image):
    return {{"gain_of_{name}": image[:, 0] * 0.0}}
"""


def test_programs_of_a_plan_run_only_if_they_are_named(four, tmp_path):
    root, mark = tmp_path / "dl1", tmp_path / "ran"
    mine, other = tmp_path / "mine.py", tmp_path / "other.py"
    mine.write_text(PLUGIN.format(mark=str(mark), name="plans_mine"))
    other.write_text(PLUGIN.format(mark=str(mark), name="plans_other"))
    planned(four[:1], root, plugin=[mine])
    mark.unlink()
    with pytest.raises(UserError, match=rf"If you trust .*--plugin {mine}"):
        run_planned(root, 0)
    with pytest.raises(UserError, match=r"not what .* was planned with"):
        run_planned(root, 0, plugins=[mine, other])
    assert not mark.exists()
    # A plan that says it was another program, as that of somebody else may.
    path = root / "_plan" / "plan.json"
    text = path.read_text()
    path.write_text(text.replace(str(mine), str(other)))
    with pytest.raises(UserError, match="If you trust"):
        run_planned(root, 0)
    assert not mark.exists()
    path.write_text(text)
    assert run_planned(root, 0, plugins=[mine])[1]


def test_the_script_of_a_folder_whose_name_is_no_text(four, tmp_path, monkeypatch):
    folder = tmp_path / os.fsdecode(b"my\xff")
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = planned(four[:1], tmp_path / "dl1", script=folder / "run.sh")
    assert os.fsencode(folder) in made.script.read_bytes()
    assert bash(made.script, 0).wait() == 0
    assert status(tmp_path / "dl1").state == "finished"


def test_a_plan_is_obeyed_in_its_own_dataset_alone(four, tmp_path):
    root, moved = tmp_path / "dl1", tmp_path / "moved"
    path = planned(four[:1], root).path
    assert str(root) not in path.read_text()
    root.rename(moved)
    assert run_planned(moved, 0)[1]
    assert not root.exists()
    plain = json.loads((moved / "_plan" / "plan.json").read_text())
    plain["identity"]["stage"] = "simulate"
    (moved / "_plan" / "plan.json").write_text(json.dumps(plain))
    with pytest.raises(UserError, match="'simulate' is none of reduce, stage1"):
        read_plan(moved)
    (moved / "_plan").rename(tmp_path / "plan")
    (moved / "_plan").symlink_to(tmp_path / "plan")
    with pytest.raises(UserError, match="_plan is a symbolic link"):
        read_plan(moved)


def test_a_damaged_plan_is_told(four, tmp_path):
    root = tmp_path / "dl1"
    path = planned(four, root).path
    plain = json.loads(path.read_text())
    plain["elements"][0] = plain["elements"][1]
    path.write_text(json.dumps(plain))
    with pytest.raises(UserError, match="not all shards, each once"):
        read_plan(root)
    path.write_text("{")
    with pytest.raises(UserError, match="not JSON"):
        read_plan(root)
    path.unlink()
    with pytest.raises(UserError, match="has no plan"):
        read_plan(root)


def test_the_next_stage_is_planned_as_well(dl1, dl2, tmp_path):
    root = tmp_path / "dl2"
    made = plan("stage2", input=dl1, output=root, elements=3).plan
    assert len(made.elements) == 3
    assert all(piece.digests for piece in made.pieces)
    finished = [run_planned(root, element)[1] for element in range(3)]
    assert finished == [False, False, True]
    assert hashes(root) == hashes(dl2)


def bash(script, *words, **more):
    more = {"PYTHONPATH": str(ROOT)} | more
    return subprocess.Popen(
        ["bash", str(script), *map(str, words)], env=os.environ | more
    )


@pytest.mark.full
def test_elements_at_the_same_time_and_one_of_them_twice(inputs, dl1, tmp_path):
    root = tmp_path / "dl1"
    script = planned(inputs, root, script=tmp_path / "run.sh").script
    # As the batch system says which element it is.
    array = {"SLURM_ARRAY_TASK_ID": "0"}
    scratch = {"CTACOL_SCRATCH": str(tmp_path / "local")}
    jobs = [bash(script, 0), bash(script, 1, **scratch), bash(script, **array)]
    assert [job.wait(60) for job in jobs] == [0, 0, 0]
    assert hashes(root) == hashes(dl1)
    assert status(root).state == "finished"
    assert list((tmp_path / "local").iterdir()) == []
    statuses = {p.name: p.read_text() for p in (root / "_plan" / "exit").iterdir()}
    assert statuses == {"0": "0\n", "1": "0\n"}
    assert "element 1 is done" in (root / "_plan/logs/1.log").read_text() or (
        "is finished" in (root / "_plan/logs/1.log").read_text()
    )


@pytest.mark.full
def test_the_end_of_the_wall_time_stops_an_element_cleanly(inputs, dl1, tmp_path):
    root = tmp_path / "dl1"
    script = planned(inputs, root, 1, script=tmp_path / "run.sh").script
    job = bash(script, 0)
    wait_for(lambda: list(root.glob("_commits/*.json")))
    job.send_signal(signal.SIGUSR1)
    assert job.wait(60) == 128 + signal.SIGUSR1
    log = (root / "_plan/logs/0.log").read_text()
    assert "stopped by SIGUSR1: what was finished stays" in log
    now = status(root)
    assert now.state == "interrupted"
    assert 0 < now.n_done < now.n_shards
    assert now.unfinished == "0"
    # What was being worked on was finished: nothing lies about.
    assert not (root / "_tmp").exists()
    assert run_planned(root, 0)[1]
    assert hashes(root) == hashes(dl1)


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
