"""What Dask adds to an executor: workers that may be lost, clusters of all kinds."""

import logging
import os
import pickle
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from dask import config as dask_config
from dask_processes import own_cluster, wait_for
from distributed.core import Status
from executors import sample_tasks

from cta_columnar.errors import UserError
from cta_columnar.executors import (
    BatchJobs,
    DaskScheduler,
    Err,
    LocalDask,
    SchedulerLostError,
    Task,
    make_executor,
)
from cta_columnar.executors.child import Child, resident_memory
from cta_columnar.executors.dask import (
    DaskExecutor,
    asking,
    certificates,
    clusters,
    flight,
    on_worker,
)

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def dask(dask_scheduler):
    with make_executor(dask=DaskScheduler(dask_scheduler)) as executor:
        yield executor


def tasks(function, *arguments):
    return [Task(f"{function.__name__} {args}", function, args) for args in arguments]


def test_a_task_that_kills_its_process_is_tried_again_and_given_up(dask):
    work = tasks(sample_tasks.double, (1,), (2,))
    work.insert(1, Task("big.simtel", sample_tasks.die, (int(signal.SIGKILL),)))
    retries = []
    first, bad, last = dask.map(work, on_retry=lambda *what: retries.append(what))
    assert [number for number, _ in retries] == [1, 1]
    assert "killed by SIGKILL" in retries[0][1]
    assert [each.number for each in (first, bad, last)] == [0, 1, 2]
    assert (first.value, last.value) == (2, 4)
    assert bad.name == "big.simtel"
    assert "killed by SIGKILL; out of memory?" in bad.message
    assert "tried 3 times" in bad.message


def test_the_task_of_a_lost_worker_is_done_by_another(dask, tmp_path):
    once = Task("a", sample_tasks.kill_the_parent_once, (tmp_path / "killed",))
    retries = []
    work = [*tasks(sample_tasks.double, (4,)), once]
    other, lost = dask.map(work, on_retry=lambda *what: retries.append(what))
    assert (lost.value, other.value) == ("done", 8)
    assert (1, True) in {(number, "was lost" in cause) for number, cause in retries}
    assert dask.workers in (1, 2)


@pytest.mark.full
def test_a_task_that_kills_every_worker_is_given_up(dask):
    work = [Task("bad", sample_tasks.kill_the_parent)]
    bad, good = dask.map([*work, *tasks(sample_tasks.double, (4,))])
    assert (bad.name, good.value) == ("bad", 8)
    assert "Dask workers was lost that had it" in bad.message


def test_few_tasks_are_known_to_the_scheduler(dask, monkeypatch):
    monkeypatch.setattr(flight, "_AT_LEAST", 8)
    begun, waiting = 0, []

    def endless():
        nonlocal begun
        for begun in range(1, 101):
            yield Task("a", sample_tasks.double, (begun,))

    dask.map(endless(), lambda _: waiting.append(begun - len(waiting)))
    assert len(waiting) == 100
    assert max(waiting) <= 8


def test_progress_is_heard_while_a_task_runs(dask, tmp_path):
    seen, flag = [], tmp_path / "heard"

    def hear(name, amounts):
        seen.append(amounts["events"])
        flag.touch()

    began = time.monotonic()
    dask.map([Task("a", sample_tasks.report_slowly, (flag,))], on_progress=hear)
    assert seen
    assert time.monotonic() - began < 20


def test_tasks_of_an_interrupted_run_stop_and_clean_up(dask, tmp_path):
    slow = Task("a", sample_tasks.sleep_until_killed, (tmp_path,))

    def stop(_):
        wait_for(lambda: list(tmp_path.iterdir()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dask.map([slow, *tasks(sample_tasks.double, (1,))], stop)
    wait_for(lambda: list(tmp_path.glob("*.cleaned")))
    assert dask.map(tasks(sample_tasks.double, (1,)))[0].value == 2


def test_executors_have_processes_of_their_own(
    dask, dask_scheduler, tmp_path, monkeypatch
):
    """So that what one has loaded is unknown to the others; in the client's folder."""
    before = dask.map([Task("a", sample_tasks.whoami)] * 4)
    monkeypatch.chdir(tmp_path)
    initializer = partial(sample_tasks.append_line, "log")
    with make_executor(None, initializer, DaskScheduler(dask_scheduler)) as other:
        mine = {each.value for each in other.map([Task("a", sample_tasks.whoami)] * 4)}
    assert not mine & {each.value for each in before}
    log = (tmp_path / "log").read_text()
    assert sorted(map(int, log.split())) == sorted(mine)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in mine))


