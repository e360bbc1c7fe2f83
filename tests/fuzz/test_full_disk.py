"""A disk that is full: nothing is committed, and the next try goes on."""

import os
import resource
import subprocess

import pytest
from fuzz.damage import load
from fuzz.processes import ctacol, ctacol_many
from fuzz.verdicts import assert_no_fault

from cta_columnar.store import StoreError, open_store, validate
from cta_columnar.store.commits import is_intact


@pytest.fixture
def raw(shared, tmp_path):
    path = tmp_path / "run.simtel.zst"
    path.write_bytes(load(shared, "aux_traces_2029").packed)
    return path


@pytest.fixture
def mount(tmp_path):
    """Mount an empty disk of a given size in a folder of that name; needs root."""
    folders = []

    def mount(name, options):
        folder = tmp_path / name
        folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        if os.geteuid() or subprocess.run(words, check=False).returncode:
            pytest.skip("only root can mount a small disk")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        words = ["umount", "-l", folder]
        subprocess.run(words, check=False, stderr=subprocess.DEVNULL)


def stage1(raw, output, *words):
    common = ["--workers", 1, "--log-level", "error"]
    return ["run", "stage1", "--input", raw, "--output", output, *common, *words]


def assert_nothing_bad_is_there(output):
    """Nothing is committed, or the whole shard: then there was no room for the end."""
    try:
        records = open_store(output).records
    except StoreError as error:
        # Not even a folder could be made.
        if "dataset" not in str(error):
            raise
        records = ()
    for record in records:
        assert is_intact(output, record, verify=True)
    if not records:
        assert list(output.rglob("part-*-*.parquet")) == []


def content(output):
    """All files but those that have times in them: the provenance and the journals."""
    return {
        path.relative_to(output): path.read_bytes()
        for path in output.rglob("*.*")
        if path.name != "provenance.json" and path.parent.name != "_journal"
    }


FULL = {
    "nothing fits": "size=4k",
    "provenance fits": "size=16k",
    "some parts fit": "size=40k",
    "more parts fit": "size=96k",
    "most parts fit": "size=160k",
    "no room for a folder": "nr_inodes=4",
    "no room for files": "nr_inodes=25",
    "no room for the record": "nr_inodes=36",
}


@pytest.mark.full
def test_full_disks(raw, mount, tmp_path):
    disks = {
        name: mount(name, f"size=9m,{size}" if "inodes" in size else size)
        for name, size in FULL.items()
    }
    # One process for all, here and below, since each takes long to start.
    calls = [stage1(raw, folder / "dl1") for folder in disks.values()]
    outcomes = ctacol_many(calls, tmp_path)
    for folder, outcome in zip(disks.values(), outcomes, strict=True):
        assert_no_fault(outcome)
        assert outcome.status == 1, folder
        assert "No space left on device" in outcome.err
        assert str(folder) in outcome.err
        assert_nothing_bad_is_there(folder / "dl1")

    for folder in disks.values():
        larger = ["mount", "-o", "remount,size=9m,nr_inodes=1000", folder]
        subprocess.run(larger, check=True)
    calls = [stage1(raw, folder / "dl1", "--resume") for folder in disks.values()]
    outcomes = ctacol_many([stage1(raw, tmp_path / "other"), *calls], tmp_path)
    for again in outcomes:
        assert again.status == 0, again.err
    for folder in disks.values():
        assert validate(folder / "dl1") == []
        assert content(folder / "dl1") == content(tmp_path / "other"), folder


@pytest.mark.parametrize("limit", [1000, 8000, 30_000])
def test_a_limit_on_the_size_of_files(raw, tmp_path, limit):
    """Quotas look like this, and nobody needs to be root for it."""
    output = tmp_path / "dl1"

    def set_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    # What is said goes into files, too.
    outcome = ctacol(*stage1(raw, output), preexec_fn=set_limit)
    assert_no_fault(outcome)
    assert outcome.status == 1
    assert "File too large" in outcome.err
    assert_nothing_bad_is_there(output)


def test_simulating_onto_a_small_disk(mount):
    disk = mount("disk", "size=64k")
    words = ["--array", "LST-1", "--n-showers", 1, "--workers", 1]
    outcome = ctacol("simulate", *words, "--output", disk / "a.simtel")
    assert outcome.status == 1
    assert "No space left on device" in outcome.err
    assert "Traceback" not in outcome.err
    assert not (disk / "a.simtel").exists()
