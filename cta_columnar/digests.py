"""Digests that decide whether work is done already: of inputs, of values, of code."""

import hashlib
import json
import struct
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from isal import isal_zlib

from cta_columnar.zstd_frames import Frame, bytes_of, frames

BLOCK_BYTES = 64 * 1024
LARGEST_FRAME = 256 << 20
"""Decompressed bytes; files with larger frames of zstd are known by their blocks.

Ours have some 16 MB each. The next frame is found from header to header of blocks of
128 kB: in a file that is one frame that would take as long as to read all of it.
"""

_FRAME = struct.Struct("<QQ4s")

# All code decides what a part contains, but for what only shows or spreads the work.
_HARMLESS: tuple[str, ...] = ("cli", "display", "events", "executors")
_HARMLESS += ("pipelines/planning", "pipelines/reports")
# pyerfa: its leap seconds decide times. polars: it computes features.
_LIBRARIES = ("numpy", "numba", "pyarrow", "polars", "eventio", "astropy", "pyerfa")


def file_digest(path: str | Path) -> str:
    """Digest of the content of an input file, fast enough to vanish beside reading it.

    Of a file of several zstd frames see `frames_digest`. Of all others it is the
    SHA-256 of the CRC-32 of each 64 KiB block (4 bytes, little endian) and of the size
    (8 bytes). It guards against changed, cut and swapped files, not against an
    adversary: a changed block goes unseen once in 2^32 changes, and two files that
    differ throughout are told apart by all their blocks. On one core of an AMD EPYC
    with a warm page cache it runs at 14 GB/s (reading alone at 21), a plain SHA-256 at
    1.5, which for sim_telarray files would be a seventh of all processing time.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    where = path if isinstance(path, Path) else Path(path)
    with where.open("rb", buffering=0) as file:
        content = bytes_of(file)
        by_frames = frames_digest(frames(content, LARGEST_FRAME), len(content))
        if by_frames:
            return by_frames
        file.seek(0)
        return _blocks_digest(file)


def frames_digest(found: Iterable[Frame], size: int) -> str:
    """Digest of a file of several zstd frames by the checksums that these have.

    SHA-256 of the length of each frame, that of its content (8 bytes each, little
    endian) and the checksum of its content (4 bytes). So a section of the file can be
    known by all of it, and nobody reads more than 3 bytes in 128 kB for that. It says
    what the frames hold: compressed bytes that no longer fit to their checksum are an
    error of who decompresses them.

    Parameters
    ----------
    found : iterable of Frame
        From the beginning of the file, as `cta_columnar.zstd_frames.frames` finds them.
        None is taken behind the first one that does not tell all.
    size : int
        Of the file.

    Returns
    -------
    digest : str
        Empty if there are not two frames, they do not fill the file, or one has no
        checksum or does not say its size.
    """
    digest = hashlib.sha256()
    number, end = 0, 0
    for each in found:
        if not each.checksum or each.size is None:
            return ""
        digest.update(_FRAME.pack(each.end - each.begin, each.size, each.checksum))
        number, end = number + 1, each.end
    return f"zstd-frames:{digest.hexdigest()}" if number > 1 and end == size else ""


def _blocks_digest(file: Any) -> str:  # noqa: ANN401
    outer = hashlib.sha256()
    buffer = bytearray(BLOCK_BYTES)
    view = memoryview(buffer)
    size = 0
    while filled := _fill(file, view):
        outer.update(isal_zlib.crc32(view[:filled]).to_bytes(4, "little"))
        size += filled
    outer.update(size.to_bytes(8, "little"))
    return f"crc32x64k:{outer.hexdigest()}"


def _fill(file: Any, view: memoryview) -> int:  # noqa: ANN401
    """Read until ``view`` is full or the file ends: blocks must not depend on reads."""
    filled = 0
    while filled < len(view) and (n := file.readinto(view[filled:])):
        filled += n
    return filled


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as ``sha256sum`` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def value_digest(value: object) -> str:
    """Digest of plain data (what JSON can write), whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()


def code_digest(plugins: Iterable[str | Path] = ()) -> str:
    """Digest of all code that decides what a part contains.

    That is the package without the rooms named in this module, the libraries that do
    its arithmetic and write its bytes, and the files of plugins.
    """
    own = [_installed_code()]
    return value_digest(own + sorted(sha256_of(Path(path)) for path in plugins))


@cache
def _installed_code() -> str:
    content = {name: sha256_of(file) for name, file in _code_files().items()}
    versions = {name: metadata.version(name) for name in _LIBRARIES}
    return value_digest([content, versions])


def _code_files() -> dict[str, Path]:
    """Files of `code_digest` by their names below the package."""
    package = Path(__file__).parent
    files = list(package.glob("*.py"))
    # Room by room: a search from the top does not enter links, which some rooms are
    # in a checkout.
    for room in package.iterdir():
        if room.is_dir():
            files += room.rglob("*.py")
    names = {file.relative_to(package).as_posix(): file for file in files}
    harmless = tuple(f"{room}/" for room in _HARMLESS)
    return {k: file for k, file in names.items() if not k.startswith(harmless)}