def test_an_initializer_that_fails_is_the_error_of_every_task(dask_scheduler):
    place = DaskScheduler(dask_scheduler)
    with make_executor(None, sample_tasks.broken_start, place) as executor:
        results = executor.map(tasks(sample_tasks.double, (1,), (2,)))
    assert [each.message for each in results] == ["RuntimeError: no such plugin"] * 2


def test_a_folder_that_workers_do_not_see_is_named(
    dask_scheduler, tmp_path, monkeypatch
):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with DaskExecutor(DaskScheduler(dask_scheduler), retries=0) as executor:
        gone.rmdir()
        (bad,) = executor.map(tasks(sample_tasks.double, (1,)))
    assert str(gone) in bad.message
    assert "must see the same files" in bad.message


def test_a_process_that_takes_too_much_memory_is_named():
    limit = resident_memory(os.getpid()) + 500_000_000
    worker = SimpleNamespace(
        memory_manager=SimpleNamespace(memory_limit=limit),
        state=SimpleNamespace(nthreads=1),
    )
    child = Child(pickle.dumps(None), str(TESTS))
    assert on_worker._excess(child, worker) == ""
    child.pipe.send_bytes(pickle.dumps(Task("a", sample_tasks.allocate, (500,))))
    wait_for(lambda: child.memory() > 500_000_000)
    assert "MB of the Dask worker" in on_worker._excess(child, worker)
    assert child.stop() == "the worker process ended with status 0"


def test_memory_is_looked_at_however_seldom_a_task_may_tell(monkeypatch):
    """And however often it reports: between two of its reports."""
    state = SimpleNamespace(nthreads=1, tasks={"a": SimpleNamespace(state="executing")})
    worker = SimpleNamespace(
        memory_manager=SimpleNamespace(
            memory_limit=resident_memory(os.getpid()) + 300_000_000
        ),
        state=state,
        status=Status.running,
        get_current_task=lambda: "a",
    )
    monkeypatch.setattr(on_worker, "get_worker", lambda: worker)
    seldom = on_worker.Setup("a", pickle.dumps(None), str(TESTS), tell_every_s=1e9)
    message = pickle.dumps(Task("a", sample_tasks.grow, (300,)))
    answer = on_worker.run_message(message, seldom)
    assert "MB of the Dask worker" in answer.death
    assert not answer.may_retry


def test_no_scheduler_at_an_address(monkeypatch):
    monkeypatch.setattr(clusters, "_CONNECT_S", 0.2)
    with pytest.raises(UserError, match="no Dask scheduler answers at tcp:"):
        make_executor(dask=DaskScheduler("tcp://127.0.0.1:9")).__enter__()


def test_an_address_that_wants_certificates(dask_scheduler):
    """Who has none is told where Dask looks for them, or what the address may be."""
    without = {"distributed.comm.tls.ca-file": None}
    with dask_config.set(without), pytest.raises(UserError, match="no certificates"):
        make_executor(dask=DaskScheduler(dask_scheduler)).__enter__()


def test_a_site_that_wants_encryption(batch_system):
    batch_system(sbatch="#!/bin/sh\nexit 1\n")
    tcp = DaskScheduler("tcp://127.0.0.1:9")
    open_jobs = BatchJobs("slurm", 0, 1, SLURM, tls=False)
    with dask_config.set({"distributed.comm.require-encryption": True}):
        for place in (tcp, open_jobs):
            with pytest.raises(UserError, match="encryption required"):
                make_executor(dask=place).__enter__()


