"""Runs through a real SLURM: `make test-cluster`; collected only when it is named."""

import os
import signal

import pytest
from cluster.slurm import running_slurm, why_not
from runs.commands import SETTINGS, hashes, stage1
from simtel_surgery import make_inputs

from cta_columnar.config import BatchConfig
from cta_columnar.pipelines.planning.plan import plan

CLUSTER = """\
stage: cluster
type: slurm
queue: main
maximum: 2
memory: 2.0
wall_time: 20
interface: lo
logs: {folder}/logs
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    if reason := why_not():
        pytest.skip(f"no SLURM: {reason}")
    with (
        running_slurm(tmp_path_factory.mktemp("slurm")) as found,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in found.environment.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture(scope="module")
def raw(shared, tmp_path_factory):
    """Return eight raw files of simulated events."""
    return make_inputs(tmp_path_factory.mktemp("raw"), shared)


@pytest.fixture(scope="module")
def alone(raw, tmp_path_factory):
    """Return the dataset that one process makes."""
    output = tmp_path_factory.mktemp("alone") / "dl1"
    stage1(raw, output)
    return output


@pytest.fixture
def cluster(tmp_path):
    file = tmp_path / "cluster.yaml"
    file.write_text(CLUSTER.format(folder=tmp_path))
    return file


def test_a_job_array_in_a_folder_of_any_name(slurm, raw, alone, tmp_path):
    folder = tmp_path / 'it\'s "my" $(dl1) #1 100%'
    folder.mkdir()
    made = plan(
        "stage1",
        input=raw,
        output=folder / "dl1",
        elements=2,
        script=folder / "run me.sh",
        batch=BatchConfig(memory=1.5, wall_time=20),
        set=SETTINGS,
    )
    slurm.ask("sbatch", "--wait", str(made.script))
    assert hashes(folder / "dl1") == hashes(alone)
    logs = sorted((folder / "dl1" / "_plan" / "logs").iterdir())
    assert [path.name for path in logs] == ["0.log", "1.log"]
    assert all("element" in path.read_text() for path in logs)


def test_dask_workers_by_slurm(slurm, raw, alone, cluster, tmp_path):
    stage1(raw, tmp_path / "dl1", workers=None, cluster=cluster)
    assert hashes(tmp_path / "dl1") == hashes(alone)
    assert slurm.ask("squeue", "--noheader", "--states=running,pending") == ""


def test_a_killed_node_daemon_and_job(slurm, raw, alone, cluster, tmp_path):
    killed = []

    def kill(progress):
        if progress.done and not killed:
            jobs = slurm.ask("squeue", "--noheader", "--format=%i %N").split("\n")
            job = next(each for each in jobs if each.strip()).split()[0]
            killed.append(job)
            os.kill(slurm.node_daemons["n2"].pid, signal.SIGKILL)
            slurm.ask("scancel", "--signal=KILL", "--full", job)

    output = tmp_path / "dl1"
    stage1(raw, output, workers=None, cluster=cluster, on_progress=kill)
    assert killed
    assert hashes(output) == hashes(alone)
