"""Blocks of a file that have no others in them, and how they are written again."""

import struct

from reference.simtel_blocks import blocks
from simulation.simtel.from_eventio import WRITERS, parse, tracking

from cta_columnar.simulation.simtel.versions import base_type

HISTORY = 70
HISTORY_LINES = 1000  # they are many, and alike


def leaves(data):
    """Blocks without others in them: type, version, id, payload."""
    for kind, version, ident, start, end, _ in blocks(data)[0]:
        if kind == HISTORY:
            yield from history_lines(data, start, end)
        elif base_type(kind) == 2100 or kind in WRITERS:
            yield kind, version, ident, data[start:end]


def history_lines(data, start, end):
    for _ in range(HISTORY_LINES):
        if start >= end:
            return
        word, ident, length = struct.unpack_from("<IiI", data, start)
        start += 12 + length
        yield word & 0xFFFF, word >> 20, ident, data[start - length : start]


def rewritten(kind, version, ident, payload):
    if base_type(kind) == 2100:
        return tracking(payload)
    return WRITERS[kind](parse(kind, version, ident, payload), version)
