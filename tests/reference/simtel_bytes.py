"""What each byte of a sim_telarray file is for: framing, or data of a block.

An own walk with `struct`, which trusts the flag "contains only blocks" of a file that
is known to be good.
"""

import struct
from typing import NamedTuple

SYNC = bytes.fromhex("378a1fd4")
ARRAY_EVENT = 2010

EXTENDED = 1 << 17
ONLY_BLOCKS = 1 << 30


class Region(NamedTuple):
    """Some bytes of one kind.

    ``kind`` is sync, type, version, id, length or payload; ``path`` has the types of
    the blocks that it lies in, from the outermost to its own.
    """

    begin: int
    end: int
    kind: str
    path: tuple[int, ...]


def regions(content):
    """Split a good file into regions, in order and without gaps."""
    found = []
    position = 0
    while position < len(content):
        assert content[position : position + 4] == SYNC, f"no block at {position}"
        found.append(Region(position, position + 4, "sync", _types(content, position)))
        position = _block(content, position + 4, (), found)
    return found


def _types(content, position):
    (word,) = struct.unpack_from("<I", content, position + 4)
    return (word & 0xFFFF,)


def _block(content, position, outer, found):
    word, _, length = struct.unpack_from("<IiI", content, position)
    path = (*outer, word & 0xFFFF)
    size = length % ONLY_BLOCKS
    ends = {"type": 2, "version": 4, "id": 8, "length": 12}
    if word & EXTENDED:
        (high,) = struct.unpack_from("<I", content, position + 12)
        size += (high & 0xFFF) * ONLY_BLOCKS
        ends["length"] = 16
    begin = position
    for kind, offset in ends.items():
        found.append(Region(begin, position + offset, kind, path))
        begin = position + offset
    end = begin + size
    if length & ONLY_BLOCKS:
        while begin < end:
            begin = _block(content, begin, path, found)
        assert begin == end
    elif size:
        found.append(Region(begin, end, "payload", path))
    return end


def whole_blocks(content):
    """Types inside of each top-level block that is whole, and where it ends.

    The content may break off anywhere.
    """
    position = 0
    while content[position : position + 4] == SYNC and position + 16 <= len(content):
        word, _, length = struct.unpack_from("<IiI", content, position + 4)
        header = 20 if word & EXTENDED else 16
        if position + header > len(content):
            return
        size = length % ONLY_BLOCKS
        if word & EXTENDED:
            (high,) = struct.unpack_from("<I", content, position + 16)
            size += (high & 0xFFF) * ONLY_BLOCKS
        end = position + header + size
        if end > len(content):
            return
        inside = []
        _block(content, position + 4, (), inside)
        yield [region.path[-1] for region in inside if region.kind == "type"], end
        position = end


def count_events(content):
    """Whole array events, those of calibration too."""
    return sum(types.count(ARRAY_EVENT) for types, _ in whole_blocks(content))


def end_of_blocks(content):
    """Where the last whole top-level block ends."""
    return max((end for _, end in whole_blocks(content)), default=0)
