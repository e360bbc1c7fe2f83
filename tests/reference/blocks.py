"""Walk over the top-level blocks of a sim_telarray file, in plain Python."""

import gzip
import io
import struct

import zstandard

MARKER = 0xD41F8A37


def read_whole(path):
    """Return the decompressed content of a file."""
    raw = path.read_bytes()
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)).read()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def walk(buffer):
    """Yield (type, id, whole block) up to the last whole block."""
    position = 0
    while position + 16 <= len(buffer):
        marker, kind, ident, length = struct.unpack_from("<IIiI", buffer, position)
        assert marker == MARKER, f"lost at byte {position}"
        size = 16 + (length & 0x3FFFFFFF)
        if kind & (1 << 17):
            (extension,) = struct.unpack_from("<I", buffer, position + 16)
            size += 4 + ((extension & 0xFFF) << 30)
        if position + size > len(buffer):
            return
        yield kind & 0xFFFF, ident, buffer[position : position + size]
        position += size
