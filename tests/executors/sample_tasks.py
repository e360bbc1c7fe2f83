"""Tasks that travel to workers: importable there, unlike the test modules."""

import os
import signal
import sys
import time
from pathlib import Path

from cta_columnar.executors import ONE_THREAD, report


class AwkwardError(Exception):
    """Pickles, but does not unpickle."""

    def __init__(self, path, offset):
        super().__init__(f"{path}: bad at {offset}")


def double(x):
    return 2 * x


def fail(x):
    raise ValueError(f"no {x}")


def fail_awkwardly():
    raise AwkwardError("a.simtel", 12)


def leave():
    sys.exit(3)


def die(number):
    os.kill(os.getpid(), number)


def whoami():
    time.sleep(0.05)
    return os.getpid()


def unpicklable():
    return lambda: None


def threads():
    # Here, not above: most of the processes that run these tasks need neither.
    import polars  # noqa: PLC0415
    import pyarrow  # noqa: PLC0415

    assert all(os.environ[name] == value for name, value in ONE_THREAD.items())
    return pyarrow.cpu_count(), pyarrow.io_thread_count(), polars.thread_pool_size()


def count(n):
    for _ in range(n):
        report(events=1, bytes=10)
    return n


def sleep_until_killed(folder):
    try:
        Path(folder, str(os.getpid())).touch()
        time.sleep(60)
    finally:
        Path(folder, f"{os.getpid()}.cleaned").touch()


def append_line(path):
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()}\n")


def append_line_slowly(path):
    append_line(path)
    time.sleep(0.5)


def broken_start():
    raise RuntimeError("no such plugin")


KILL = signal.SIGKILL


class _AsksToStop:
    """Has its process asked to stop just when it is cleared away."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass


def go_on_although_asked_to_stop():
    _AsksToStop()
    for _ in range(1000):
        report(events=1)
        time.sleep(0.01)


def interrupted_while_compiled():
    raise SystemError("result with an exception set") from KeyboardInterrupt()


def fail_deep_down():
    raise SystemError("result with an exception set") from ValueError()


def kill_the_parent_once(flag):
    """Kill the process that this one works for, but not a second time."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return "done"


def kill_the_parent():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def allocate(megabytes):
    held = b"x" * (megabytes * 1_000_000)
    for _ in range(600):
        time.sleep(0.1)
    return len(held)


def report_slowly(flag):
    """Report, and end when somebody has heard of it."""
    end = time.monotonic() + 30
    while not Path(flag).exists() and time.monotonic() < end:
        report(events=1)
        time.sleep(0.02)


def address_of_pages(dask_worker):
    """Return where the web server of a Dask worker listens."""
    return dask_worker.http_server.address


def grow(megabytes):
    """Take memory, and report more often than anybody looks."""
    held = b"x" * (megabytes * 1_000_000)
    for _ in range(200):
        report(events=1)
        time.sleep(0.05)
    return len(held)
