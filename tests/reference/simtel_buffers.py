"""Buffers that hold blocks, for kernels."""

import io

import numpy as np
from eventio.base import KNOWN_OBJECTS, read_header

from reference.simtel_blocks import block


def buffer(block_type, payload, *, version=0, block_id=0):
    """One block at the very end of a buffer: reading beyond it is an error.

    Returns the buffer and the block table.
    """
    data = block(block_type, payload, version=version, block_id=block_id)
    start, end = len(data) - len(payload), len(data)
    table = np.array([[block_type, version, block_id, 0, start, end, -1]])
    return np.frombuffer(data, np.uint8), table


def by_eventio(block_type, payload, *, version=0, block_id=0):
    """What eventio makes of a block."""
    data = block(block_type, payload, version=version, block_id=block_id)
    stream = io.BytesIO(data)
    header = read_header(stream, offset=0)
    return KNOWN_OBJECTS[block_type](header, stream).parse()
