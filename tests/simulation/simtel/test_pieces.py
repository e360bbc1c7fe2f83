import errno
import gzip
import os
import subprocess

import pytest
import zstandard

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
    assert decompressed(path.read_bytes(), ending) == b"new"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("error", [None, errno.EXDEV])
def test_pieces_that_lie_in_files(tmp_path, monkeypatch, error):
    """Whether the system copies them or not."""
    if error:
        monkeypatch.setattr(os, "copy_file_range", failing(error), raising=False)
    content = bytes(range(256)) * 40000
    (tmp_path / "piece").write_bytes(content)
    with PieceFile(tmp_path / "a.simtel") as file:
        file.append(b"before")
        file.append_file(tmp_path / "piece")
        file.append(b"after")
    assert (tmp_path / "a.simtel").read_bytes() == b"before" + content + b"after"


def failing(error):
    def fail(*_):
        raise OSError(error, os.strerror(error))

    return fail


def test_a_full_disk_while_pieces_are_copied(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "copy_file_range", failing(errno.ENOSPC), raising=False)
    (tmp_path / "piece").write_bytes(b"content")
    path = tmp_path / "a.simtel"
    with pytest.raises(UserError, match="No space left"), PieceFile(path) as file:
        file.append_file(tmp_path / "piece")
    assert not path.exists()


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
    """The error may come with a piece, or when the last ones leave the buffer."""
    path = full_disk / "a.simtel"
    path.write_bytes(b"old" * 4000)
    with pytest.raises(UserError, match=r"a\.simtel: No space left on device"):
        write_file(path, [os.urandom(size)])
    assert path.read_bytes() == b"old" * 4000
    assert list(full_disk.iterdir()) == [path]


def test_full_device(tmp_path):
    """As root or not: a device that is always full."""
    path = tmp_path / "a.simtel"
    (tmp_path / "a.simtel.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"a\.simtel: No space left on device"):
        write_file(path, [b"a"])
    assert not path.exists()
