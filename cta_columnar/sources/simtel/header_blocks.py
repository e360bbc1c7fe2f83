"""Cold blocks: those that come once per run or telescope, decoded by eventio."""

import struct
from io import BytesIO
from typing import Any, NamedTuple

import eventio.histograms
import eventio.iact
import eventio.simtel  # noqa: F401  the imports fill KNOWN_OBJECTS
from eventio.base import KNOWN_OBJECTS, read_header

HISTORY, HISTORY_META, HISTOGRAMS, ATMOSPHERE = 70, 75, 100, 1216
RUN_HEADER, MC_RUN_HEADER = 2000, 2001
CAMERA_SETTINGS, CAMERA_ORGANIZATION, PIXEL_SETTINGS = 2002, 2003, 2004
DISABLED_PIXELS = 2005
CAMERA_MONITORING, LASER_CALIBRATION = 2022, 2023

HISTORY_LINES = (71, 72)  # command line, configuration: inside a history block

# Without one of these a telescope cannot be described.
DESCRIPTION_BLOCKS = frozenset(
    {CAMERA_SETTINGS, CAMERA_ORGANIZATION, PIXEL_SETTINGS, DISABLED_PIXELS}
)
COLD_BLOCKS = DESCRIPTION_BLOCKS | {
    HISTORY,
    HISTORY_META,
    HISTOGRAMS,
    ATMOSPHERE,
    RUN_HEADER,
    MC_RUN_HEADER,
    CAMERA_MONITORING,
    LASER_CALIBRATION,
}
SYNC_MARKER_SIZE = 4


class HeaderError(ValueError):
    """A header block that cannot be read, or does not fit the others.

    Attributes
    ----------
    block_type : int
        Its type in the file.
    """

    def __init__(self, block_type: int, message: str) -> None:
        name = getattr(KNOWN_OBJECTS.get(block_type), "__name__", "unknown")
        super().__init__(f"block {name}[{block_type}]: {message}")
        self.block_type = block_type


class Block(NamedTuple):
    """Content of a cold block, as eventio names it, and the id in its header."""

    ident: int
    content: Any


def parse_block(block_type: int, data: bytes) -> Block:
    """Decode a top-level block.

    Parameters
    ----------
    block_type : int
        One of `COLD_BLOCKS`.
    data : bytes
        The whole block, sync marker and header included.

    Raises
    ------
    HeaderError
        If it is damaged or of a version that is not known.
    """
    stream = BytesIO(data)
    stream.seek(SYNC_MARKER_SIZE)
    # eventio trusts its input, so damage may show as any exception.
    try:
        header = read_header(stream, offset=0, toplevel=True)
        if header.type != block_type or header.total_size > len(data):
            raise ValueError(f"type {header.type} of {header.total_size} bytes")
        block = KNOWN_OBJECTS[block_type](header, stream)
        if block_type == HISTORY:
            lines = [
                each.parse() for each in block if each.header.type in HISTORY_LINES
            ]
            return Block(header.id, lines)
        if block_type == CAMERA_ORGANIZATION:
            return Block(header.id, _organization(data[header.header_size :]))
        return Block(header.id, block.parse())
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise HeaderError(block_type, f"cannot be read ({reason})") from error


def _organization(content: bytes) -> dict[str, int]:
    """Sizes only: the wiring that follows is not needed and takes long to decode."""
    n_pixels, _, n_gains, _ = struct.unpack_from("<4i", content)
    return {"n_pixels": n_pixels, "n_gains": n_gains}
