"""Files that survive a power cut: written, synced, then renamed."""

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import IO

_COPY_BYTES = 1 << 20


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems cannot do this for folders, and need not.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def open_new(path: Path, buffering: int = -1) -> IO[bytes]:
    """Open a file for writing bytes that nobody else has put there.

    What has its name goes first: a link, also a hard one, would lead to a file of
    somebody else.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.unlink(missing_ok=True)
    return path.open("xb", buffering)


def copy_new(source: Path, target: Path) -> None:
    """Copy a file durably; see `open_new`.

    Raises
    ------
    OSError
        If one cannot be read, or the other written.
    """
    with source.open("rb") as there, open_new(target) as file:
        shutil.copyfileobj(there, file, _COPY_BYTES)
        file.flush()
        os.fsync(file.fileno())


class HashedFile:
    """A new binary file that knows the SHA-256 of what was written to it."""

    def __init__(self, path: Path) -> None:
        self._file = open_new(path, buffering=0)
        self._sha = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write all of ``data``."""
        view = memoryview(data)
        self._sha.update(view)
        self.size += len(view)
        while view:
            view = view[self._file.write(view) :]
        return len(data)

    def flush(self) -> None:
        """Nothing waits here; asked for by Arrow."""

    def tell(self) -> int:
        """Bytes written."""
        return self.size

    def writable(self) -> bool:
        """Return true; asked for by Arrow."""
        return True

    def close(self) -> None:
        """Put the content on the disk and close."""
        if not self.closed:
            self.closed = True
            with self._file:
                os.fsync(self._file.fileno())

    @property
    def sha256(self) -> str:
        """Digest of what was written so far."""
        return self._sha.hexdigest()
