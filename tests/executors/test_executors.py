"""One matrix: what every executor must do."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from executors import sample_tasks

from cta_columnar.executors import (
    DaskScheduler,
    Err,
    Ok,
    ProcessExecutor,
    SerialExecutor,
    Task,
    default_workers,
    make_executor,
    report,
)

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def processes():
    with ProcessExecutor(2) as executor:
        yield executor


@pytest.fixture(scope="module")
def dask(dask_scheduler):
    with make_executor(dask=DaskScheduler(dask_scheduler)) as executor:
        yield executor


@pytest.fixture(params=["serial", "processes", "dask"])
def executor(request):
    if request.param == "serial":
        return SerialExecutor()
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["processes", "dask"])
def workers(request):
    return request.getfixturevalue(request.param)


def tasks(function, *arguments):
    return [Task(f"{function.__name__} {args}", function, args) for args in arguments]


def test_results_come_in_the_order_of_the_tasks(executor):
    seen = []
    results = executor.map(tasks(sample_tasks.double, (1,), (2,), (3,)), seen.append)
    assert [result.value for result in results] == [2, 4, 6]
    assert sorted(result.value for result in seen) == [2, 4, 6]
    assert all(isinstance(result, Ok) for result in results)


def test_no_tasks(executor):
    assert executor.map([]) == []


def test_a_failing_task_is_a_value_and_others_go_on(executor):
    work = [*tasks(sample_tasks.fail, (7,)), *tasks(sample_tasks.double, (4,))]
    bad, good = executor.map(work)
    assert isinstance(bad, Err)
    assert bad.name == "fail (7,)"
    assert bad.message == "ValueError: no 7"
    assert "in fail" in bad.traceback
    assert isinstance(bad.exception, ValueError)
    assert good.value == 8


def test_an_interruption_within_compiled_code_is_one():
    """Not a task that failed: what a signal raises comes wrapped from there."""
    with pytest.raises(KeyboardInterrupt):
        SerialExecutor().map([Task("a", sample_tasks.interrupted_while_compiled)])
    (bad,) = SerialExecutor().map([Task("b", sample_tasks.fail_deep_down)])
    assert bad.message == "SystemError: result with an exception set"


def test_an_exception_that_cannot_travel_leaves_its_text(executor):
    (bad,) = executor.map([Task("a", sample_tasks.fail_awkwardly)])
    assert bad.message == "AwkwardError: a.simtel: bad at 12"
    # A serial executor hands on what was raised, whether it could travel or not.
    assert bad.exception is None or isinstance(executor, SerialExecutor)


def test_sys_exit_in_a_task_is_its_failure(executor):
    (bad,) = executor.map([Task("a", sample_tasks.leave)])
    assert "SystemExit: 3" in bad.message


def test_amounts_are_summed_and_none_is_lost(executor):
    seen = []
    executor.map(
        [Task("a", sample_tasks.count, (1000,)), Task("b", sample_tasks.count, (10,))],
        on_progress=lambda name, amounts: seen.append((name, amounts["events"])),
    )
    assert sum(events for name, events in seen if name == "a") == 1000
    assert sum(events for name, events in seen if name == "b") == 10


def test_nothing_is_begun_any_more_and_what_runs_is_finished(executor, tmp_path):
    results = []
    work = [Task("a", sample_tasks.append_line_slowly, (tmp_path / "log",))] * 12
    found = executor.map(work, results.append, may_begin=lambda: not results)
    begun = (tmp_path / "log").read_text().split()
    assert all(isinstance(each, Ok) for each in found)
    # With Dask the next ones may have begun before the first result is heard of.
    assert len(found) == len(results) == len(begun) <= 6
    time.sleep(0.6)
    assert (tmp_path / "log").read_text().split() == begun
    assert executor.map(tasks(sample_tasks.double, (1,)))[0].value == 2


def test_nothing_is_begun_at_all(executor):
    work = tasks(sample_tasks.double, (1,))
    assert executor.map(work, may_begin=lambda: False) == []


def test_report_outside_of_a_task_does_nothing():
    report(events=3)


def test_an_error_in_a_callback_stops_the_run(executor):
    def stop(result):
        raise KeyError(result.name)

    with pytest.raises(KeyError):
        executor.map(tasks(sample_tasks.double, (1,), (2,)), stop)
    # The answers are those of these tasks, not of the ones that were given up.
    for number in (5, 6):
        assert (
            executor.map(tasks(sample_tasks.double, (number,)))[0].value == 2 * number
        )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_worker_is_an_error_of_its_task_only(workers, number):
    work = tasks(sample_tasks.double, (1,), (2,), (3,))
    work.insert(1, Task("big.simtel", sample_tasks.die, (int(number),)))
    results = workers.map(work)
    assert [result.value for result in results if isinstance(result, Ok)] == [2, 4, 6]
    assert results[1].name == "big.simtel"
    assert number.name in results[1].message


def test_a_worker_that_died_idle_costs_no_task(workers):
    (pid,) = {r.value for r in workers.map([Task("a", sample_tasks.whoami)])}
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert workers.map(tasks(sample_tasks.double, (1,)))[0].value == 2


def test_workers_live_for_the_whole_run(workers):
    pids = {
        result.value
        for _ in range(3)
        for result in workers.map([Task("a", sample_tasks.whoami)] * 2)
    }
    assert len(pids) <= 2
    assert os.getpid() not in pids


def test_workers_use_one_thread_per_library(workers):
    (result,) = workers.map([Task("a", sample_tasks.threads)])
    assert result.value == (1, 1, 1)
    assert "POLARS_MAX_THREADS" not in os.environ


def test_what_cannot_be_pickled_is_an_error_of_its_task(workers):
    work = [
        Task("result", sample_tasks.unpicklable),
        Task("task", lambda: None),
        *tasks(sample_tasks.double, (1,)),
    ]
    result, task, good = workers.map(work)
    assert (result.name, task.name, good.value) == ("result", "task", 2)
    assert "pickle" in result.message
    assert "pickle" in task.message


def test_initializer_runs_once_in_each_worker(tmp_path):
    log = tmp_path / "log"
    initializer = partial(sample_tasks.append_line, log)
    with ProcessExecutor(1, initializer) as executor:
        executor.map(tasks(sample_tasks.double, (1,), (2,)))
    assert len(log.read_text().split()) == 1
    serial = SerialExecutor(initializer)
    serial.map(tasks(sample_tasks.double, (1,), (2,)))
    assert len(log.read_text().split()) == 2


def test_an_initializer_that_fails_is_the_error_of_every_task():
    for executor in (
        ProcessExecutor(1, sample_tasks.broken_start),
        SerialExecutor(sample_tasks.broken_start),
    ):
        with executor:
            results = executor.map(tasks(sample_tasks.double, (1,), (2,)))
        messages = [result.message for result in results]
        assert messages == ["RuntimeError: no such plugin"] * 2
        assert results[1].name == "double (2,)"


def test_number_of_workers():
    assert isinstance(make_executor(1), SerialExecutor)
    assert make_executor(3).workers == 3
    assert default_workers() == len(os.sched_getaffinity(0))


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from executors import sample_tasks
from cta_columnar.executors import LocalDask, Task, make_executor

if __name__ == "__main__":
    place = LocalDask(2) if sys.argv[3] == "dask" else None
    with make_executor(2, dask=place) as executor:
        try:
            task = Task("a", sample_tasks.sleep_until_killed, (sys.argv[2],))
            executor.map([task, task])
        except KeyboardInterrupt:
            print("interrupted")
"""


