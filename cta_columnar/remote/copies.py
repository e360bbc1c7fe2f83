"""Copies of remote raw files on this machine, one at a time for each process."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cta_columnar.errors import UserError
from cta_columnar.remote.errors import RemoteError
from cta_columnar.remote.path import READ_BYTES, RemotePath
from cta_columnar.remote.scratch import SCRATCH_VARIABLE


class CopyError(UserError):
    """There is no room on this machine for a copy."""


@contextmanager
def at_hand(path: Path, folder: Path) -> Iterator[Path]:
    """Have a file on this machine meanwhile: itself, or a copy that goes afterwards.

    A raw file is read several times, its blocks in small pieces: from a server that
    would be several times its size, or thousands of requests.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    folder : pathlib.Path
        Of this machine; made for the copy, and removed with it.

    Raises
    ------
    CopyError
        If there is no room for it.
    FileNotFoundError, RemoteError
        If it cannot be read, not all of it came, or it was replaced meanwhile.
    """
    if not isinstance(path, RemotePath):
        yield path
        return
    size = path.stat().st_size
    try:
        folder.mkdir(parents=True, mode=0o700)
        _check_room(path, size, folder)
        copy = folder / path.name
        version = path.version()
        with path.open("rb") as source, copy.open("wb") as file:
            shutil.copyfileobj(source, file, READ_BYTES)
        _check_size(path, size, copy)
        if path.version() != version:
            # Part of what came may be of either.
            raise RemoteError(str(path), "it was replaced while it was being copied")
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_size(path: RemotePath, size: int, copy: Path) -> None:
    found = copy.stat().st_size
    if found != size:
        raise RemoteError(str(path), f"{found} bytes came, and it has {size}")


def _check_room(path: Path, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise CopyError(
            f"{path} has {size / 1e9:.1f} GB, and {folder} has room for "
            f"{free / 1e9:.1f}: name a larger disk by {SCRATCH_VARIABLE}"
        )
