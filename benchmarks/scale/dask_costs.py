"""What a Dask scheduler spends on our tasks, reports and heartbeats, measured.

Scheduler, client and workers are processes of their own, so that the processor time of
each is known. Workers are many in one process, and sleep in our place: what they are
given and give back is what `cta_columnar.executors` sends.
"""

import asyncio
import itertools
import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import dask.config
from distributed import Client, Worker
from distributed.security import Security

from cta_columnar.executors import DaskScheduler, LocalDask, Task, make_executor
from cta_columnar.executors.base import Ok
from cta_columnar.executors.child import resident_memory
from cta_columnar.executors.dask import flight
from cta_columnar.executors.dask.certificates import written
from cta_columnar.executors.dask.on_worker import TOPIC, Answer, Setup

_ADDRESS = re.compile(r"tls://127\.0\.0\.1:\d+")
_TICK = os.sysconf("SC_CLK_TCK")
# They begin within seconds; who waits for ever tells nobody that they failed.
_BEGIN_S = 120.0
# As large as the task of a shard of stage 1, and about as its outcome.
_MESSAGE = b"x" * 8000


def sleep(seconds: float, message: bytes = b"") -> float:
    """Do nothing for a while; a task."""
    del message
    time.sleep(seconds)
    return seconds


def asleep(message: bytes, setup: Setup) -> Answer:
    """Take the place of `run_message` where there is no process beside the worker."""
    del setup
    task: Task[float] = pickle.loads(message)
    time.sleep(task.args[0])
    return Answer(pickle.dumps(Ok(task.name, (task.args[0], _MESSAGE))))


async def _work(address: str, count: int, reports_per_s: float) -> None:
    workers = [
        Worker(address, nthreads=1, name=k, dashboard=False) for k in range(count)
    ]
    await asyncio.gather(*workers)
    for n in itertools.count():
        # One by one: those that come together are cheaper.
        await asyncio.sleep(1 / reports_per_s if reports_per_s else 1.0)
        if reports_per_s:
            report = {"task": "none", "amounts": {"events": 1}}
            workers[n % count].log_event(TOPIC, report)


@contextmanager
def cluster(workers: int, reports_per_s: float = 0.0) -> Iterator[tuple[str, int]]:
    """Begin a scheduler and many workers; give its address and process.

    They have certificates, as those have that a run begins; and their configuration
    is that of this process, too, while the context lasts.
    """
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--port", "0", "--no-dashboard", "--host", "tls://127.0.0.1"]
    program = (
        "import asyncio, sys; from benchmarks.scale.dask_costs import _work; "
        "asyncio.run(_work(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = _settings(folder)
        stack.enter_context(dask.config.set(settings))
        environment = os.environ | {_variable(k): str(v) for k, v in settings.items()}
        # Not a pipe: nobody would read it later, and a full one stops who writes.
        log = folder / "log"
        stderr = stack.enter_context(log.open("wb"))
        scheduler = stack.enter_context(
            subprocess.Popen([*command, *options], stderr=stderr, env=environment)
        )
        stack.callback(scheduler.kill)
        while not (found := _ADDRESS.search(log.read_text())):
            if scheduler.poll() is not None:
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        address = found[0]
        given = [address, str(workers), str(reports_per_s)]
        crew = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", program, *given],
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        )
        stack.callback(crew.kill)
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=_BEGIN_S)
        yield address, scheduler.pid


def _settings(folder: Path) -> dict[str, object]:
    """Write certificates, and return what the configuration of Dask says."""
    made = written(Security.temporary(), folder)
    tls = {"ca-file": made.tls_ca_file} | {
        f"{role}.{part}": getattr(made, f"tls_{role}_{part}")
        for role in ("client", "scheduler", "worker")
        for part in ("cert", "key")
    }
    return {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.worker.profile.enabled": False,
        "distributed.admin.low-level-log-length": 100,
        **{f"distributed.comm.tls.{name}": value for name, value in tls.items()},
    }


