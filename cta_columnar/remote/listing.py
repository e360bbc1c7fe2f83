"""What a server says of its objects: whether they are there, and what lies below."""

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from pyarrow import fs

from cta_columnar.remote.errors import asking
from cta_columnar.remote.servers import UNLISTED, check_missing, place_at, scheme_of


def info_of(url: str) -> fs.FileInfo:
    """Ask what is known of an object, or of a folder.

    Raises
    ------
    RemoteError
        If the server does not answer.
    """
    served, inside = place_at(url)
    try:
        with asking(url):
            found = served.get_file_info(inside)
            if found.type == fs.FileType.NotFound and scheme_of(url) in UNLISTED:
                check_missing(served, inside)
    except FileNotFoundError:
        return fs.FileInfo(inside, fs.FileType.NotFound)
    return found


def stat_of(url: str, info: fs.FileInfo) -> os.stat_result:
    """Return what is known as `os.stat` has it: size, time, file or folder.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    """
    if info.type == fs.FileType.NotFound:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), url)
    mode = stat.S_IFREG if info.type == fs.FileType.File else stat.S_IFDIR
    time_ns = info.mtime_ns or 0
    seconds = time_ns // 1_000_000_000
    fields = (mode | 0o444, 0, 0, 1, 0, 0, info.size or 0, *[seconds] * 3)
    exact = {f"st_{each}time_ns": time_ns for each in "amc"}
    return os.stat_result(fields, exact)


def files_below(url: str) -> Iterator[tuple[str, fs.FileInfo]]:
    """Yield names of files below a folder, with what is known of each.

    Raises
    ------
    RemoteError
        If the server does not answer.
    """
    served, inside = place_at(url)
    wanted = fs.FileSelector(inside, allow_not_found=True, recursive=True)
    try:
        with asking(url):
            found = served.get_file_info(wanted)
    except FileNotFoundError:
        return
    for each in found:
        if each.type == fs.FileType.File:
            yield each.path[len(inside) :].strip("/"), each


def newest_of(files: Iterable[fs.FileInfo]) -> float:
    """Return when one of some files was last written, seconds since 1970.

    Just now, where a server does not say it.
    """
    times = [each.mtime_ns for each in files]
    if None in times:
        return time.time()
    return max(times, default=0) / 1e9


def fits(name: str, pattern: str) -> bool:
    """Whether each part of a name fits that of a pattern."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))
