"""Damaged copies of the real files, each made from a seed."""

import gzip
import random
import zlib
from functools import cache
from io import BytesIO
from typing import NamedTuple

import zstandard
from reference.simtel_bytes import regions
from reference.simtel_files import EQUIVALENT, find

# Small ones, ones with many events, both compressions, calibration events.
NAMES = (
    "aux_traces_2029",
    "calib_events",
    "gct_checs_muons",
    "lst_muons",
    "n_hv_disabled",
    "prod4_pixelsettings_v3",
    "prod5_north_proton_flashcam",
    "prod6_south_lsts_gamma",
)
FRAMING = ("sync", "type", "version", "id", "length")
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Raw(NamedTuple):
    """A real file: as it is, and what it decompresses to."""

    name: str
    packed: bytes
    content: bytes

    @property
    def options(self):
        """What the command line needs to process all of it."""
        words = ["--set", "source.skip_calibration_events=false"]
        if self.name in EQUIVALENT:
            words += ["--focal-length-choice", "EQUIVALENT"]
        return words


class Damaged(NamedTuple):
    """Content of a damaged file.

    ``kind`` is cut, compressed, payload or one of `FRAMING`.
    """

    raw: Raw
    kind: str
    what: str
    packed: bytes


@cache
def load(shared, name):
    packed = find(shared, name).read_bytes()
    return Raw(name, packed, unpack(packed))


@cache
def _regions(shared, name):
    """Regions of the content by kind, and then by the blocks they lie in."""
    found = {}
    for region in regions(load(shared, name).content):
        found.setdefault(region.kind, {}).setdefault(region.path, []).append(region)
    return found


def unpack(packed):
    """Decompress as much as there is of a file."""
    if packed.startswith(GZIP):
        return zlib.decompressobj(31).decompress(packed)
    if packed.startswith(ZSTD):
        return zstandard.ZstdDecompressor().stream_reader(BytesIO(packed)).read()
    return packed


def unpack_whole(packed):
    """Decompress a file; None if that fails."""
    try:
        if packed.startswith(GZIP):
            return gzip.decompress(packed)
        stream = zstandard.ZstdDecompressor().decompressobj()
        content = stream.decompress(packed)
        return content if stream.eof and not stream.unused_data else None
    except (EOFError, OSError, zlib.error, zstandard.ZstdError):
        return None


def cut(shared, seed):
    """A file that breaks off somewhere: as it is, or its decompressed content."""
    rng = random.Random(f"cut {seed}")
    raw = load(shared, rng.choice(NAMES))
    form = rng.choice(["packed", "content"])
    data = getattr(raw, form)
    end = rng.randrange(len(data))
    return Damaged(raw, "cut", f"{raw.name} {form}[:{end}]", data[:end])


def flip(shared, seed):
    """A file with one other byte: in its framing, its payloads, or as compressed.

    Uniform places would nearly all lie in waveforms: here kinds of blocks that are
    rare or small are met as often as others.
    """
    rng = random.Random(f"flip {seed}")
    raw = load(shared, rng.choice(NAMES))
    kind = rng.choice([*FRAMING, "payload", "payload", "compressed"])
    if kind == "compressed":
        data, position = raw.packed, rng.randrange(len(raw.packed))
        where = "packed"
    else:
        by_path = _regions(shared, raw.name)[kind]
        path = rng.choice(sorted(by_path))
        region = rng.choice(by_path[path])
        data, position = raw.content, rng.randrange(region.begin, region.end)
        where = f"{kind} of {path}"
    # Half of them are single bits.
    change = rng.choice([1 << rng.randrange(8), rng.randrange(1, 256)])
    damaged = bytearray(data)
    damaged[position] ^= change
    what = f"{raw.name} {where}: byte {position} xor {change:#x}"
    return Damaged(raw, kind, what, bytes(damaged))
