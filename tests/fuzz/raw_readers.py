"""Readers of sim_telarray files, as `readers` has others.

The files are small ones of our own, with every block in any of its versions. Damage is
in the framing, in payloads by the type of block, rare ones as often as others, or, of
compressed files, in what is compressed.
"""

import gzip
import struct
from dataclasses import dataclass

import zstandard
from fuzz.mutations import LIES, mutated
from reference.simtel_bytes import count_events, regions
from simulation.simtel.files import Maker

from cta_columnar.simulation.simtel.pieces import compress
from cta_columnar.simulation.simtel.versions import VERSIONS
from cta_columnar.sources import sections
from cta_columnar.sources.base import open_source, sections_of

NAME = "run.simtel"
# The number of samples is not in it.
_NOT_READ = {(2004, 0)}


@dataclass(frozen=True)
class RawReader:
    """A way to read raw files: see `readers.Reader`.

    ``packing`` says what is around the content: nothing, gz, zst, or frames.
    """

    packing: str

    def build(self, folder):
        (folder / NAME).write_bytes(self._packed(Maker().pieces()))

    def read(self, folder):
        """Events that are whole in the file."""
        path = folder / NAME
        if self.packing != "frames":
            return _events(path)
        sections.SECTION_BYTES = 1
        found = sections_of(path) or (None,)
        return sum(_events(path, section=each) for each in found)

    def damage(self, folder, rng):
        """Write a damaged file; return how, where, and events that must be there."""
        pieces = _maker(rng).pieces()
        n_events = count_events(b"".join(pieces))
        if self.packing and rng.random() < 0.5:
            kind, place, content = mutated(self._packed(pieces), rng, "binary")
            # Of frames that are gone nothing tells.
            n_events = 0 if kind in {"splice", "cut"} else n_events
            kind = f"packed {kind}"
        else:
            number = rng.randrange(len(pieces))
            kind, place, pieces[number] = damaged(pieces[number], rng)
            if kind == "cut":
                pieces = pieces[: number + 1]
                n_events = count_events(b"".join(pieces))
            if kind == "splice":
                n_events = 0
            content = self._packed(pieces)
        (folder / NAME).write_bytes(content)
        return kind, f"{kind} {place}", n_events

    def _packed(self, pieces):
        match self.packing:
            case "gz":
                return gzip.compress(b"".join(pieces), 1, mtime=0)
            case "zst":
                return zstandard.compress(b"".join(pieces), 1)
            case "frames":
                return b"".join(compress(piece, "zst") for piece in pieces)
        return b"".join(pieces)


def _maker(rng):
    """Files with some blocks in other versions than the usual ones."""
    versions = {
        kind: rng.choice(known)
        for kind, known in VERSIONS.items()
        if rng.random() < 0.2
    }
    versions = {k: v for k, v in versions.items() if (k, v) not in _NOT_READ}
    return Maker(
        versions=versions,
        seed=rng.randrange(100),
        n_showers=1,
        n_calibration=1,
        extended=rng.random() < 0.1,
    )


def damaged(content, rng):
    """Damage some blocks: as any bytes, or a field, a count or a sample of one."""
    if rng.random() < 0.25:
        return mutated(content, rng, "binary")
    kind = rng.choice(
        ("sync", "type", "version", "id", "length", "length", *["payload"] * 4)
    )
    by_path = {}
    for region in regions(content):
        if region.kind == kind:
            by_path.setdefault(region.path, []).append(region)
    path = rng.choice(sorted(by_path))
    region = rng.choice(by_path[path])
    size = region.end - region.begin
    # Counts stand in front, and are of 2 or 4 bytes.
    width = min(rng.choice((1, 2, 4)), size)
    last = min(size - width, rng.choice((0, 8, 64, size)))
    place = region.begin + rng.randrange(last + 1)
    before = int.from_bytes(content[place : place + width], "little")
    new = rng.choice(
        (*LIES, before + 1, before - 1, before ^ 1 << rng.randrange(8 * width))
    )
    new = struct.pack("<Q", new % (1 << 64))[:width]
    return kind, (path, place, new), content[:place] + new + content[place + width :]


def _events(path, **more):
    with open_source(
        path,
        skip_calibration_events=False,
        focal_length_choice="EQUIVALENT",
        **more,
    ) as source:
        for _ in source.batches():
            pass
        for table in (source.runs, source.thrown, source.atmosphere):
            assert table.num_rows >= 0
        return source.counts.array_events_read


READERS = {
    "simtel": RawReader(""),
    "simtel.gz": RawReader("gz"),
    "simtel.zst": RawReader("zst"),
    "simtel frames": RawReader("frames"),
}
