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
    """

    run: str
    initializer: bytes
    folder: str
    tell_every_s: float = 1.0


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
    """

    result: bytes = b""
    amounts: dict[str, int] = field(default_factory=dict)
    death: str = ""
    may_retry: bool = True


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
