"""What Dask adds to an executor: workers that may be lost, clusters of all kinds."""

import os
import pickle
import signal
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from dask_processes import own_cluster, wait_for
from executors import sample_tasks

from cta_columnar.errors import UserError
from cta_columnar.executors import (
    BatchJobs,
    DaskScheduler,
    Err,
    SchedulerLostError,
    Task,
    make_executor,
)
from cta_columnar.executors.child import Child, resident_memory
from cta_columnar.executors.dask import DaskExecutor, clusters, flight, on_worker

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
    first, bad, last = dask.map(work)
    assert (first.value, last.value) == (2, 4)
    assert bad.name == "big.simtel"
    assert "killed by SIGKILL; out of memory?" in bad.message
    assert "tried 3 times" in bad.message


def test_the_task_of_a_lost_worker_is_done_by_another(dask, tmp_path):
    once = Task("a", sample_tasks.kill_the_parent_once, (tmp_path / "killed",))
    lost, other = dask.map([once, *tasks(sample_tasks.double, (4,))])
    assert (lost.value, other.value) == ("done", 8)


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


def test_no_scheduler_at_an_address(monkeypatch):
    monkeypatch.setattr(clusters, "_CONNECT_S", 0.2)
    with pytest.raises(UserError, match="no Dask scheduler answers at tcp:"):
        make_executor(dask=DaskScheduler("tcp://127.0.0.1:9")).__enter__()


def test_dask_is_asked_for_and_not_installed(monkeypatch):
    for name in [each for each in sys.modules if "executors.dask" in each]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install 'cta-columnar\[dask\]'"):
        make_executor(dask=DaskScheduler("tcp://127.0.0.1:9"))


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
    monkeypatch.setattr(flight, "_COUNT_EVERY_S", 0.2)
    monkeypatch.setattr(flight, "_LOOK_EVERY_S", 0.1)
    batch_system(sbatch="#!/bin/sh\necho no such partition >&2\nexit 1\n")
    with (
        make_executor(dask=BatchJobs("slurm", 1, 1, SLURM)) as executor,
        pytest.raises(UserError, match="no such partition"),
    ):
        executor.map(tasks(sample_tasks.double, (3,)))


def test_no_batch_system_here(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="there is no qsub here"):
        make_executor(dask=BatchJobs("pbs", 0, 1, SLURM)).__enter__()


def test_a_lost_scheduler_ends_the_run(tmp_path):
    folder = tmp_path / "pids"
    folder.mkdir()
    slow = Task("a", sample_tasks.sleep_until_killed, (folder,))

    def kill(_):
        wait_for(lambda: list(folder.iterdir()))
        scheduler.kill()

    with own_cluster(tmp_path) as (scheduler, address):
        with (
            make_executor(dask=DaskScheduler(address)) as executor,
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
