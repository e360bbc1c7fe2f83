"""What runs in a worker process: a loop that takes a task and sends its result.

Messages to the worker are pickled tasks, or nothing, to make it end. Messages from it
are `PROGRESS` and pickled amounts, or `RESULT` and a pickled result: who only passes
them on need not unpickle them. Both travel as bytes, so that what cannot be pickled or
unpickled is an error of its task and of nothing else.
"""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import FrameType

from cta_columnar.executors.base import (
    Amounts,
    Result,
    Task,
    Terminated,
    failure,
    run_task,
    send_reports_to,
)

Initializer = Callable[[], None]

PROGRESS, RESULT = b"p", b"r"

# One thread per library: workers share the processors, and sums stay in order.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",  # also the threads of Arrow
    "ARROW_IO_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Set `ONE_THREAD` for processes that are started meanwhile."""
    before = dict(os.environ)
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name in ONE_THREAD:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


_REPORT_EVERY_S = 0.1


def work(connection: Connection, initializer: bytes) -> None:
    """Run tasks until none comes; entry point of a worker process."""
    _obey(_parent_ends)
    try:
        _loop(connection, _Starter(initializer))
    except Terminated:
        return


def serve(handle: int) -> None:
    """Do the same in a process that has a pipe as standard input, from its parent.

    The end of the pipe is that of the parent. The first message is the initializer.

    Parameters
    ----------
    handle : int
        File descriptor of the connection for messages.
    """
    _obey(_input_ends)
    try:
        with Connection(handle) as connection:
            _loop(connection, _Starter(connection.recv_bytes()))
    except (EOFError, Terminated):
        return


def how_it_ended(code: int) -> str:
    """Say how a worker process ended, by its exit status; that of a signal is < 0."""
    if code >= 0:
        return f"the worker process ended with status {code}"
    hint = "; out of memory?" if -code == signal.SIGKILL else ""
    return f"the worker process was killed by {signal.Signals(-code).name}{hint}"


def _loop(connection: Connection, starter: "_Starter") -> None:
    while not _Stop.asked and (message := _next(connection)) is not None:
        reporter = _Reporter(connection)
        send_reports_to(reporter.add)
        try:
            task: Task[object] = pickle.loads(message)
            starter.start()
        except Exception as error:
            result: Result[object] = failure("", error)
        else:
            result = run_task(task)
        send_reports_to(None)
        reporter.flush()
        _send(connection, result)


class _Starter:
    """Runs the initializer until it succeeded once."""

    def __init__(self, initializer: bytes) -> None:
        self._initializer: bytes | None = initializer

    def start(self) -> None:
        if self._initializer is not None:
            function: Initializer | None = pickle.loads(self._initializer)
            if function is not None:
                function()
            self._initializer = None


def _next(connection: Connection) -> bytes | None:
    try:
        return connection.recv_bytes() or None
    except (EOFError, OSError):
        return None


def _send(connection: Connection, result: Result[object]) -> None:
    try:
        message = RESULT + pickle.dumps(result)
    except Exception as error:
        message = RESULT + pickle.dumps(failure(result.name, error))
    connection.send_bytes(message)


class _Reporter:
    """Sums up what a task reports, and sends it now and then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._amounts: Counter[str] = Counter()
        self._sent = time.monotonic()

    def add(self, amounts: Amounts) -> None:
        if _Stop.asked:
            raise Terminated
        self._amounts.update(amounts)
        if time.monotonic() - self._sent > _REPORT_EVERY_S:
            self.flush()

    def flush(self) -> None:
        if self._amounts:
            message = PROGRESS + pickle.dumps(dict(self._amounts))
            self._connection.send_bytes(message)
            self._amounts.clear()
        self._sent = time.monotonic()


def _obey(parent_ends: Callable[[], None]) -> None:
    """Leave Ctrl-C to the main process, stop when it says so or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # By this batch systems warn all processes that time is nearly up.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _on_terminate)
    sys.unraisablehook = _on_unraisable
    threading.Thread(target=_die_after, args=(parent_ends,), daemon=True).start()


class _Stop:
    """Whether this process was asked to stop."""

    asked = False


def _on_terminate(_signal: int, _frame: FrameType | None) -> None:
    # Once is enough: a second one would disturb the cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _Stop.asked = True
    raise Terminated


def _on_unraisable(problem: "sys.UnraisableHookArgs") -> None:
    # While an object is being cleared away, Python ignores what is raised. Then the
    # next report of the task raises it again.
    if problem.exc_type is not Terminated:
        sys.__unraisablehook__(problem)


def _die_after(parent_ends: Callable[[], None]) -> None:
    parent_ends()
    os._exit(1)


def _parent_ends() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()


def _input_ends() -> None:
    # Not by `sys.stdin`, whose lock would keep the process from ending.
    while os.read(0, 1):
        pass
