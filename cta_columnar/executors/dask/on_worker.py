"""What runs in a Dask worker: it passes tasks on to a process beside each thread."""

import os
import pickle
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from distributed import Worker, get_worker
from distributed.core import Status

from cta_columnar.executors.child import Child, resident_memory
from cta_columnar.executors.worker import RESULT

TOPIC = "cta_columnar"

_LOOK_EVERY_S = 0.25
_MB = 1_000_000
# What is neither of these is about to end, and its tasks are given to others.
_RUNNING = {Status.running, Status.paused}
# Of a task that waits no longer at the worker.
_BEGUN = {"executing", "long-running", "memory", "error"}


@dataclass(frozen=True, slots=True)
class Setup:
    """What all tasks of an executor have in common.

    Attributes
    ----------
    run : str
        Name of the executor, which no other one ever has.
    initializer : bytes
        Pickled; called in each process before its first task.
    folder : str
        Where relative paths begin: on a file system that all machines share.
    tell_every_s : float
        How often a task tells how far it is.
    flight : str
        Name of those tasks that are handed out together, which no others ever have.
    """

    run: str
    initializer: bytes
    folder: str
    tell_every_s: float = 1.0
    flight: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task.

    Attributes
    ----------
    result : bytes
        The pickled result; empty if the process died.
    amounts : dict of str to int
        All that the task reported.
    death : str
        How the process died.
    may_retry : bool
        Whether it might go better elsewhere.
    was_begun : bool
        False if no task is to be begun any more.
    """

    result: bytes = b""
    amounts: dict[str, int] = field(default_factory=dict)
    death: str = ""
    may_retry: bool = True
    was_begun: bool = True


# Flights of which no task is begun any more.
_over: set[str] = set()
# By thread; of the executor that it last had a task of.
_children: dict[int, tuple[str, Child]] = {}


def run_message(message: bytes, setup: Setup) -> Answer:
    """Run a pickled task in the process beside this thread; a task for Dask.

    Parameters
    ----------
    message : bytes
        The task.
    setup : Setup
        Of the executor.
    """
    if setup.flight in _over:
        return Answer(was_begun=False)
    try:
        child = _child(setup)
    except OSError as error:
        why = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        hint = "; all machines of the cluster must see the same files"
        return Answer(
            death=f"no process could begin on {socket.gethostname()}: {why}{hint}"
        )
    answer = _follow(child, message, setup.tell_every_s)
    if not answer.result:
        _children.pop(threading.get_ident(), None)
    return answer


def begin_no_more(flight: str, dask_worker: Worker) -> list[str]:
    """Begin no task of a flight any more; return those that were begun or are done.

    Parameters
    ----------
    flight : str
        Its name.
    dask_worker : distributed.Worker
        This one; Dask fills it in.
    """
    # First: what is begun after the look is sent back by `run_message`.
    _over.add(flight)
    tasks = dask_worker.state.tasks.items()
    begun = [str(key) for key, task in tasks if task.state in _BEGUN]
    return [key for key in begun if key.startswith(key_of(flight))]


def key_of(flight: str, *numbers: int) -> str:
    """Return the name by which Dask knows a task, or how those of a flight begin."""
    return "-".join(["shard", flight, *map(str, numbers)])


def stop_children(run: str) -> None:
    """End the processes of an executor that wait for tasks."""
    for thread, (name, child) in list(_children.items()):
        if name == run:
            del _children[thread]
            child.stop()


def _child(setup: Setup) -> Child:
    thread = threading.get_ident()
    run, child = _children.pop(thread, ("", None))
    if child is not None and (run != setup.run or not child.is_alive):
        # Of an executor that is gone, or killed while it had nothing to do.
        child.stop()
        child = None
    if child is None:
        child = Child(setup.initializer, setup.folder)
    _children[thread] = setup.run, child
    return child


def _follow(child: Child, message: bytes, tell_every_s: float) -> Answer:
    """Wait for the result of a task; pass on what it reports."""
    worker = get_worker()
    key = worker.get_current_task()
    amounts: Counter[str] = Counter()
    told = time.monotonic()
    try:
        child.pipe.send_bytes(message)
        while _is_wanted(worker, key):
            if excess := _excess(child, worker):
                child.stop()
                return Answer(b"", dict(amounts), excess, may_retry=False)
            if not child.pipe.poll(_LOOK_EVERY_S):
                continue
            heard = child.pipe.recv_bytes()
            if heard[:1] == RESULT:
                return Answer(heard[1:], dict(amounts))
            amounts.update(pickle.loads(heard[1:]))
            if time.monotonic() - told > tell_every_s:
                told = time.monotonic()
                _tell(worker, key, amounts)
    except (EOFError, OSError):
        death = f"{child.stop()} on {socket.gethostname()}"
        return Answer(b"", dict(amounts), death)
    child.stop()
    return Answer(death="the task was given to another worker")


def _is_wanted(worker: Worker, key: object) -> bool:
    """Whether anybody waits for the result: not after Ctrl-C, or if the worker ends."""
    state = worker.state.tasks.get(key)
    is_cancelled = state is None or state.state == "cancelled"
    return worker.status in _RUNNING and not is_cancelled


def _excess(child: Child, worker: Worker) -> str:
    """Say that a process has more memory than its share; empty if it has not."""
    total = worker.memory_manager.memory_limit
    if not total:
        return ""
    limit = (total - resident_memory(os.getpid())) / worker.state.nthreads
    used = child.memory()
    if used <= limit:
        return ""
    return (
        f"stopped on {socket.gethostname()}, since it took {used / _MB:.0f} MB of "
        f"memory: of the {total / _MB:.0f} MB of the Dask worker {limit / _MB:.0f} MB "
        "are for it; give each worker more"
    )


def _tell(worker: Worker, key: object, amounts: Counter[str]) -> None:
    # Sums, so that it does no harm if one is lost, or a task done twice.
    worker.log_event(TOPIC, {"task": key, "amounts": dict(amounts)})
