"""Slow, obvious reading and writing of eventio blocks."""

import struct

SYNC = struct.pack("<I", 0xD41F8A37)
CONTAINERS = {1204, 2010, 2028, 2034}


def header(block_type, version, block_id, length, *, only_blocks=False, extended=False):
    word = block_type | version << 20 | (0x20000 if extended else 0)
    low = (length & 0x3FFFFFFF) | (0x40000000 if only_blocks else 0)
    raw = struct.pack("<IiI", word, block_id, low)
    return raw + struct.pack("<I", length >> 30) if extended else raw


def block(block_type, payload=b"", *, version=0, block_id=0, top=False, **flags):
    """Write one block; a list of blocks as payload makes a container."""
    only_blocks = isinstance(payload, list)
    content = b"".join(payload) if only_blocks else payload
    head = header(
        block_type, version, block_id, len(content), only_blocks=only_blocks, **flags
    )
    return (SYNC if top else b"") + head + content


def is_container(block_type, parent):
    if parent == 2010:
        return block_type >= 2200 and block_type % 1000 in range(200, 300)
    return block_type in CONTAINERS


def blocks(data):
    """Complete top-level blocks and all in them: (type, version, id, start, end, path).

    ``path`` is the list of types from the top-level block down.
    """
    found = []

    def inside(pos, end, path):
        while pos < end:
            word, block_id, length = struct.unpack_from("<IiI", data, pos)
            pos += 12
            size = length & 0x3FFFFFFF
            if word & 0x20000:
                size |= (struct.unpack_from("<I", data, pos)[0] & 0xFFF) << 30
                pos += 4
            block_type = word & 0xFFFF
            here = [*path, block_type]
            found.append((block_type, word >> 20, block_id, pos, pos + size, here))
            if is_container(block_type, path[-1] if path else 0):
                inside(pos, pos + size, here)
            pos += size

    pos = 0
    while pos + 16 <= len(data):
        assert data[pos : pos + 4] == SYNC, f"lost sync at {pos}"
        word, _, length = struct.unpack_from("<IiI", data, pos + 4)
        end = pos + 16 + (length & 0x3FFFFFFF)
        if word & 0x20000:
            if pos + 20 > len(data):
                break
            extension = struct.unpack_from("<I", data, pos + 16)[0] & 0xFFF
            end += 4 + (extension << 30)
        if end > len(data):
            break
        inside(pos + 4, end, [])
        pos = end
    return found, pos


def count_array_events(data):
    """Complete array events, calibration events included."""
    return sum(path[-1] == 2010 for *_, path in blocks(data)[0])


def rewrite(data, edit):
    """Copy a file, block by block.

    ``edit(path, version, block_id, payload)`` gets each block without others inside,
    and containers after what they contain (payload: a list of written blocks). It
    returns a payload or ``(version, block_id, payload)``; None drops the block.
    """

    def copy(pos, path):
        word, block_id, length = struct.unpack_from("<IiI", data, pos)
        start, end = pos + 12, pos + 12 + (length & 0x3FFFFFFF)
        path = [*path, word & 0xFFFF]
        payload = data[start:end]
        if is_container(path[-1], path[-2] if len(path) > 1 else 0):
            payload = []
            while start < end:
                written, start = copy(start, path)
                payload += [written] if written else []
        edited = edit(path, word >> 20, block_id, payload)
        if edited is None:
            return b"", end
        version = word >> 20
        if isinstance(edited, tuple):
            version, block_id, edited = edited
        only_blocks = isinstance(edited, list) or bool(length & 0x40000000)
        content = b"".join(edited) if isinstance(edited, list) else edited
        size = len(content)
        head = header(path[-1], version, block_id, size, only_blocks=only_blocks)
        return head + content, end

    out, pos = [], 0
    while pos < len(data):
        written, pos = copy(pos + 4, [])
        out.append(SYNC + written if written else b"")
    return b"".join(out)
