"""Where the frames of a zstd file end, by their headers alone (RFC 8878)."""

import struct
from typing import Protocol


class _Content(Protocol):
    def __len__(self) -> int: ...
    def __getitem__(self, key: slice) -> bytes: ...


MAGIC = 0xFD2FB528
SKIPPABLE_MAGIC = 0x184D2A50
_SKIPPABLE_MASK = 0xFFFFFFF0
_RLE_BLOCK = 1


def end_of_frames(content: _Content) -> int:
    """Position behind the last complete frame.

    It is the length of the content unless that is cut short or followed by something
    else.
    """
    pos = 0
    while True:
        end = _frame_end(content, pos)
        if end < 0 or end > len(content):
            return pos
        pos = end


def _frame_end(content: _Content, pos: int) -> int:
    """Position behind the frame at ``pos``, maybe beyond the content; -1: no frame."""
    head = content[pos : pos + 8]
    if len(head) < 8:
        return -1
    magic, size = struct.unpack("<II", head)
    if magic & _SKIPPABLE_MASK == SKIPPABLE_MAGIC:
        return pos + 8 + int(size)
    if magic != MAGIC:
        return -1
    descriptor = head[4]
    is_single_segment = descriptor >> 5 & 1
    content_size = (is_single_segment, 2, 4, 8)[descriptor >> 6]
    pos += 5 + (1 - is_single_segment) + (0, 1, 2, 4)[descriptor & 3] + content_size
    has_checksum = descriptor >> 2 & 1
    while True:
        block = content[pos : pos + 3]
        if len(block) < 3:
            return -1
        word = int.from_bytes(block, "little")
        pos += 3 + (1 if word >> 1 & 3 == _RLE_BLOCK else word >> 3)
        if word & 1:
            return pos + 4 * has_checksum
