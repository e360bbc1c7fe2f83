"""Digests change when the content does, and only then."""

import hashlib
import io
import os
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cta_columnar import digests
from cta_columnar.digests import code_digest, file_digest, sha256_of, value_digest


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_digest_of_a_file_is_as_described(tmp_path, size):
    content = bytes(i * i % 251 for i in range(size))
    path = tmp_path / "input"
    path.write_bytes(content)
    outer = hashlib.sha256()
    for start in range(0, size, 65_536):
        crc = zlib.crc32(content[start : start + 65_536])
        outer.update(crc.to_bytes(4, "little"))
    outer.update(size.to_bytes(8, "little"))
    assert file_digest(path) == f"crc32x64k:{outer.hexdigest()}"
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_every_flipped_bit_is_seen(tmp_path):
    path = tmp_path / "input"
    content = bytearray(70_000)
    path.write_bytes(content)
    seen = {file_digest(path)}
    for bit in range(0, 8 * len(content), 7919):
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        seen.add(file_digest(path))
        content[bit // 8] ^= 1 << bit % 8
    assert len(seen) == 1 + len(range(0, 8 * len(content), 7919))


def test_short_reads_do_not_move_the_blocks(tmp_path):
    class Slow:
        def __init__(self, content):
            self.content = content

        def readinto(self, view):
            n = min(len(view), 1000, len(self.content))
            view[:n] = self.content[:n]
            self.content = self.content[n:]
            return n

    slow, view = Slow(bytes(5000)), memoryview(bytearray(3000))
    assert [digests._fill(slow, view) for _ in range(3)] == [3000, 2000, 0]


class Dripping(io.RawIOBase):
    """A file that is no file of the system and returns some bytes at a time."""

    def __init__(self, content):
        self._all = io.BytesIO(content)

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        return self._all.seek(offset, whence)

    def readinto(self, buffer):
        return self._all.readinto(memoryview(buffer)[:7])


class Remote(type(Path())):
    def open(self, *_, **__):
        return Dripping(Path(str(self)).read_bytes())


@pytest.mark.parametrize(
    "pieces", [[b"a" * 900, b"b" * 900], [b"a" * 900], []], ids=len
)
def test_short_reads_do_not_change_the_digest(tmp_path, pieces):
    path = Remote(tmp_path / "input.zst")
    Path(str(path)).write_bytes(
        b"".join(framed(*pieces)) if pieces else b"plain" * 40_000
    )
    assert file_digest(path) == file_digest(str(path))


def test_short_reads_of_the_system(tmp_path, monkeypatch):
    path = tmp_path / "input.zst"
    path.write_bytes(b"".join(framed(b"a" * 900, b"b" * 900)))
    whole, pread = file_digest(path), os.pread
    monkeypatch.setattr(os, "pread", lambda fd, n, at: pread(fd, min(n, 2), at))
    assert whole.startswith("zstd-frames:")
    assert file_digest(path) == whole


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        file_digest(tmp_path / "none")


@given(st.dictionaries(st.text(max_size=3), st.integers(), max_size=4))
def test_values_have_a_digest_whatever_their_order(value):
    turned = dict(reversed(value.items()))
    assert value_digest(turned) == value_digest(value)
    assert value_digest(value | {"more": 1}) != value_digest(value | {"more": 2})


def test_digest_of_the_code_sees_code_libraries_and_plugins(tmp_path, monkeypatch):
    plain = code_digest()
    plugin = tmp_path / "my.py"
    plugin.write_text("x = 1")
    with_plugin = code_digest([plugin])
    plugin.write_text("x = 2")
    assert len({plain, with_plugin, code_digest([plugin])}) == 3
    assert code_digest() == plain
    for name, value in (("_HARMLESS", ("kernels",)), ("_LIBRARIES", ("numpy",))):
        digests._installed_code.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(digests, name, value)
            assert code_digest() != plain
    digests._installed_code.cache_clear()
    assert code_digest() == plain


def test_all_code_counts_but_for_what_only_shows_or_spreads_work():
    names = set(digests._code_files())
    assert names >= {
        *("arrays.py", "digests.py", "errors.py", "options.py"),
        "provenance/activity.py",
        *("config/models.py", "registry/catalogue.py", "pipelines/stage1/run.py"),
        *("kernels/hillas.py", "kernels/simtel/framing.py", "schemas/dl1.py"),
        *("sources/simtel/times.py", "stages/chain.py", "store/part.py"),
        *("instrument/frames.py", "__init__.py"),
    }
    rooms = {name.partition("/")[0] for name in names}
    assert rooms.isdisjoint({"cli", "display", "events", "executors"})
    assert not any(n.startswith("pipelines/reports/") for n in names)
    assert "pyerfa" in digests._LIBRARIES


def framed(*contents, **options):
    compressor = zstandard.ZstdCompressor(
        **{"write_checksum": True, "write_content_size": True} | options
    )
    return [compressor.compress(content) for content in contents]


def test_digest_of_a_file_of_frames_is_as_described(tmp_path):
    contents = [bytes(range(251)) * 2000, b"", b"end"]
    pieces = framed(*contents)
    outer = hashlib.sha256()
    for content, piece in zip(contents, pieces, strict=True):
        for length in (len(piece), len(content)):
            outer.update(length.to_bytes(8, "little"))
        outer.update(piece[-4:])
    path = tmp_path / "input.zst"
    path.write_bytes(b"".join(pieces))
    assert file_digest(path) == f"zstd-frames:{outer.hexdigest()}"


def test_frames_that_differ_have_other_digests(tmp_path):
    a, b, c, other = framed(b"a" * 900, b"b" * 900, b"c" * 900, b"a" * 899 + b"b")
    path, seen = tmp_path / "input.zst", set()
    files = [a, b, c], [b, a, c], [a, c, b], [a, b], [other, b, c], [a, a, b, c]
    for pieces in files:
        path.write_bytes(b"".join(pieces))
        digest = file_digest(path)
        assert digest.startswith("zstd-frames:")
        seen.add(digest)
    assert len(seen) == len(files)


@pytest.mark.parametrize(
    "content",
    [
        b"".join(framed(b"a" * 900)),
        b"".join(framed(b"a" * 900, b"b" * 900, write_checksum=False)),
        b"".join(framed(b"a" * 900, b"b" * 900, write_content_size=False)),
        b"".join(framed(b"a" * 900, b"b" * 900)) + b"x",
        b"".join(framed(b"a" * 900, b"b" * 900))[:-1],
        b"".join([*framed(b"a" * 900, b"b"), b"\x50\x2a\x4d\x18\x01\x00\x00\x00x"]),
    ],
    ids=["one frame", "no checksums", "no sizes", "more behind", "cut", "skippable"],
)
def test_files_whose_frames_do_not_tell_all(tmp_path, content):
    path = tmp_path / "input.zst"
    path.write_bytes(content)
    assert file_digest(path).startswith("crc32x64k:")