def _variable(key: str) -> str:
    """Return the variable of the environment by which Dask knows a setting."""
    return "DASK_" + key.replace(".", "__").replace("-", "_").upper()


def cpu_s(process: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def task_costs(workers: int, tasks: int, rate: float) -> dict[str, float]:
    """Measure processor time per task, and that of an idle scheduler.

    Parameters
    ----------
    workers : int
        Of the cluster.
    tasks : int
        How many are done, about ``rate`` a second.

    Returns
    -------
    dict of str to float
        ``task_ms`` of scheduler and client together, ``idle_share`` of a processor
        while nothing runs, and memory of the scheduler before and behind.
    """
    seconds = workers / rate
    with (
        cluster(workers) as (address, process),
        patch.object(flight, "run_message", asleep),
        make_executor(dask=DaskScheduler(address)) as executor,
    ):
        executor.map([Task("", sleep, (0.0,))] * workers)
        memory = resident_memory(process)
        begin, idle = time.perf_counter(), cpu_s(process)
        time.sleep(10.0)
        idle_share = (cpu_s(process) - idle) / (time.perf_counter() - begin)
        begin, own, theirs = time.perf_counter(), time.process_time(), cpu_s(process)
        executor.map(Task(str(k), sleep, (seconds, _MESSAGE)) for k in range(tasks))
        wall = time.perf_counter() - begin
        own, theirs = time.process_time() - own, cpu_s(process) - theirs
        return {
            "workers": workers,
            "tasks_per_s": tasks / wall,
            "task_ms": (own + theirs - idle_share * wall) / tasks * 1e3,
            "scheduler_ms": (theirs - idle_share * wall) / tasks * 1e3,
            "client_ms": own / tasks * 1e3,
            "idle_share": idle_share,
            "memory_mb_before": memory / 1e6,
            "memory_mb": resident_memory(process) / 1e6,
        }


def report_ms(workers: int = 16, per_s: float = 200.0, during_s: float = 15.0) -> float:
    """Measure processor time per report of a running task, scheduler and client."""
    spent = []
    for rate in (0.0, per_s):
        with (
            cluster(workers, rate) as (address, process),
            patch.object(flight, "run_message", asleep),
            make_executor(dask=DaskScheduler(address)) as executor,
        ):
            before = cpu_s(process) + time.process_time()
            # Somebody has to listen.
            executor.map([Task("", sleep, (during_s,))] * workers)
            spent.append(cpu_s(process) + time.process_time() - before)
    return (spent[1] - spent[0]) / (per_s * during_s) * 1e3


def real_run(workers: int, seconds: Sequence[float]) -> dict[str, float]:
    """Let tasks sleep on a local cluster with all that a run has.

    Returns
    -------
    dict of str to float
        ``makespan_s``; ``busy_s``, processor time of this process, which schedules; and
        ``idle``, the part of a processor that it takes while nothing runs.
    """
    with make_executor(dask=LocalDask(workers)) as executor:
        executor.map([Task("", sleep, (0.1,)) for _ in range(4 * workers)])
        begin, idle = time.perf_counter(), time.process_time()
        time.sleep(5.0)
        idle = (time.process_time() - idle) / (time.perf_counter() - begin)
        begin, busy = time.perf_counter(), time.process_time()
        executor.map(Task(str(k), sleep, (s,)) for k, s in enumerate(seconds))
        return {
            "makespan_s": time.perf_counter() - begin,
            "busy_s": time.process_time() - busy,
            "idle": idle,
        }


def local_costs(tasks: int = 200, seconds: float = 0.1) -> dict[str, float]:
    """Measure what tasks of one worker cost besides their work.

    Returns
    -------
    dict of str to float
        ``task_s``, processor time of the process that schedules, and ``latency_s``,
        from a decision to the task, or from its end to the scheduler.
    """
    took = real_run(1, [seconds] * tasks)
    task_s = (took["busy_s"] - took["idle"] * took["makespan_s"]) / tasks
    latency_s = (took["makespan_s"] / tasks - seconds - task_s) / 2
    return {"task_s": task_s, "latency_s": latency_s}