def test_what_is_begun_here_is_closed_to_others(monkeypatch):
    """Nobody without the certificates of this run, nothing heard from outside."""
    monkeypatch.setattr(clusters, "_CONNECT_S", 0.5)
    with (
        dask_config.set({"distributed.comm.tls.ca-file": None}),
        clusters.connect(LocalDask(1)) as mine,
    ):
        address = mine.client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        assert mine.client.cluster.scheduler.http_server.address == "127.0.0.1"
        heard = mine.client.run(sample_tasks.address_of_pages)
        assert list(heard.values()) == ["127.0.0.1"]
        other = DaskScheduler(address.replace("tls", "tcp"))
        with pytest.raises(UserError, match="is it a tls:// address"):
            make_executor(dask=other).__enter__()


def test_dask_is_asked_for_and_not_installed(monkeypatch):
    for name in [each for each in sys.modules if "executors.dask" in each]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install 'cta-columnar\[dask\]'"):
        make_executor(dask=DaskScheduler("tcp://127.0.0.1:9"))


@pytest.mark.parametrize(
    ("place", "missing"),
    [
        (LocalDask(1), "cryptography"),
        (BatchJobs("slurm", 0, 1, {}, tls=False), "dask_jobqueue"),
    ],
)
def test_a_package_of_dask_is_not_installed(place, missing, monkeypatch, batch_system):
    batch_system(sbatch="#!/bin/sh\nexit 1\n")
    monkeypatch.setitem(sys.modules, missing, None)
    with (
        dask_config.set({"distributed.comm.tls.ca-file": None}),
        pytest.raises(
            UserError, match=rf"{missing}.*pip install 'cta-columnar\[dask\]'"
        ),
    ):
        make_executor(dask=place).__enter__()


SBATCH = """#!/bin/sh
cp "$1" {folder}/job.sh
bash {folder}/job.sh > {folder}/job.log 2>&1 &
echo $! >> {folder}/jobs
echo Submitted batch job $!
"""
SCANCEL = """#!/bin/sh
echo $1 >> {folder}/cancelled
kill $1
"""


@pytest.fixture
def batch_system(tmp_path, monkeypatch):
    """Put programs in front of the path that are SLURM for whoever believes them."""

    def install(**programs):
        for name, text in programs.items():
            program = tmp_path / name
            program.write_text(text.format(folder=tmp_path))
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("PYTHONPATH", str(TESTS))
        return tmp_path

    return install


SLURM = {"cores": 1, "processes": 1, "memory": "1 GB", "interface": "lo"}


@pytest.mark.full
def test_jobs_are_submitted_while_there_is_work(batch_system):
    folder = batch_system(sbatch=SBATCH, scancel=SCANCEL)
    with make_executor(dask=BatchJobs("slurm", 0, 1, SLURM)) as executor:
        (result,) = executor.map(tasks(sample_tasks.double, (3,)))
    assert result.value == 6
    assert (folder / "jobs").read_text() == (folder / "cancelled").read_text()


def test_a_batch_system_that_takes_no_jobs_ends_the_run(batch_system, monkeypatch):
    monkeypatch.setattr(clusters, "_SUBMIT_AGAIN_S", (0.01,))
    monkeypatch.setattr(asking, "_COUNT_EVERY_S", 0.2)
    batch_system(sbatch="#!/bin/sh\necho no such partition >&2\nexit 1\n")
    with (
        make_executor(dask=BatchJobs("slurm", 1, 1, SLURM)) as executor,
        pytest.raises(UserError, match="no such partition"),
    ):
        executor.map(tasks(sample_tasks.double, (3,)))


@pytest.mark.full
def test_a_job_that_was_refused_is_asked_for_again(batch_system, monkeypatch):
    monkeypatch.setattr(clusters, "_SUBMIT_AGAIN_S", ())
    monkeypatch.setattr(clusters, "_FORGET_AFTER_S", 0.1)
    once = "test -e {folder}/refused || {{ touch {folder}/refused; exit 1; }}\n"
    first, _, rest = SBATCH.partition("\n")
    folder = batch_system(sbatch=f"{first}\n{once}{rest}", scancel=SCANCEL)
    with clusters.connect(BatchJobs("slurm", 1, 1, SLURM)) as connection:
        connection.client.wait_for_workers(1, timeout=30)
        assert (folder / "refused").exists()
        assert "no such" not in str(connection.failures)


