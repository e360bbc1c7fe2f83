"""Runs that are killed, at any moment, and gone on with: as if nothing had been."""

import os
import signal
import time
from contextlib import suppress

import numpy as np
import pytest
from runs.commands import hashes, members, stage1, stage2, start
from simtel_surgery import SIZES

from cta_columnar import open_store
from cta_columnar.digests import sha256_of
from cta_columnar.store import validate

N_SHARDS = sum(len(sizes) for sizes in SIZES.values())
PATIENCE_S = 120

# Kills by the clock: after how many commits, and a share of the time between two.
_RNG = np.random.default_rng(20)
MOMENTS = [
    (int(n), round(float(_RNG.uniform(0, 1)), 3))
    for n in np.linspace(0, N_SHARDS, 30, endpoint=False)
]
# Kills by the hook, of the main process or of its workers, at their n-th shard.
RENAMED = "between-rename-and-record"
HOOKS = [
    *((f"{RENAMED}:{n}", 1) for n in range(1, N_SHARDS + 1)),
    *((f"{RENAMED}:{n}", 2) for n in range(1, 5)),
    *((f"{name}:{n}", 1) for name in ("before-rename", "after-record") for n in (1, 8)),
    *((f"during-rename:{n}", 2) for n in (1, 3)),
    ("before-manifest:1", 2),
    ("after-manifest:1", 2),
]


@pytest.fixture(scope="session")
def seconds_between(inputs, tmp_path_factory):
    """Time between two commits of an undisturbed run."""
    root = tmp_path_factory.mktemp("timed") / "dl1"
    process = start("stage1", inputs, root, "--workers", 2)
    wait_for(process, root, 1)
    began = time.monotonic()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    return (time.monotonic() - began) / N_SHARDS


def n_commits(root):
    return len(list((root / "_commits").glob("[0-9a-f]*.json")))


def wait_for(process, root, n):
    """Wait until there are ``n`` commits, or the run ends."""
    end = time.monotonic() + PATIENCE_S
    while n_commits(root) < n and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.005)


