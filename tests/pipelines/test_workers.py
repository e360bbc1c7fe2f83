"""From options and the file of a cluster to executors and scripts of jobs."""

import subprocess
from pathlib import Path

import pytest

import cta_columnar.configs
from cta_columnar import registry, run
from cta_columnar.config import ClusterConfig, ConfigError
from cta_columnar.digests import code_digest
from cta_columnar.errors import UserError
from cta_columnar.executors import DaskScheduler, LocalDask, SerialExecutor
from cta_columnar.executors.dask import job_script
from cta_columnar.pipelines.running.common import RunOptions
from cta_columnar.pipelines.running.workers import (
    _prepare,
    batch_jobs,
    executor_for,
    place_of,
)

SHIPPED = Path(cta_columnar.configs.__file__).parent
SYSTEMS = ("slurm", "htcondor", "pbs", "lsf")


def test_what_options_ask_for():
    assert place_of(None, None, None, 3) is None
    assert place_of("processes", None, None, 3) is None
    assert place_of("dask", None, None, 3) == LocalDask(3)
    assert place_of("dask", "tcp://a:1", None, None) == DaskScheduler("tcp://a:1")
    assert place_of(None, "tcp://a:1", None, None) == DaskScheduler("tcp://a:1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("dusk", None, None, None), "executor: 'dusk' is not a choice; did you mean"),
        (("processes", "tcp://a:1", None, None), "--scheduler is for Dask"),
        (("processes", None, Path("a.yaml"), None), "--cluster is for Dask"),
        ((None, "tcp://a:1", Path("a.yaml"), None), "choose one"),
        ((None, "tcp://a:1", None, 3), "as many as it has"),
        ((None, None, Path("a.yaml"), None), "a.yaml cannot be read"),
    ],
)
def test_options_that_contradict_each_other(options, message):
    with pytest.raises(UserError, match=message):
        place_of(*options)


@pytest.mark.parametrize(
    "address",
    [
        *("", "foo", "host:8786", "tcp://", "tcp://host", "tcp://host:", "tcp://:8786"),
        *("tcp://host:0", "tcp://host:65536", "tcp://host:http", "tcp://host:1/a"),
        *("inproc://127.0.0.1/12", "ucx://host:8786", "ws://host:8786", "tcp://[a:1"),
    ],
)
def test_an_address_that_no_scheduler_has(address):
    with pytest.raises(UserError, match=r"such as tcp://host:8786, got '"):
        place_of(None, address, None, None)


def test_addresses_that_schedulers_have():
    for address in (
        "tls://node-1.site.org:8786",
        "tcp://[::1]:1",
        "tcp://10.0.0.1:65535",
    ):
        assert place_of(None, address, None, None) == DaskScheduler(address)


def test_a_training_is_not_spread(tmp_path):
    with pytest.raises(UserError, match="train is done on one machine"):
        run("train", input=tmp_path, output=tmp_path / "m", executor="dask")


def test_nothing_to_do_needs_no_cluster():
    options = RunOptions(dask=DaskScheduler("tcp://nowhere:1"))
    assert isinstance(executor_for(options, 0), SerialExecutor)


