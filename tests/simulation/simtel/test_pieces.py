import gzip
import hashlib
import os
import subprocess
from pathlib import Path

import pytest
import zstandard

from cta_columnar import durable
from cta_columnar.errors import UserError
from cta_columnar.simulation.simtel.pieces import (
    PieceFile,
    compress,
    compression_of,
    write_file,
)

PIECES = [b"abc" * 1000, b"", b"x" * 70_000]


def decompressed(raw, compression):
    if compression == "zst":
        reader = zstandard.ZstdDecompressor().stream_reader(
            raw, read_across_frames=True
        )
        return reader.read()
    return gzip.decompress(raw) if compression else raw


@pytest.mark.parametrize("compression", ["zst", "gz", ""])
def test_pieces_follow_each_other(compression):
    raw = b"".join(compress(piece, compression) for piece in PIECES)
    assert decompressed(raw, compression) == b"".join(PIECES)
    assert raw == b"".join(compress(piece, compression) for piece in PIECES)
    assert compress(b"", compression) == b""


def test_a_frame_tells_its_size_and_has_a_checksum():
    frame = zstandard.get_frame_parameters(compress(PIECES[0], "zst"))
    assert (frame.content_size, frame.has_checksum) == (3000, True)


def test_a_member_has_no_time_and_no_name():
    assert compress(b"a", "gz")[:10] == b"\x1f\x8b\x08" + bytes(6) + b"\xff"


def test_the_name_says_how_to_compress(tmp_path):
    names = {"a.simtel": "", "a.b.simtel.gz": "gz", "run 1.simtel.zst": "zst"}
    for name, expected in names.items():
        assert compression_of(tmp_path / name) == expected
    for name in ("a.zst", "a.h5", "simtel", ".simtel.zst", "a.simtel.xz"):
        with pytest.raises(UserError, match="the name must end in"):
            compression_of(tmp_path / name)


@pytest.mark.parametrize("ending", ["zst", "gz", ""])
def test_file_of_pieces(tmp_path, ending):
    path = tmp_path / f"a.simtel.{ending}".rstrip(".")
    write_file(path, PIECES)
    assert decompressed(path.read_bytes(), ending) == b"".join(PIECES)
    with PieceFile(path) as file:
        file.append(compress(b"new", ending))
    content = path.read_bytes()
    assert decompressed(content, ending) == b"new"
    assert file.size == len(content)
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_after_an_error_the_old_file_stays(tmp_path):
    path = tmp_path / "a.simtel"
    path.write_bytes(b"old")

    def pieces():
        yield b"new"
        raise KeyError("no shower")

    with pytest.raises(KeyError, match="no shower"):
        write_file(path, pieces())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_such_folder(tmp_path):
    path = tmp_path / "missing" / "a.simtel"
    with pytest.raises(UserError, match=r"cannot write .*a.simtel: No such file"):
        write_file(path, [b"a"])


@pytest.fixture
def full_disk(tmp_path):
    """Mount a disk of 16 kB; needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(words, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("size", [5_000, 100_000])
def test_full_disk(full_disk, size):
    """It takes nothing, or a part of what is written."""
    path = full_disk / "a.simtel"
    path.write_bytes(b"old" * 4000)
    with pytest.raises(UserError, match=r"a\.simtel: No space left on device"):
        write_file(path, [os.urandom(size)])
    assert path.read_bytes() == b"old" * 4000
    assert list(full_disk.iterdir()) == [path]


def test_full_device(tmp_path, monkeypatch):
    """As root or not: a device that is always full."""
    path, full = tmp_path / "a.simtel", Path("/dev/full")

    def open_full(_, buffering):
        return full.open("wb", buffering)

    monkeypatch.setattr(durable, "open_new", open_full)
    with pytest.raises(UserError, match=r"a\.simtel: No space left on device"):
        write_file(path, [b"a"])
    assert not path.exists()
