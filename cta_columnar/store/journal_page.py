"""Where the lines of a journal go: a file that grows, or an object put anew."""

import os
import time
from contextlib import suppress
from pathlib import Path

from cta_columnar.remote import RemoteError, RemotePath
from cta_columnar.store.errors import WriteError
from cta_columnar.store.files import make_folders

_EVERY_S = 30.0


class Page:
    """A file of this machine. What cannot be written is left out.

    A full disk stops a run where it writes data, and is told there.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = None
        with suppress(OSError, WriteError):
            make_folders(path.parent.parent, path.parent)
            # A new one: through a link it would be written elsewhere.
            how = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
            self._file = os.open(path, how, 0o666)

    def write(self, line: bytes) -> None:
        """Add a line at once."""
        if self._file is not None:
            with suppress(OSError):
                os.write(self._file, line)

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class RemotePage:
    """An object: all lines so far, put anew every half minute and at the end.

    Nothing can be added to an object. Those who watch see lines so much later.
    """

    def __init__(self, path: RemotePath) -> None:
        self._path = path
        self._lines = b""
        self._put_at = 0.0
        self._is_open = True

    def write(self, line: bytes) -> None:
        """Add a line, and put all of them if it is time."""
        if self._is_open:
            self._lines += line
            if not self._put_at or time.monotonic() - self._put_at > _EVERY_S:
                self._put()

    def _put(self) -> None:
        self._put_at = time.monotonic()
        with suppress(RemoteError, OSError):
            self._path.write_bytes(self._lines)

    def close(self) -> None:
        """Put what is there, and write no more."""
        if self._is_open:
            self._put()
            self._is_open = False
