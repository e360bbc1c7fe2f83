"""The command line as a process: its status, what it says, its time and memory."""

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

_PR_CAPBSET_DROP = 24
_MAY_READ_AND_WRITE_ANYTHING = (1, 2)

CTACOL = str(Path(sys.executable).with_name("ctacol"))
_MANY = Path(__file__).with_name("many.py")


class Outcome(NamedTuple):
    """What a call of the command line left behind."""

    status: int
    out: str
    err: str
    seconds: float
    peak_bytes: int


def ctacol(*words, timeout=120, **options):
    """Call the command in a process of its own, and kill it if it hangs."""
    begin = time.monotonic()
    with TemporaryFile() as out, TemporaryFile() as err:
        process = subprocess.Popen(
            [CTACOL, *map(str, words)], stdout=out, stderr=err, **options
        )
        usage = _wait(process, begin + timeout)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    seconds = time.monotonic() - begin
    return Outcome(process.returncode, *texts, seconds, usage.ru_maxrss * 1024)


def _wait(process, deadline):
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise AssertionError(f"{process.args} hangs")
        time.sleep(0.01)


def mind_permissions():
    """Let root obey the permissions of files: for ``preexec_fn`` of a process."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in _MAY_READ_AND_WRITE_ANYTHING:
            if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "cannot drop a capability")


def ctacol_many(calls, folder, timeout=300):
    """Call the command many times in one other process, which starts only once.

    The peak memory is that of all calls up to then.
    """
    errors = folder / "errors.txt"
    with errors.open("w+") as file:
        try:
            done = subprocess.run(
                [sys.executable, "-W", "error", str(_MANY)],
                input=json.dumps([list(map(str, words)) for words in calls]),
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                timeout=timeout,
                cwd=folder,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            n = (error.stdout or b"").count(b"\n")
            raise AssertionError(f"call {n} hangs: {calls[n]}") from error
    outcomes = [Outcome(*json.loads(line)) for line in done.stdout.splitlines()]
    if len(outcomes) < len(calls):
        died = f"call {len(outcomes)} killed the process ({done.returncode})"
        raise AssertionError(f"{died}: {calls[len(outcomes)]}\n{errors.read_text()}")
    return outcomes