def test_what_was_refused_before_is_no_reason_to_end(dask, monkeypatch):
    monkeypatch.setattr(asking, "_COUNT_EVERY_S", -1.0)
    connection = dask._connected()
    connection.failures.append("no room, an hour ago")
    assert dask.map(tasks(sample_tasks.double, (3,)))[0].value == 6
    assert connection.failures == []


def test_an_interface_that_is_not_here(batch_system):
    batch_system(sbatch="#!/bin/sh\nexit 1\n")
    place = BatchJobs("slurm", 0, 1, SLURM | {"interface": "nosuch0"})
    message = r"begin here \(interface nosuch0\): 'nosuch0' is not .*'lo'"
    with pytest.raises(UserError, match=message):
        make_executor(dask=place).__enter__()


def test_no_batch_system_here(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="there is no qsub here"):
        make_executor(dask=BatchJobs("pbs", 0, 1, SLURM)).__enter__()


def test_the_client_of_dask_says_nothing_by_itself(dask):
    """It has a level of its own, and tells of lost schedulers by tracebacks."""
    for name in ("distributed", "distributed.client"):
        assert logging.getLogger(name).getEffectiveLevel() == logging.CRITICAL


def test_a_lost_scheduler_ends_the_run(tmp_path):
    folder = tmp_path / "pids"
    folder.mkdir()
    slow = Task("a", sample_tasks.sleep_until_killed, (folder,))

    def kill(_):
        wait_for(lambda: list(folder.iterdir()))
        cluster.scheduler.kill()

    with own_cluster(tmp_path) as cluster:
        with (
            make_executor(dask=DaskScheduler(cluster.address)) as executor,
            pytest.raises(SchedulerLostError, match="is gone"),
        ):
            executor.map([*tasks(sample_tasks.double, (1,)), slow], kill)
        # Its worker ends by itself, and with it what it did.
        wait_for(lambda: list(folder.glob("*.cleaned")))


def test_err_is_no_answer_of_a_worker_without_the_package(dask):
    """What Dask itself says of a task is the error of that task only."""
    run = SimpleNamespace(finish=lambda number, result: found.append((number, result)))
    found: list[tuple[int, Err]] = []
    hand = flight.Flight(dask._connected(), dask._setup, run, 0)
    future = dask._connected().client.submit(sample_tasks.fail, 7, pure=False)
    future.exception()
    hand._attempts[future] = flight._Attempt(5, b"")
    hand._fail(future)
    hand.end()
    assert found[0][0] == 5
    assert "cannot run tasks: ValueError: no 7" in found[0][1].message


def test_certificates_for_jobs_are_files_of_their_user(tmp_path, monkeypatch):
    """In a folder of the run, which is gone when it ends."""
    monkeypatch.chdir(tmp_path)
    jobs = BatchJobs("slurm", 0, 1, SLURM)
    with dask_config.set({"distributed.comm.tls.ca-file": None}):
        with certificates.shared_security(jobs) as security:
            (folder,) = tmp_path.iterdir()
            assert folder.stat().st_mode & 0o077 == 0
            of_worker = security.get_tls_config_for_role("worker")
            assert of_worker["key"] == str(folder / "key.pem")
            assert security.require_encryption
        with certificates.shared_security(replace(jobs, tls=False)) as security:
            assert security is None
    assert list(tmp_path.iterdir()) == []
    script = clusters.job_script(jobs)
    assert "--no-dashboard --dashboard-address 127.0.0.1:0" in script


@pytest.mark.parametrize("name", ["a blank", "$HOME", "it's"])
def test_certificates_for_jobs_in_a_folder_that_shells_take_apart(
    name, tmp_path, monkeypatch
):
    """Dask-jobqueue writes their paths into a script without quotes."""
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    with (
        dask_config.set({"distributed.comm.tls.ca-file": None}),
        pytest.raises(UserError, match="begin the run in a folder"),
        certificates.shared_security(BatchJobs("slurm", 0, 1, SLURM)),
    ):
        pass
    assert list(folder.iterdir()) == []
