"""Who is who among the processes of a run, from /proc."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from cta_columnar.store.files import below
from cta_columnar.store.layout import SCRATCH
from cta_columnar.store.processes import name_of

# Of multiprocessing, and those beside a Dask worker.
OUR_WORKERS = ("spawn_main", "executors.worker import serve")


def kill(pid):
    """Send SIGKILL; return whether there was such a process."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def all_processes():
    """Yield process id and parent of all that run here."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            state, parent, *_ = stat.read_text().rpartition(")")[2].split()
            if state not in "ZX":
                yield int(stat.parent.name), int(parent)


def children(pid):
    """Return the processes of ours that a process has begun and that run tasks."""
    return [
        each
        for each, parent in all_processes()
        if parent == pid and any(word in command_of(each) for word in OUR_WORKERS)
    ]


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def open_files(pid):
    """Return the paths of what a process has open; nothing if it is gone."""
    found = set()
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(each.readlink())
    return found


def is_in_the_midst(pid, root):
    """Whether a process has drafts of a shard in a dataset."""
    name = name_of(pid)
    return any(each.name.endswith(f"-{name}") for each in below(root / SCRATCH))


def busy(pids, root):
    """Return those in the midst of a shard; all of them if none is."""
    return [pid for pid in pids if is_in_the_midst(pid, root)] or list(pids)
