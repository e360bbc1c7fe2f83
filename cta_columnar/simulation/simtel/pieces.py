"""Files made of pieces, each compressed on its own.

A piece holds whole blocks: the headers, some events, or the histograms. Frames of zstd
and members of gzip may follow each other in a file, so pieces may be compressed by
anyone and readers may start at any of them. Equal pieces give equal bytes.
"""

import errno
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

import zstandard

from cta_columnar.errors import UserError

Compression = Literal["zst", "gz", ""]

# Traces are mostly noise: higher levels take longer and gain nothing.
_LEVEL = 1
# Header of a gzip member without name and time, from a system that is not told
# (RFC 1952).
_GZIP_HEADER = struct.pack("<2s2BIBB", b"\x1f\x8b", 8, 0, 0, 0, 255)
_DRAFT = ".part"
_CHUNK = 4 << 20
# Not all file systems can copy, nor between any two.
_NOT_HERE = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def compression_of(path: Path) -> Compression:
    """How a file is compressed, by the end of its name.

    Raises
    ------
    UserError
        If that is none of ``.simtel.zst``, ``.simtel.gz`` and ``.simtel``.
    """
    endings: dict[str, Compression] = {
        ".simtel.zst": "zst",
        ".simtel.gz": "gz",
        ".simtel": "",
    }
    for ending, compression in endings.items():
        if path.name.endswith(ending) and path.name != ending:
            return compression
    raise UserError(
        f"cannot write {path}: the name must end in {', '.join(endings)}, which says "
        "how it is compressed"
    )


def compress(piece: bytes, compression: Compression) -> bytes:
    """Compress a piece; an empty one is nothing.

    Parameters
    ----------
    piece : bytes
        Whole blocks.
    compression : str
        ``zst``: a frame with its size and a checksum; ``gz``: a member; empty: none.
    """
    if not piece or not compression:
        return piece
    if compression == "zst":
        return zstandard.ZstdCompressor(
            level=_LEVEL, write_checksum=True, write_content_size=True, threads=0
        ).compress(piece)
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    content = deflate.compress(piece) + deflate.flush()
    size = len(piece) % (1 << 32)
    return _GZIP_HEADER + content + struct.pack("<2I", zlib.crc32(piece), size)


class PieceFile:
    """Write pieces to a file, which gets its name when all of them are on the disk.

    Used as a context: on an error what was written is removed, and a file that had the
    name before stays.

    Parameters
    ----------
    path : Path
        The file; its name says how it is compressed, see `compression_of`.

    Raises
    ------
    UserError
        If the file cannot be written, with the reason.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.compression = compression_of(path)
        self._draft = path.with_name(path.name + _DRAFT)
        self._file: BinaryIO

    def __enter__(self) -> Self:
        with _writing(self.path):
            self._file = self._draft.open("wb")
        return self

    def write(self, piece: bytes) -> None:
        """Compress a piece and append it."""
        self.append(compress(piece, self.compression))

    def append(self, compressed: bytes) -> None:
        """Append a piece that has been compressed."""
        with _writing(self.path):
            self._file.write(compressed)

    def append_file(self, path: Path) -> None:
        """Append a piece that has been compressed, from a file."""
        with path.open("rb") as piece, _writing(self.path):
            self._file.flush()
            _copy(piece.fileno(), self._file.fileno(), path.stat().st_size)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with _writing(self.path):
                self._close(is_complete=kind is None)
        except UserError:
            # What made it fail before says more.
            if kind is None:
                raise
        finally:
            self._draft.unlink(missing_ok=True)

    def _close(self, *, is_complete: bool) -> None:
        # Closing writes what is left in the buffer, and may fail for it.
        with self._file as file:
            if is_complete:
                file.flush()
                os.fsync(file.fileno())
        if is_complete:
            self._draft.replace(self.path)
            _sync_folder(self.path.parent)


def write_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file of these pieces, see `PieceFile`."""
    with PieceFile(path) as file:
        for piece in pieces:
            file.write(piece)


def _copy(source: int, target: int, size: int) -> None:
    """Copy bytes within the system where it can do so, at a fraction of the time."""
    while size > 0:
        done = _copied(source, target, size)
        if done == 0:
            raise OSError(errno.EIO, "a piece is shorter than it was")
        size -= done


def _copied(source: int, target: int, size: int) -> int:
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(source, target, size)
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
    content = os.read(source, min(size, _CHUNK))
    written = 0
    while written < len(content):
        written += os.write(target, content[written:])
    return written


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems cannot do this for folders, and need not.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` into a `UserError` that names the path and the reason."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"cannot write {path}: {reason}") from error