def kill(process):
    """Kill a process and all that it started; nothing of it may be left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    expect_no_orphans(process)


def expect_no_orphans(process):
    end = time.monotonic() + 20
    while members(process.pid):
        assert time.monotonic() < end, members(process.pid)
        time.sleep(0.02)


def expect_partial(root, undisturbed):
    """What can be read after a kill is right, though not all is there."""
    if not (root / "_commits").exists() and not (root / "manifest.json").exists():
        return
    whole = {
        part.path: part for r in open_store(undisturbed).records for part in r.parts
    }
    for record in open_store(root).records:
        for part in record.parts:
            assert part == whole[part.path]
            assert sha256_of(root / part.path) == part.sha256


def expect_whole(root, undisturbed):
    """Byte for byte what an undisturbed run gives, and nothing else."""
    assert hashes(root) == hashes(undisturbed)
    assert not (root / "_tmp").exists()
    assert not (root / "_commits").exists()
    assert validate(root) == []


def die_by_hook(stage, inputs, root, undisturbed, fault, workers, *options):
    """Let a fault hook kill the main process, or each worker again and again."""
    options = ("--workers", workers, *options)
    process = start(stage, inputs, root, *options, fault=fault)
    _, errors = process.communicate(timeout=PATIENCE_S)
    if workers == 1 or "manifest" in fault:
        assert process.returncode == -signal.SIGKILL, errors
    else:
        assert process.returncode == 1, errors
        assert "killed by SIGKILL" in errors
        assert "Traceback" not in errors
    expect_no_orphans(process)
    expect_partial(root, undisturbed)


@pytest.mark.full
def test_four_kills_in_a_row(inputs, dl1, tmp_path):
    """Each run goes on where the one before was killed."""
    root = tmp_path / "dl1"
    die_by_hook("stage1", inputs, root, dl1, f"{RENAMED}:2", 1)
    process = start("stage1", inputs, root, "--workers", 2, "--resume")
    wait_for(process, root, 4)
    # The main process only: its workers must not outlive it.
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    expect_no_orphans(process)
    expect_partial(root, dl1)
    die_by_hook("stage1", inputs, root, dl1, "after-manifest:1", 1, "--resume")
    die_by_hook("stage1", inputs, root, dl1, "before-manifest:1", 1, "--resume")
    summary = stage1(inputs, root, resume=True)
    assert summary.n_shards_kept == N_SHARDS
    expect_whole(root, dl1)


@pytest.mark.full
def test_killed_workers_and_stage2(dl1, dl2, tmp_path):
    root = tmp_path / "dl2"
    die_by_hook("stage2", [dl1], root, dl2, f"{RENAMED}:2", 2)
    assert 2 <= stage2(dl1, root, resume=True).n_shards_kept < N_SHARDS
    expect_whole(root, dl2)


def test_ctrl_c(inputs, dl1, tmp_path):
    root = tmp_path / "dl1"
    process = start("stage1", inputs, root, "--workers", 2)
    wait_for(process, root, 1)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, errors
    assert "--resume goes on from there" in errors
    assert "Traceback" not in errors
    expect_no_orphans(process)
    expect_interrupted(root, inputs, dl1)


def test_ctrl_c_with_one_worker(inputs, dl1, tmp_path):
    root = tmp_path / "dl1"

    def press(progress):
        if progress.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage1(inputs, root, on_progress=press)
    expect_interrupted(root, inputs, dl1)


def expect_interrupted(root, inputs, undisturbed):
    expect_partial(root, undisturbed)
    assert not (root / "_tmp").exists()
    assert "interrupted" in (root / "provenance.json").read_text()
    assert stage1(inputs, root, resume=True).n_shards_kept >= 1
    expect_whole(root, undisturbed)


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_killed_while_a_dataset_is_replaced(inputs, dl1, tmp_path, count):
    """Never a mixture: all of the old one, or nothing, then what was asked for."""
    root = tmp_path / "dl1"
    few, other = inputs[:2], inputs[2:4]
    stage1(few, root)
    options = ("--workers", 1, "--overwrite")
    fault = f"during-overwrite:{count}"
    process = start("stage1", other, root, *options, fault=fault)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == -signal.SIGKILL, errors
    records = open_store(root).records
    assert len(records) in ({2} if count == 1 else {0})
    expect_partial(root, dl1)
    if count == 20:
        stage1(other, root, resume=True)
    else:
        stage1(other, root, overwrite=True)
    stage1(other, tmp_path / "fresh")
    expect_whole(root, tmp_path / "fresh")


@pytest.mark.full
@pytest.mark.parametrize(("commits", "share"), MOMENTS)
def test_killed_at_any_moment(inputs, dl1, seconds_between, tmp_path, commits, share):
    root = tmp_path / "dl1"
    process = start("stage1", inputs, root, "--workers", 2)
    wait_for(process, root, commits)
    # Before the first commit, starting takes as long as many shards.
    time.sleep(share * seconds_between * (1 if commits else 8))
    kill(process)
    expect_partial(root, dl1)
    process = start("stage1", inputs, root, "--workers", 2, "--resume")
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    expect_no_orphans(process)
    expect_whole(root, dl1)


@pytest.mark.full
@pytest.mark.parametrize(("fault", "workers"), HOOKS)
def test_killed_between_two_steps(inputs, dl1, tmp_path, fault, workers):
    root = tmp_path / "dl1"
    die_by_hook("stage1", inputs, root, dl1, fault, workers)
    stage1(inputs, root, resume=True)
    expect_whole(root, dl1)


@pytest.mark.full
@pytest.mark.parametrize(
    ("fault", "workers"),
    [(f"{RENAMED}:3", 1), (f"{RENAMED}:1", 2), ("after-manifest:1", 2)],
)
def test_stage2_killed_between_two_steps(dl1, dl2, tmp_path, fault, workers):
    root = tmp_path / "dl2"
    die_by_hook("stage2", [dl1], root, dl2, fault, workers)
    stage2(dl1, root, resume=True)
    expect_whole(root, dl2)


@pytest.mark.full
@pytest.mark.parametrize("commits", range(0, N_SHARDS, 2))
def test_stage2_killed_at_any_moment(dl1, dl2, tmp_path, commits):
    root = tmp_path / "dl2"
    process = start("stage2", [dl1], root, "--workers", 2)
    wait_for(process, root, commits)
    time.sleep(0.1 if commits else 1.0)
    kill(process)
    expect_partial(root, dl2)
    stage2(dl1, root, resume=True)
    expect_whole(root, dl2)


@pytest.mark.full
def test_killed_again_and_again(inputs, dl1, tmp_path):
    """A run that gets one shard further each time."""
    root = tmp_path / "dl1"
    for n in range(N_SHARDS + 2):
        fault = f"{RENAMED if n % 2 else 'after-record'}:{1 + n % 2}"
        options = ("--workers", 1, "--resume")
        process = start("stage1", inputs, root, *options, fault=fault)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode in (0, -signal.SIGKILL)
        expect_partial(root, dl1)
    assert process.returncode == 0
    expect_whole(root, dl1)
