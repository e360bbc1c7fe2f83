"""A run on a Dask cluster gives the bytes of any other run, whatever is lost."""

import os
import signal

import pytest
from dask_processes import own_cluster, wait_for
from runs.commands import hashes, stage1, stage2, start

from cta_columnar.errors import UserError


@pytest.mark.full
def test_the_same_bytes_as_in_one_process(inputs, dl1, dl2, dask_scheduler, tmp_path):
    stage1(inputs, tmp_path / "dl1", workers=None, scheduler=dask_scheduler)
    assert hashes(tmp_path / "dl1") == hashes(dl1)
    stage2(dl1, tmp_path / "dl2", workers=None, scheduler=dask_scheduler)
    assert hashes(tmp_path / "dl2") == hashes(dl2)


def test_after_sigusr1_no_shard_is_begun(inputs, dl1, tmp_path):
    """The whole group of processes gets it, as by a batch system."""
    output = tmp_path / "dl1"
    job = start("stage1", inputs, output, "--executor", "dask", "--workers", "1")
    wait_for(lambda: list(output.glob("_commits/*.json")), 120)
    os.killpg(job.pid, signal.SIGUSR1)
    _, said = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGUSR1
    lines = [line for line in said.splitlines() if line and " INFO " not in line]
    assert lines == [
        "stopped by SIGUSR1: what was finished stays; the same command with --resume "
        "goes on from there"
    ]
    assert 1 <= len(list(output.glob("_commits/*.json"))) < len(inputs)
    # What was being worked on was finished: nothing lies about.
    assert not (output / "_tmp").exists()
    assert stage1(inputs, output, resume=True).n_shards_kept
    assert hashes(output) == hashes(dl1)


@pytest.mark.full
def test_a_run_goes_on_after_its_scheduler_is_lost(inputs, dl1, tmp_path):
    output = tmp_path / "dl1"
    with own_cluster(tmp_path) as cluster:

        def kill(progress):
            if progress.done:
                cluster.scheduler.kill()

        with pytest.raises(UserError, match="is gone\n  what was finished stays"):
            stage1(
                inputs,
                output,
                workers=None,
                scheduler=cluster.address,
                on_progress=kill,
            )
    assert list((output / "_commits").iterdir())
    assert stage1(inputs, output, resume=True).n_shards_kept
    assert hashes(output) == hashes(dl1)
