"""A run on a Dask cluster gives the bytes of any other run, whatever is lost."""

import pytest
from dask_processes import own_cluster
from runs.commands import hashes, stage1, stage2

from cta_columnar.errors import UserError


@pytest.mark.full
def test_the_same_bytes_as_in_one_process(inputs, dl1, dl2, dask_scheduler, tmp_path):
    stage1(inputs, tmp_path / "dl1", workers=None, scheduler=dask_scheduler)
    assert hashes(tmp_path / "dl1") == hashes(dl1)
    stage2(dl1, tmp_path / "dl2", workers=None, scheduler=dask_scheduler)
    assert hashes(tmp_path / "dl2") == hashes(dl2)


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
