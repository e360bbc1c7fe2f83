"""Files that survive a power cut: written, synced, then renamed."""

import errno
import hashlib
import os
from pathlib import Path


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


class HashedFile:
    """A binary file that knows the SHA-256 of what was written to it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
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
