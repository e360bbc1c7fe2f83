"""The frames of a zstd file, by their headers alone (RFC 8878)."""

import io
import os
from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Content(Protocol):
    """Bytes, or a file that slices like bytes."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice) -> bytes: ...


class FileBytes:
    """A file that slices like bytes; unlike a memory map it takes no memory."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        found = b""
        # A read may return less than is asked for.
        while missing := place.stop - place.start - len(found):
            more = os.pread(self._descriptor, missing, place.start + len(found))
            if not more:
                break
            found += more
        return found


class _WindowedBytes:
    """A file that has to be asked for, as a remote one, that slices like bytes.

    Whoever goes on gets them from a window.
    """

    _WINDOW = 8 << 20

    def __init__(self, file: io.RawIOBase | io.BufferedReader) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._begin = 0
        self._window = b""

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        begin, end = place.start, place.stop
        if not self._begin <= begin <= end <= self._begin + len(self._window):
            self._file.seek(begin)
            self._begin = begin
            self._window = self._read(max(self._WINDOW, end - begin))
        return self._window[begin - self._begin : end - self._begin]

    def _read(self, size: int) -> bytes:
        """Read so many bytes, or up to the end: one read may return less."""
        found = bytearray()
        while len(found) < size and (more := self._file.read(size - len(found))):
            found += more
        return bytes(found)


def bytes_of(file: io.RawIOBase | io.BufferedReader) -> Content:
    """Return a file as what slices like bytes."""
    try:
        return FileBytes(file.fileno())
    except io.UnsupportedOperation:
        return _WindowedBytes(file)


class Frame(NamedTuple):
    """A complete frame.

    Attributes
    ----------
    begin, end : int
        Where it lies in the file.
    size : int or None
        Bytes of its content, as its header says; None if it does not. A skippable frame
        has none.
    checksum : bytes
        Of its content, which whoever decompresses it compares; empty if it has none.
    """

    begin: int
    end: int
    size: int | None
    checksum: bytes = b""


class _Header(NamedTuple):
    """Header of a frame: its length, and what follows.

    A skippable frame has no blocks; its length is that of all of it.
    """

    length: int
    size: int | None
    has_blocks: bool
    has_checksum: bool


HEADER_BYTES = 4096
LEAST_HEADER_BYTES = 64
"""Bytes of a file for each header of a frame or block, on average, or more.

Writers make blocks of 128 kB, before they are compressed.
"""

FREE_HEADERS = 10_000
"""Headers that a file may have, however small it is."""

MAGIC = 0xFD2FB528
SKIPPABLE_MAGIC = 0x184D2A50
_SKIPPABLE_MASK = 0xFFFFFFF0
_LONGEST_HEADER = 18
_RLE_BLOCK = 1
_CHECKSUM_BYTES = 4
# A content size of two bytes counts from here.
_TWO_BYTES_FROM = 256


def end_of_frames(content: Content) -> int:
    """Position behind the last complete frame.

    It is the length of the content unless that is cut short, followed by something
    else, or cut into too many pieces.
    """
    end = 0
    for frame in frames(content):
        end = frame.end
    return end


def frames(content: Content, most: int | None = None) -> Iterator[Frame]:
    """Find frames, as long as they are complete and follow each other.

    It ends, too, in a file of more headers of frames and blocks than files have: to go
    from one to the next would take longer than to read all of it.

    Parameters
    ----------
    content : Content
        A file.
    most : int, optional
        Stop before a frame of more content, or of content of unknown size. Such a one
        is not gone through: a file may be a single frame of many GB. `HEADER_BYTES` is
        the limit then, where it is `LEAST_HEADER_BYTES` for others.
    """
    per_header = LEAST_HEADER_BYTES if most is None else HEADER_BYTES
    pos, n_left = 0, FREE_HEADERS + len(content) // per_header
    while header := _header(content[pos : pos + _LONGEST_HEADER]):
        if most is not None and (header.size is None or header.size > most):
            return
        end = pos + header.length
        if header.has_blocks:
            end, n_left = _end_of_blocks(content, end, n_left)
        n_left -= 1
        if n_left < 0:
            return
        behind = end + _CHECKSUM_BYTES * header.has_checksum
        if behind > len(content):
            return
        yield Frame(pos, behind, header.size, content[end:behind])
        pos = behind


def _header(head: bytes) -> _Header | None:
    """Decode the header that some bytes begin with; None if there is none."""
    if len(head) < 8:
        return None
    magic = int.from_bytes(head[:4], "little")
    if magic & _SKIPPABLE_MASK == SKIPPABLE_MAGIC:
        length = 8 + int.from_bytes(head[4:8], "little")
        return _Header(length, 0, has_blocks=False, has_checksum=False)
    if magic != MAGIC:
        return None
    descriptor = head[4]
    is_single_segment = descriptor >> 5 & 1
    n_bytes = (is_single_segment, 2, 4, 8)[descriptor >> 6]
    begin = 5 + (1 - is_single_segment) + (0, 1, 2, 4)[descriptor & 3]
    length = begin + n_bytes
    size = int.from_bytes(head[begin:length], "little") if n_bytes else None
    if size is not None and n_bytes == 2:
        size += _TWO_BYTES_FROM
    return _Header(length, size, True, has_checksum=bool(descriptor >> 2 & 1))


def _end_of_blocks(content: Content, pos: int, n_left: int) -> tuple[int, int]:
    """Position behind the blocks from ``pos``, beyond the content if they are cut.

    Then also how many headers may still come, below 0 if there were too many.
    """
    while len(block := content[pos : pos + 3]) == 3:
        word = int.from_bytes(block, "little")
        pos += 3 + (1 if word >> 1 & 3 == _RLE_BLOCK else word >> 3)
        n_left -= 1
        if word & 1 or n_left < 0:
            return pos, n_left
    return len(content) + 1, n_left
