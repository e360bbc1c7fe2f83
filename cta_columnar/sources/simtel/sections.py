"""Where a sim_telarray file may be split, so that workers share it.

Ours are made for that (see `simulation.chunks`): the headers have a frame of zstd to
themselves, calibration events may follow, and then each frame begins with a shower, but
the last one, which holds the histograms. What looks different anywhere is not split.
"""

import os
import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import zstandard

from cta_columnar.digests import LARGEST_FRAME, frames_digest
from cta_columnar.kernels.simtel.block_types import (
    CALIBRATION_EVENT,
    HISTOGRAMS,
    MC_SHOWER,
)
from cta_columnar.sources import sections as rules
from cta_columnar.sources.sections import Section, split
from cta_columnar.zstd_frames import Content, FileBytes, Frame, frames

_SYNC_MARKER = 0xD41F8A37
# No block of zstd is longer; the first one has the first bytes.
_ENOUGH = (128 << 10) + 64
_START = struct.Struct("<2I")


def sections_of(path: Path, section_bytes: int | None = None) -> tuple[Section, ...]:
    """Cut a file into sections; nothing but the start of each frame is decompressed.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    section_bytes : int, optional
        See `split`.

    Returns
    -------
    sections : tuple of Section
        In order; empty if the file is to be read as a whole, as one is that is smaller
        than a section before it is decompressed.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        content = FileBytes(file.fileno())
        # To find frames takes a read per 128 kB, and nothing else is done meanwhile.
        if len(content) < (section_bytes or rules.SECTION_BYTES):
            return ()
        modified = os.fstat(file.fileno()).st_mtime_ns
        found = list(frames(content, LARGEST_FRAME))
        if not found or found[-1].end < len(content):
            return ()
        filled = [frame for frame in found if frame.size]
        bounds = _bounds([_first_block(content, frame) for frame in filled])
        if bounds is None:
            return ()
        digest = frames_digest(found, len(content))
        sections = split(filled, *bounds, len(content), section_bytes)
        return tuple(
            each._replace(digest=digest, modified=modified) for each in sections
        )


def _bounds(types: Sequence[int | None]) -> tuple[int, int] | None:
    """Find the first frames behind the headers, and with showers; None: not ours.

    Parameters
    ----------
    types : sequence of int or None
        Type of the first block of each frame.
    """
    if MC_SHOWER not in types or types[-1] != HISTOGRAMS:
        return None
    showers = types.index(MC_SHOWER)
    headers = showers
    if CALIBRATION_EVENT in types:
        headers = min(showers, types.index(CALIBRATION_EVENT))
    is_ours = (
        headers > 0
        and not {None, HISTOGRAMS} & set(types[:headers])
        and set(types[headers:showers]) <= {CALIBRATION_EVENT}
        and set(types[showers:-1]) == {MC_SHOWER}
    )
    return (headers, showers) if is_ours else None


def _first_block(content: Content, frame: Frame) -> int | None:
    """Type of the block that a frame begins with; None if it begins with none."""
    compressed = content[frame.begin : min(frame.end, frame.begin + _ENOUGH)]
    reader = zstandard.ZstdDecompressor().stream_reader(BytesIO(compressed))
    try:
        start = reader.read(_START.size)
    except zstandard.ZstdError:
        return None
    if len(start) < _START.size:
        return None
    marker, word = _START.unpack(start)
    return word & 0xFFFF if marker == _SYNC_MARKER else None
