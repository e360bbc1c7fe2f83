"""Processes by names that no other one ever has, and whether they live still."""

import hashlib
import os
import re
import socket
import time
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from cta_columnar.remote import SENT, RemotePath

# Containers may have one name of host, and process ids begin anew with each boot.
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PID_SPACE = Path("/proc/self/ns/pid")
# Work of another machine, whose processes cannot be asked whether they live.
_ABANDONED_AFTER_S = 3600.0
# Others, which a file may tell, are no ids of processes. 0 means several of them.
_PID = re.compile(r"[1-9][0-9]{0,8}")
# Key of a shard, or what it is a copy of.
_OWNER = re.compile(r"[0-9a-f]{20}|raw|merge")


def process_name() -> str:
    """Name of this process that no other one ever had or has.

    Host, boot and name space of processes, process id, and start.
    """
    pid = os.getpid()
    return f"{_machine()}.{pid}.{_own_start(pid)}"


@lru_cache(maxsize=1)
def _own_start(pid: int) -> str:
    """Say when this process began; shards ask for it several times each."""
    return _start_of(pid)


os.register_at_fork(after_in_child=_own_start.cache_clear)


def name_of(pid: int) -> str:
    """Name a process of this machine as `process_name` does."""
    return f"{_machine()}.{pid}.{_start_of(pid)}"


def _machine() -> str:
    """Where a process id means this process."""
    return f"{socket.gethostname()}.{_space()}"


@cache
def _space() -> str:
    """Digest of what tells boots and containers apart, where a system says it."""
    try:
        known = _BOOT.read_text() + str(_PID_SPACE.readlink())
    except OSError:
        known = ""
    return hashlib.sha256(known.encode()).hexdigest()[:8]


def _start_of(pid: int) -> str:
    """Start time of a process in clock ticks since boot; process ids are used again."""
    fields = _stat(pid)
    return fields[19] if fields else "0"


def _stat(pid: int) -> list[str]:
    """Return what is known of a process, from its state on; empty if nothing is."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return stat.rpartition(")")[2].split()


def is_abandoned(scratch: Path) -> bool:
    """Whether nobody will ever finish what lies in a scratch folder.

    The folder is named ``<shard key>-<process name>``. A process of another machine is
    given up when it wrote nothing for an hour.
    """
    lives = is_alive(scratch.name.partition("-")[2])
    return _age_s(scratch) > _ABANDONED_AFTER_S if lives is None else not lives


def is_left_over(folder: Path) -> bool:
    """Whether a folder on this machine is of a killed process of it, by its name.

    What somebody else put beside it, or another machine, is not.
    Those of single objects say no process, and are abandoned after an hour.
    """
    if folder.name.startswith(SENT):
        return is_abandoned(folder)
    owner, _, process = folder.name.partition("-")
    return _OWNER.fullmatch(owner) is not None and is_alive(process) is False


def is_alive(process: str) -> bool | None:
    """Whether a process lives, by its `process_name`; None if that cannot be told.

    Another machine knows, or another container of this one, or it ran before the last
    boot.
    """
    others, _, start = process.rpartition(".")
    machine, _, pid = others.rpartition(".")
    if machine == _machine() and _PID.fullmatch(pid):
        return _lives(int(pid), start)
    return None


def _lives(pid: int, start: str) -> bool | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Of another user, and perhaps not to be looked at.
        if not _stat(pid):
            return None
    # A killed process whose parent was killed, too, may stay as a zombie for long.
    is_zombie = _stat(pid)[:1] in (["Z"], ["X"])
    return _start_of(pid) == start and not is_zombie


def _age_s(folder: Path) -> float:
    if isinstance(folder, RemotePath):
        return time.time() - folder.newest()
    times = []
    for path, _, names in os.walk(folder):
        for name in ("", *names):
            with suppress(FileNotFoundError):
                times.append(Path(path, name).stat().st_mtime)
    return time.time() - max(times, default=0.0)
