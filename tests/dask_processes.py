"""A Dask scheduler and its workers as processes, which a test may kill."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).parent


@contextmanager
def own_cluster(folder):
    """Begin a scheduler and a worker; give its process and address, end both."""
    file = folder / "scheduler.json"
    path = f"{TESTS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    common = {"stderr": subprocess.DEVNULL, "env": os.environ | {"PYTHONPATH": path}}
    where = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = subprocess.Popen(
        [*_program("scheduler"), "--port", "0", *where], **common
    )
    worker = subprocess.Popen(
        [*_program("worker"), "--nthreads", "1", "--no-nanny", *where], **common
    )
    try:
        # Its last character is written last.
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        yield scheduler, json.loads(file.read_text())["address"]
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


def _program(name):
    return [sys.executable, "-m", f"distributed.cli.dask_{name}"]


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
