"""Durable files: written, synced, renamed. Nothing half-written has a final name."""

import errno
import hashlib
import os
import re
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from cta_columnar.durable import open_new, sync_folder
from cta_columnar.remote import SENT, RemotePath, check_writing
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.inside import refuse_linked_scratch

# Containers may have one name of host, and process ids begin anew with each boot.
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PID_SPACE = Path("/proc/self/ns/pid")
# Work of another machine, whose processes cannot be asked whether they live.
_ABANDONED_AFTER_S = 3600.0
_ATTEMPTS = 100
# Key of a shard, or what it is a copy of.
# Others, which a file may tell, are no ids of processes. 0 means several of them.
_PID = re.compile(r"[1-9][0-9]{0,8}")
_OWNER = re.compile(r"[0-9a-f]{20}|raw|merge")


def check_writable(folder: Path) -> None:
    """Ask whether a folder can be made and written to, as far as that can be told.

    Raises
    ------
    StoreError
        If Arrow cannot open files there, by its name.
    WriteError
        If not.
    """
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"{folder}: its name is not UTF-8; choose another") from error
    if isinstance(folder, RemotePath):
        check_writing(folder)
        return
    with writing(folder):
        above = folder.absolute().parents
        there = next(each for each in (folder, *above) if each.exists())
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "", str(folder))
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "", str(folder))


def make_folders(root: Path, folder: Path) -> None:
    """Create a folder below the dataset, durably; at a URL there are none."""
    if isinstance(folder, RemotePath):
        return
    with writing(folder):
        if folder.is_dir():
            return
        if folder != root:
            make_folders(root, folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


def make_scratch(folder: Path) -> None:
    """Create a folder below ``_tmp/``, which others remove when it is empty.

    Raises
    ------
    StoreError
        If it, or ``_tmp``, is a link, which leads elsewhere.
    WriteError
        If it cannot be made.
    """
    refuse_linked_scratch(folder)
    with writing(folder):
        for attempt in range(_ATTEMPTS):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except FileNotFoundError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return


def write_durably(path: Path, content: bytes | Iterable[bytes], scratch: Path) -> None:
    """Write a file by way of another one in ``scratch``, on the same file system.

    An object at a URL has its name when it is whole, and no need of that. Of a large
    file the content may come in pieces.
    """
    with writing(path):
        if isinstance(path, RemotePath):
            path.write_pieces(_pieces(content))
            return
        give_name(write_draft(path.name, content, scratch), path)


def write_draft(name: str, content: bytes | Iterable[bytes], scratch: Path) -> Path:
    """Write a file into ``scratch``, durably."""
    draft = scratch / name
    with writing(draft):
        make_scratch(scratch)
        with open_new(draft) as file:
            file.writelines(_pieces(content))
            file.flush()
            os.fsync(file.fileno())
    return draft


def _pieces(content: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return [content] if isinstance(content, bytes) else content


def give_name(draft: Path, path: Path) -> None:
    """Rename a draft to what it is, durably."""
    if isinstance(path, RemotePath):
        put(draft, path)
        return
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        put(draft, path)
        sync_folder(path.parent)


def put(draft: Path, path: Path) -> None:
    """Rename a draft, or send it to the server where it is to be."""
    with writing(path):
        if isinstance(path, RemotePath):
            path.upload(draft)
            draft.unlink()
        else:
            draft.replace(path)


def sync(folder: Path) -> None:
    """Make renames in a folder survive a power cut; servers see to that themselves."""
    if not isinstance(folder, RemotePath):
        with writing(folder):
            sync_folder(folder)


def remove(path: Path) -> None:
    """Remove a file that may be gone already."""
    with writing(path):
        path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder and what is in it, or a link in its place.

    Another process may do the same meanwhile.
    """
    if isinstance(folder, RemotePath):
        folder.remove_all()
        return
    with writing(folder):
        if folder.is_symlink():
            # What lies behind it is of others.
            folder.unlink(missing_ok=True)
            return
        remove_content(folder)
        remove_if_empty(folder)


def remove_content(folder: Path) -> None:
    """Remove what is in a folder."""
    for path in below(folder):
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)


def below(folder: Path) -> list[Path]:
    """Return what is in a folder that may vanish meanwhile; nothing for a link."""
    try:
        # What lies behind it belongs to others, and this is asked by who removes.
        return [] if folder.is_symlink() else list(folder.iterdir())
    except FileNotFoundError:
        return []


def remove_if_empty(folder: Path) -> None:
    """Remove a folder unless something is in it."""
    try:
        folder.rmdir()
    except OSError:
        return


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