def test_other_code_on_a_worker_is_refused(tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text("")
    digest = code_digest([plugin])
    plugin.write_text("# changed\n")
    with pytest.raises(UserError, match="another version of cta_columnar"):
        _prepare((plugin,), digest)
    assert plugin not in registry.plugins()


CONFIG = {
    "queue": "long",
    "account": "cta",
    "workers_per_job": 4,
    "memory": 2.0,
    "wall_time": 150,
    "scratch": "/scratch/$USER",
    "prologue": ("module load python",),
    "interface": "lo",
    "python": "/opt/python",
}
LINES = {
    "slurm": [
        "#SBATCH -p long",
        "#SBATCH -A cta",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=8G",
        "#SBATCH -t 02:30:00",
        "#SBATCH --nice",
    ],
    "pbs": [
        "#PBS -q long",
        "#PBS -A cta",
        "#PBS -l select=1:ncpus=4:mem=7630MB",
        "#PBS -l walltime=02:30:00",
        "#PBS --nice",
    ],
    "lsf": [
        "#BSUB -q long",
        '#BSUB -P "cta"',
        "#BSUB -n 4",
        '#BSUB -R "span[hosts=1]"',
        "#BSUB -W 02:30",
        "#BSUB --nice",
    ],
}


@pytest.mark.parametrize("system", LINES)
def test_the_script_of_a_job(system):
    config = ClusterConfig(type=system, directives=("--nice",), **CONFIG)
    script = job_script(batch_jobs(config), "tcp://here:1234")
    lines = script.splitlines()
    for line in LINES[system]:
        assert line in lines
    shell = [line for line in lines if line and not line.startswith("#")]
    assert shell[:3] == [
        "module load python",
        'mkdir -p "/scratch/$USER"',
        'export TMPDIR="/scratch/$USER"',
    ]
    words = shell[3].split()
    program = ["/opt/python", "-m", "distributed.cli.dask_worker"]
    assert words[:4] == [*program, "tcp://here:1234"]
    for option in (
        "--nthreads 1",
        "--nworkers 4",
        "--memory-limit 1.86GiB",
        "--local-directory /scratch/$USER",
        "--interface lo",
        "--lifetime 8100s --lifetime-stagger 450s",
    ):
        assert option in shell[3]
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_the_description_of_a_job_of_htcondor():
    own = {"queue": None, "directives": ("requirements = Arch == X86_64",)}
    config = ClusterConfig(type="htcondor", **CONFIG | own)
    lines = job_script(batch_jobs(config), "tcp://here:1234").splitlines()
    for line in (
        "MY.DaskWorkerCores = 4",
        "MY.DaskWorkerMemory = 8000000000",
        "MY.DaskWorkerDisk = 5000000000",
        "accounting_group = cta",
        "+MaxRuntime = 9000",
        "requirements = Arch == X86_64",
        "Executable = /bin/sh",
    ):
        assert line in lines
    (arguments,) = (each for each in lines if each.startswith("Arguments"))
    assert "module load python; mkdir -p" in arguments
    assert "--lifetime 8100s" in arguments


@pytest.mark.parametrize("system", SYSTEMS)
def test_shipped_files_are_right(system):
    jobs = place_of(None, None, SHIPPED / f"cluster_{system}.yaml", None)
    assert (jobs.system, jobs.minimum, jobs.maximum) == (system, 0, 64)
    fewer = place_of(None, None, SHIPPED / f"cluster_{system}.yaml", 5)
    assert (fewer.minimum, fewer.maximum) == (0, 5)


@pytest.mark.parametrize("text", ["", "stage: cluster", "maximum: 3"])
def test_a_file_that_names_no_batch_system(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text + "\n")
    with pytest.raises(UserError, match=r"mine.yaml: type: name the batch system"):
        place_of(None, None, file, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type: torque", "'torque' is not a choice"),
        ("walltime: 60", "did you mean 'wall_time'"),
        ("minimum: 20", "minimum: 20 is more than maximum: 10"),
        ("type: htcondor\nqueue: long", "queue: HTCondor has none"),
        ("type: htcondor\ndirectives: [--nice]", "are key = value, got '--nice'"),
        ("stage: stage1", "not for 'cluster'"),
        ("memory: 0.5", "memory: must be > 0.6 GB"),
        ("memory: 0.6", "memory: must be > 0.6 GB"),
        ("dashboard: foo", "dashboard: must be a host and a port .* got 'foo'"),
        ("dashboard: '8787'", "dashboard: must be a host and a port"),
        ("dashboard: ':8787'", "dashboard: must be a host and a port"),
        ("dashboard: 127.0.0.1:99999", "dashboard: must be a host and a port"),
        ("dashboard: 127.0.0.1:0", "dashboard: must be a host and a port"),
        ("dashboard: here:80/status", "dashboard: must be a host and a port"),
    ],
)
def test_files_that_are_wrong(tmp_path, text, message):
    file = tmp_path / "mine.yaml"
    file.write_text(text + "\n")
    with pytest.raises(ConfigError, match=message):
        place_of(None, None, file, None)
