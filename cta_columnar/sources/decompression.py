"""Plain, gzip and zstd files as one stream of decompressed bytes."""

import io
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, cast

import zstandard
from isal import igzip_lib

from cta_columnar.errors import ReadError, is_disk_failure
from cta_columnar.zstd_frames import bytes_of, end_of_frames

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Between 0x184D2A50 and 0x184D2A5F: a frame without data.
ZSTD_SKIPPABLE = b"\x2a\x4d\x18"

# Decompressed at once. What comes before a damage in the same piece is lost.
_PIECE = 256 << 10
_COMPRESSED_PIECE = 128 << 10


# The stubs take the error class of isal for an instance.
_ISAL_ERROR = cast("type[Exception]", igzip_lib.IsalError)
_DAMAGE = (zstandard.ZstdError, _ISAL_ERROR, EOFError, OSError)


class StreamError(Exception):
    """A damaged compressed file.

    Attributes
    ----------
    offset : int
        Decompressed bytes before the damage.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class _Reader(Protocol):
    def readinto(self, buffer: memoryview) -> int: ...


class _Zstd:
    """Decompressed bytes of all frames of a zstd file, or of those in a part of it."""

    def __init__(self, file: io.BufferedReader, part: tuple[int, int] | None) -> None:
        self._file = file
        self._is_part = part is not None
        source: Any = file if part is None else _Part(file, *part)
        self._reader = zstandard.ZstdDecompressor().stream_reader(
            source, read_size=_COMPRESSED_PIECE, read_across_frames=True, closefd=False
        )

    def readinto(self, buffer: memoryview) -> int:
        n = int(self._reader.readinto(buffer[:_PIECE]))
        if n == 0 and not self._is_part:
            # The reader takes a file that breaks off for one that ends. Who asks for a
            # part has looked at its frames.
            self._check_whole()
        return n

    def _check_whole(self) -> None:
        content = bytes_of(self._file)
        end = end_of_frames(content)
        if end < len(content):
            what = "is cut short, or the file has too many small ones"
            raise EOFError(f"the zstd frame at compressed byte {end} {what}")


class _Part:
    """Bytes of a file between two places, read like a file."""

    def __init__(self, file: io.BufferedReader, begin: int, end: int) -> None:
        self._file = file
        self._end = end
        file.seek(begin)

    def read(self, size: int) -> bytes:
        wanted = min(size, self._end - self._file.tell())
        data = self._file.read(wanted)
        if len(data) < wanted:
            raise EOFError("the file was cut while it was being read")
        return data


class _Gzip:
    """Decompressed bytes of all members of a gzip file."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._member = self._new_member()
        self._left = b""

    @staticmethod
    def _new_member() -> Any:  # noqa: ANN401
        return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)

    def readinto(self, buffer: memoryview) -> int:
        wanted = min(len(buffer), _PIECE)
        is_stuck = False
        while wanted:
            if self._member.eof and not self._next_member():
                return 0
            compressed = b""
            if self._member.needs_input or is_stuck:
                compressed = self._left or self._file.read(_COMPRESSED_PIECE)
                self._left = b""
                if not compressed:
                    raise EOFError("the gzip file is cut short")
            data = self._member.decompress(compressed, wanted)
            if data:
                buffer[: len(data)] = data
                return len(data)
            is_stuck = not compressed
        return 0

    def _next_member(self) -> bool:
        """Begin the member behind the one that ended, if there is one."""
        left = self._member.unused_data
        while True:
            # Files may be filled up with zeros.
            left = left.lstrip(b"\0") or self._file.read(_COMPRESSED_PIECE)
            if not left:
                return False
            if left.strip(b"\0"):
                break
        self._left = left.lstrip(b"\0")
        self._member = self._new_member()
        return True


class Decompressed:
    """A file as a stream of decompressed bytes, whatever its compression.

    Parameters
    ----------
    path : Path
        File; its first bytes tell the compression.
    part : tuple of int, optional
        Read the frames of a zstd file between these two places only.

    Raises
    ------
    OSError
        If it cannot be opened.
    """

    def __init__(self, path: Path, part: tuple[int, int] | None = None) -> None:
        self._path = path
        self._file = path.open("rb")
        magic = self._file.peek(4)[:4]
        self._reader: _Reader = self._file
        if magic[:2] == GZIP_MAGIC:
            self._reader = _Gzip(self._file)
        elif magic == ZSTD_MAGIC or magic[1:] == ZSTD_SKIPPABLE:
            self._reader = _Zstd(self._file, part)
        elif part is not None:
            self._file.close()
            raise StreamError("only zstd files have parts", 0)
        self._n_read = 0

    @property
    def n_read(self) -> int:
        """Decompressed bytes so far."""
        return self._n_read

    @property
    def position(self) -> int:
        """Bytes of the file so far."""
        return self._file.tell()

    def readinto(self, buffer: memoryview) -> int:
        """Read some bytes into ``buffer``; 0 at the end.

        Raises
        ------
        StreamError
            Where the compressed data are damaged or cut short.
        ReadError
            If the disk fails.
        """
        try:
            n = self._reader.readinto(buffer)
        except _DAMAGE as error:
            if isinstance(error, OSError) and is_disk_failure(error):
                raise ReadError(self._path, error) from error
            raise StreamError(str(error), self._n_read) from error
        self._n_read += n
        return n

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def peek(path: Path, size: int = 16) -> bytes:
    """First decompressed bytes of a file.

    Raises
    ------
    OSError
        If it cannot be opened.
    StreamError
        If the compressed data are damaged right there.
    """
    buffer = bytearray(size)
    n = 0
    with Decompressed(path) as stream:
        while n < size:
            more = stream.readinto(memoryview(buffer)[n:])
            if not more:
                break
            n += more
    return bytes(buffer[:n])
