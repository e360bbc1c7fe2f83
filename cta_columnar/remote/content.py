"""The bytes of an object, as a file of Python."""

import io
from typing import Any

import pyarrow as pa

from cta_columnar.remote.errors import RemoteError, asking


class RemoteBytes(io.RawIOBase):
    """The bytes of an object as a file of Python, which knows its size."""

    def __init__(self, url: str, file: pa.NativeFile) -> None:
        self._url = url
        self._file = file
        with asking(url):
            self.size = int(self._file.size())

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        """Read into a buffer; 0 at the end.

        Raises
        ------
        RemoteError
            If the server says that it is the end, and there should be more.
        """
        with asking(self._url):
            number = int(self._file.readinto(buffer))
        if number == 0 and len(buffer) and self.tell() < self.size:
            what = f"ends at byte {self.tell()} of {self.size}"
            raise RemoteError(self._url, f"what the server sends {what}")
        return number

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte."""
        with asking(self._url):
            self._file.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        """Return the byte that is next."""
        return int(self._file.tell())

    def close(self) -> None:
        """Close it."""
        if not self.closed:
            self._file.close()
        super().close()
