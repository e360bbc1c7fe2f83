"""Cold blocks: those that come once per run or telescope, decoded by eventio."""

import struct
from io import BytesIO
from typing import Any, NamedTuple

import eventio.histograms
import eventio.iact
import eventio.simtel  # noqa: F401  the imports fill KNOWN_OBJECTS
from eventio.base import KNOWN_OBJECTS, read_header

from cta_columnar.kernels.simtel.block_types import (
    ATMOSPHERE,
    CAMERA_MONITORING,
    CAMERA_ORGANIZATION,
    CAMERA_SETTINGS,
    CAMERA_SOFTWARE,
    COMMAND_LINE,
    CONFIGURATION_LINE,
    DISABLED_PIXELS,
    DRIVE_SETTINGS,
    HISTOGRAMS,
    HISTORY,
    HISTORY_META,
    INPUT_CARD,
    LASER_CALIBRATION,
    MC_RUN_HEADER,
    MC_RUN_STATISTICS,
    PIXEL_MONITORING,
    PIXEL_SETTINGS,
    POINTING_CORRECTION,
    RUN_HEADER,
    RUN_STATISTICS,
)

HISTORY_LINES = (COMMAND_LINE, CONFIGURATION_LINE)

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
# Nothing is read from these but the id: first those that come once per telescope.
UNREAD_SETTINGS = frozenset({CAMERA_SOFTWARE, POINTING_CORRECTION, DRIVE_SETTINGS})
UNREAD_OF_TELESCOPES = UNREAD_SETTINGS | {PIXEL_MONITORING}
SKIPPED_BLOCKS = UNREAD_OF_TELESCOPES | {INPUT_CARD, RUN_STATISTICS, MC_RUN_STATISTICS}
SYNC_MARKER_SIZE = 4
# Blocks are filled up to a multiple of this.
ALIGNMENT = 4
# Reading beyond their end fails, unlike that of a text.
END_WITH_NUMBERS = frozenset(
    {
        MC_RUN_HEADER,
        CAMERA_SETTINGS,
        PIXEL_SETTINGS,
        DISABLED_PIXELS,
        CAMERA_MONITORING,
        LASER_CALIBRATION,
    }
)
# Where eventio does not look.
VERSIONS = {HISTORY: (1,), HISTORY_META: (0,), CAMERA_ORGANIZATION: (1, 2)}
USER_AND_RESERVED_BITS, RESERVED_LENGTH_BIT = 0xD0000, 0x80000000


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
        if header.version not in VERSIONS.get(block_type, (header.version,)):
            raise ValueError(f"version {header.version} is not supported")
        block = KNOWN_OBJECTS[block_type](header, stream)
        if block_type == HISTORY:
            return Block(header.id, _history(block, data))
        if block_type == CAMERA_ORGANIZATION:
            return Block(header.id, _organization(data[header.header_size :]))
        content = block.parse()
        if header.content_size - block.tell() >= ALIGNMENT or _has_more(header, data):
            raise ValueError("longer than what it counts")
        return Block(header.id, content)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise HeaderError(block_type, f"cannot be read ({reason})") from error


def _has_more(header: Any, data: bytes) -> bool:  # noqa: ANN401
    """Whether eventio does not need a block to its end: it does not look at that.

    Blocks are filled up, but with less than what is left away here.
    """
    if header.type not in END_WITH_NUMBERS:
        return False
    stream = BytesIO(data[:-ALIGNMENT])
    stream.seek(header.header_size)
    try:
        KNOWN_OBJECTS[header.type](header, stream).parse()
    except Exception:
        return False
    return True


def _history(block: Any, data: bytes) -> list[Any]:  # noqa: ANN401
    """Lines of a history: blocks inside it, of its version and id."""
    lines = []
    end = 0
    for each in block:
        _check_line(each.header, block.header, data)
        lines.append(each.parse())
        if each.header.content_size - each.tell() >= ALIGNMENT:
            raise ValueError("a line is longer than its text")
        end = each.header.content_address + each.header.content_size
    if end and end != block.header.content_address + block.header.content_size:
        raise ValueError("its lines end elsewhere")
    return lines


def _check_line(header: Any, above: Any, data: bytes) -> None:  # noqa: ANN401
    begin = header.content_address - header.header_size
    word, ident, length = struct.unpack_from("<IiI", data, begin)
    is_odd = word & USER_AND_RESERVED_BITS or length & RESERVED_LENGTH_BIT
    same = (header.version, header.id) == (above.version, above.id)
    if header.type not in HISTORY_LINES or header.only_subobjects or is_odd or not same:
        raise ValueError(
            f"it contains a block of type {header.type}, version {header.version}, "
            f"id {ident}"
        )


def _organization(content: bytes) -> dict[str, int]:
    """Sizes only: the wiring that follows is not needed and takes long to decode."""
    n_pixels, _, n_gains, _ = struct.unpack_from("<4i", content)
    return {"n_pixels": n_pixels, "n_gains": n_gains}