@pytest.fixture(params=["processes", pytest.param("dask", marks=pytest.mark.full)])
def run(request, tmp_path):
    """Start a run of two sleeping tasks, as a process group; wait until they sleep."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    folder = tmp_path / "pids"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, script, TESTS, folder, request.param],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: len(list(folder.iterdir())) == 2)
    yield process, folder, [int(path.name) for path in folder.iterdir()]
    process.kill()
    process.communicate()


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_ctrl_c_stops_workers_which_clean_up(run):
    process, folder, pids = run
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "interrupted\n", "")
    assert not any(is_running(pid) for pid in pids)
    assert len(list(folder.glob("*.cleaned"))) == 2


def test_workers_die_with_a_killed_main_process(run):
    process, _, pids = run
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not any(is_running(pid) for pid in pids))


def test_a_worker_stops_even_if_python_ignored_the_request(processes, capfd):
    task = Task("a", sample_tasks.go_on_although_asked_to_stop)
    began = time.monotonic()
    (result,) = processes.map([task])
    assert "ended with status 0" in result.message
    assert time.monotonic() - began < 5
    assert capfd.readouterr().err == ""


UNGUARDED = """
from cta_columnar.executors import ProcessExecutor, Task

with ProcessExecutor(1) as executor:
    (result,) = executor.map([Task("a", abs, (-1,))])
print(result.message)
"""


def test_a_script_without_a_guard_is_told_so(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, path], capture_output=True, text=True, check=False
    )
    assert 'if __name__ == "__main__":' in done.stdout
