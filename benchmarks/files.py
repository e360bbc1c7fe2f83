"""Long files made of short real ones, and the proof that they are not too easy."""

import bisect
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

MARKER = 0xD41F8A37
LONG_HEADER, LENGTH = 1 << 17, 0x3FFFFFFF
MC_SHOWER, ARRAY_EVENT = 2020, 2010
FIRST_EVENT_TYPE, LAST_EVENT_TYPE = 2009, 2040
# Monitoring, calibration and their like: written once per run, whatever its length.
ONCE_PER_RUN = {2022, 2023, 2028, 2033}

# How far the size of an event in a long file may be from that in the original. An
# outlier means that the copies have compressed each other away.
TOLERANCE = 0.05
# Positions in the compressed file are known to this many bytes.
STEP = 512


@dataclass(frozen=True)
class EventPart:
    """What the events of a sim_telarray file come to."""

    array_events: int
    telescope_events: int
    raw_bytes: int
    compressed_bytes: float

    @property
    def compressed_per_event(self) -> float:
        """Compressed bytes per array event."""
        return self.compressed_bytes / self.array_events


@dataclass(frozen=True)
class LongFile:
    """A file for timing, with what is known about it."""

    path: Path
    name: str
    events: EventPart
    raw_bytes: int
    deviation: float


def survey(path: Path) -> tuple[EventPart, int]:
    """Walk over the blocks of a .zst file; also return its decompressed size."""
    arrays = telescopes = raw = 0
    compressed = 0.0
    in_events = False
    walk = _Walk(path)
    for kind, begin, end, body in walk.blocks():
        in_events = in_events or kind == MC_SHOWER
        event_type = FIRST_EVENT_TYPE <= kind <= LAST_EVENT_TYPE
        if not in_events or not event_type or kind in ONCE_PER_RUN:
            continue
        raw += end - begin
        compressed += walk.compressed(end) - walk.compressed(begin)
        if kind == ARRAY_EVENT:
            arrays += 1
            telescopes += sum(map(_is_telescope_event, _children(body)))
    return EventPart(arrays, telescopes, raw, compressed), walk.size


class _Walk:
    """Blocks of a compressed file, and where they lie in it.

    A zstd block gives its output all at once, so positions within one are interpolated.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._out: list[int] = [0]
        self._in: list[int] = [0]
        self.size = 0

    def _pieces(self) -> Iterator[bytes]:
        inflate = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True)
        consumed = 0
        with self._path.open("rb") as file:
            while piece := file.read(STEP):
                consumed += len(piece)
                if output := inflate.decompress(piece):
                    self.size += len(output)
                    self._out.append(self.size)
                    self._in.append(consumed)
                    yield output

    def blocks(self) -> Iterator[tuple[int, int, int, bytes]]:
        """Yield type, first and last byte in the decompressed file, and content."""
        buffer = bytearray()
        base = 0
        for piece in self._pieces():
            buffer += piece
            position = 0
            while position + 20 <= len(buffer):
                marker, kind, _, length = struct.unpack_from("<4I", buffer, position)
                if marker != MARKER:
                    raise ValueError(f"{self._path}: no block at {base + position}")
                head, size = _size(buffer, position + 16, kind, length, 16)
                end = position + head + size
                if end > len(buffer):
                    break
                body = bytes(buffer[position + head : end])
                yield kind & 0xFFFF, base + position, base + end, body
                position = end
            del buffer[:position]
            base += position

    def compressed(self, position: int) -> float:
        """Bytes of the compressed file that hold everything up to ``position``."""
        i = min(bisect.bisect_left(self._out, position), len(self._out) - 1)
        if i == 0:
            return 0.0
        low, high = self._out[i - 1], self._out[i]
        share = (position - low) / (high - low)
        return self._in[i - 1] + share * (self._in[i] - self._in[i - 1])


def _size(
    buffer: bytes | bytearray, extension: int, kind: int, length: int, head: int
) -> tuple[int, int]:
    size = length & LENGTH
    if kind & LONG_HEADER:
        size |= (struct.unpack_from("<I", buffer, extension)[0] & 0xFFF) << 30
        head += 4
    return head, size


def _children(body: bytes) -> Iterator[int]:
    position = 0
    while position + 12 <= len(body):
        kind, _, length = struct.unpack_from("<3I", body, position)
        head, size = _size(body, position + 12, kind, length, 12)
        yield kind & 0xFFFF
        position += head + size


def _is_telescope_event(kind: int) -> bool:
    """Telescopes 1 to 99 have 2201 to 2299, 100 has 3200; between lies tracking."""
    return kind > 2200 and (kind - 2200) % 1000 < 100


def lengthen(tool: Path, original: Path, copies: int, folder: Path) -> LongFile:
    """Repeat the events of a file; made once, then found again.

    Raises
    ------
    ValueError
        If the events of the long file are of another size than the original's.
    """
    path = folder / f"{original.name.split('.')[0]}_x{copies}.simtel.zst"
    if not path.exists():
        part = path.with_name(f"tmp_{path.name}")
        command = [
            sys.executable,
            *map(str, (tool, original, part, "--copies", copies)),
        ]
        subprocess.run(command, check=True, stdout=sys.stderr)
        part.rename(path)
    before, _ = survey(original)
    after, size = survey(path)
    deviation = after.compressed_per_event / before.compressed_per_event - 1
    if abs(deviation) > TOLERANCE:
        raise ValueError(
            f"{path}: {after.compressed_per_event:.0f} compressed bytes per event, "
            f"{before.compressed_per_event:.0f} in {original.name} "
            f"({deviation:+.1%}): no fair input for a timing"
        )
    if after.telescope_events != copies * before.telescope_events:
        raise ValueError(f"{path}: {after.telescope_events} telescope events")
    return LongFile(path, original.name.split(".")[0], after, size, deviation)
