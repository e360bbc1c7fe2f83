"""Files made of pieces, each compressed on its own.

A piece holds whole blocks: the headers, some events, or the histograms. Frames of zstd
and members of gzip may follow each other in a file, so pieces may be compressed by
anyone and readers may start at any of them. Equal pieces give equal bytes.
"""

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import zstandard

from cta_columnar.durable import HashedFile, sync_folder
from cta_columnar.errors import UserError

Compression = Literal["zst", "gz", ""]

# Traces are mostly noise: higher levels take longer and gain nothing.
_LEVEL = 1
# Header of a gzip member without name and time, from a system that is not told
# (RFC 1952).
_GZIP_HEADER = struct.pack("<2s2BIBB", b"\x1f\x8b", 8, 0, 0, 0, 255)
_DRAFT = ".part"


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
        self._file: HashedFile

    def __enter__(self) -> Self:
        with _writing(self.path):
            self._file = HashedFile(self._draft)
        return self

    @property
    def sha256(self) -> str:
        """Digest of what was written so far."""
        return self._file.sha256

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.size

    def write(self, piece: bytes) -> None:
        """Compress a piece and append it."""
        self.append(compress(piece, self.compression))

    def append(self, compressed: bytes) -> None:
        """Append a piece that has been compressed."""
        with _writing(self.path):
            self._file.write(compressed)

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
        # What the disk could not take may show only now.
        self._file.close()
        if is_complete:
            self._draft.replace(self.path)
            sync_folder(self.path.parent)


def write_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file of these pieces, see `PieceFile`."""
    with PieceFile(path) as file:
        for piece in pieces:
            file.write(piece)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` into a `UserError` that names the path and the reason."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"cannot write {path}: {reason}") from error
