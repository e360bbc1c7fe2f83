"""The scratch folder that a process has from shard to shard."""

import os
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from store.toy_run import IDENTITY, random_batch

from cta_columnar.schemas import dl1
from cta_columnar.store import Input, Shard, ShardWriter, finalize, remove_idle
from cta_columnar.store.processes import name_of, process_name
from cta_columnar.store.scratch import is_idle, put_back, take_scratch


def one_row(root, number):
    ids = {"obs_id": number, "event_id": np.arange(1)}
    shard = Shard(IDENTITY, (Input(f"/{number}.simtel", f"digest-{number}", 1),))
    with ShardWriter(root, shard) as writer:
        rows = random_batch(dl1.TRIGGER, 1, np.random.default_rng(0), **ids)
        writer.append("trigger", rows)
        writer.commit()


def test_it_is_the_same_for_all_shards(tmp_path):
    numbers = set()
    for shard in range(4):
        one_row(tmp_path, shard)
        (folder,) = (tmp_path / "_tmp").iterdir()
        assert is_idle(folder)
        assert not list(folder.iterdir())
        numbers.add(folder.stat().st_ino)
    assert len(numbers) == 1
    assert len(finalize(tmp_path).records) == 4
    assert not (tmp_path / "_tmp").exists()


def test_who_finds_none_makes_another(tmp_path):
    one_row(tmp_path, 1)
    remove_idle(tmp_path)
    assert not (tmp_path / "_tmp").exists()
    one_row(tmp_path, 2)
    assert len(finalize(tmp_path).records) == 2


def test_it_is_young_again_for_each_shard(tmp_path):
    one_row(tmp_path, 1)
    (folder,) = (tmp_path / "_tmp").iterdir()
    os.utime(folder, (0, 0))
    mine = folder.with_name(f"next-{folder.name.removeprefix('idle-')}")
    take_scratch(mine)
    assert mine.stat().st_mtime > 1e9
    put_back(mine)


def test_folders_of_shards_are_not_idle(tmp_path):
    mine = tmp_path / "_tmp" / "key-me"
    take_scratch(mine)
    (mine / "draft").touch()
    remove_idle(tmp_path)
    assert (mine / "draft").exists()
    put_back(mine)
    take_scratch(tmp_path / "_tmp" / "key2-me")
    assert not list((tmp_path / "_tmp" / "key2-me").iterdir())


@pytest.mark.parametrize("is_taken", [False, True])
def test_two_shards_of_a_process_at_once(tmp_path, is_taken):
    scratch = tmp_path / "_tmp"
    for key in "ab":
        take_scratch(scratch / f"{key}-me")
        (scratch / f"{key}-me" / "draft").touch()
    put_back(scratch / "a-me")
    if is_taken:
        (idle,) = (each for each in scratch.iterdir() if is_idle(each))
        (idle / "not mine").touch()
    put_back(scratch / "b-me")
    assert [is_idle(each) for each in scratch.iterdir()] == [True]


def test_what_killed_processes_left_on_another_disk_goes(tmp_path, monkeypatch):
    process = subprocess.Popen([sys.executable, "-c", ""])
    dead = name_of(process.pid)
    process.wait()
    key = "0" * 20
    gone = {f"raw-{dead}", f"{key}-{dead}", "ctacol-sent-old"}
    stay = {f"raw-{process_name()}", f"mine-{dead}", "ctacol-sent-new", f"raw-x{dead}"}

    def cleaned(disk):
        """Put folders there, have a local dataset tidied up, and see what stays."""
        for name in gone | stay:
            (disk / name).mkdir(parents=True, exist_ok=True)
            (disk / name / "draft").touch()
        for path in (disk / "ctacol-sent-old" / "draft", disk / "ctacol-sent-old"):
            os.utime(path, (0, 0))
        remove_idle(tmp_path / "dl1")
        return {path.name for path in disk.iterdir()}

    monkeypatch.setenv("CTACOL_SCRATCH", str(tmp_path / "disk"))
    remove_idle(tmp_path / "dl1")
    # Nothing is made for that.
    assert not (tmp_path / "disk").exists()
    assert cleaned(tmp_path / "disk") == stay
    with monkeypatch.context() as patch:
        patch.setattr(os, "getuid", lambda: -1)
        assert cleaned(tmp_path / "disk") == stay | gone
    monkeypatch.delenv("CTACOL_SCRATCH")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = tmp_path / f"ctacol-{os.getuid()}"
    remove_idle(tmp_path / "dl1")
    assert not own.exists()
    assert cleaned(own) == stay
