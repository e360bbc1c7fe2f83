"""Runs through a real SLURM: `make test-cluster`; collected only when it is named."""

import pytest
from campaign.kills import is_node_at_work
from cluster.slurm import NODES, running_slurm, why_not
from dask_processes import wait_for
from runs.commands import SETTINGS, hashes, stage1

from cta_columnar.config import BatchConfig
from cta_columnar.pipelines.planning.plan import plan
from cta_columnar.pipelines.planning.status import status
from cta_columnar.store import is_finished

pytest_plugins = ["undisturbed"]

PATIENCE_S = 120

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


def test_a_node_dies_in_the_midst_of_an_element(slurm, raw, alone, tmp_path):
    """What it was doing is missing, is known to be, and is done by a resubmission."""
    output = tmp_path / "dl1"
    made = plan(
        "stage1",
        input=raw,
        output=output,
        elements=2,
        script=tmp_path / "stage1.sh",
        batch=BatchConfig(memory=1.5, wall_time=20),
        set=SETTINGS,
    )
    job = slurm.ask("sbatch", "--parsable", str(made.script)).strip()
    found = []
    wait_for(lambda: found.extend(nodes_at_work(slurm, output)) or found, PATIENCE_S)
    node = found[0]
    struck = slurm.element_on(node)
    slurm.kill_node(node)
    assert not slurm.processes_of(node)
    # The controller would begin it anew by itself, some minutes later.
    slurm.cancel(job, "--state=PENDING")
    slurm.mend_node(node)
    slurm.wait_until_idle()
    slurm.cancel(job)
    assert not is_finished(output)
    left = status(output).unfinished
    # The other one too, if it still waited for its node and was cancelled.
    assert struck in left.split("-")
    slurm.ask("sbatch", "--wait", f"--array={left}", str(made.script))
    assert hashes(output) == hashes(alone)


def test_a_node_dies_under_a_dask_worker(slurm, raw, alone, cluster, tmp_path):
    """The shard that it was doing is done by another worker, within the same run."""
    output, killed = tmp_path / "dl1", []

    def kill(progress):
        if not killed and progress.done and (nodes := nodes_at_work(slurm, output)):
            killed.append(nodes[0])
            slurm.kill_node(nodes[0])

    stage1(raw, output, workers=None, cluster=cluster, on_progress=kill)
    assert killed
    slurm.mend_node(killed[0])
    assert hashes(output) == hashes(alone)


def nodes_at_work(slurm, output):
    return [node for node in NODES if is_node_at_work(slurm, node, output)]
