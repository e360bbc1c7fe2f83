"""Damaged files: what is whole is read, and the rest is an error with a place."""

import gzip
import io
import os
import pickle
import re
import zlib

import numpy as np
import pytest
import zstandard
from reference.blocks import read_whole
from reference.simtel_blocks import blocks, count_array_events
from reference.simtel_files import find

from cta_columnar.sources.base import BadInputError, open_source

NAME = "gct_checs_muons"
N_EVENTS = 20


@pytest.fixture(scope="module")
def content(shared):
    return read_whole(find(shared, NAME))


@pytest.fixture(scope="module")
def layout(content):
    return blocks(content)[0]


def read(path, **options):
    """Number of array events handed out, and the error at the end if any."""
    n = 0
    try:
        with open_source(path, **options) as source:
            for batch in source.batches():
                n += batch.trigger.num_rows
    except BadInputError as error:
        return n, error
    return n, None


def cuts(content, layout):
    """Places to cut at: random ones, and the edges of blocks in an event."""
    rng = np.random.default_rng(1)
    random = rng.integers(0, len(content), 12).tolist()
    inside = [row for row in layout if row[5][0] == 2010][8:14]
    return [0, 1, 15, *random, *(end for *_, end, _ in inside)]


def test_cut_plain(content, layout, tmp_path):
    path = tmp_path / "cut.simtel"
    for cut in cuts(content, layout):
        path.write_bytes(content[:cut])
        whole, end = blocks(content[:cut])
        n, error = read(path)
        want = sum(row[0] == 2010 for row in whole)
        assert n == want, cut
        if end < cut or cut == 0:
            assert error is not None, cut
            assert error.events_read == want
            assert error.offset == (0 if cut < 4 else end), cut
            assert error.path == path
        else:
            # Cut between two blocks: nothing can tell. No telescope is still an error.
            assert error is None or n == 0


def decompressed(raw):
    """Whatever can be decompressed of a damaged file."""
    if raw[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31).decompress(raw)
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)).read()


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_cut_compressed(content, tmp_path, compress):
    raw = compress(content)
    path = tmp_path / "cut.simtel"
    rng = np.random.default_rng(2)
    for cut in [len(raw) - 1, len(raw) // 2, *rng.integers(100, len(raw), 6)]:
        path.write_bytes(raw[:cut])
        n, error = read(path)
        want = count_array_events(decompressed(raw[:cut]))
        assert n == want
        assert error is not None
        assert error.events_read == want
        assert re.search("cut short|ends after", str(error))


def test_several_frames_and_members(content, tmp_path):
    pieces = np.array_split(np.frombuffer(content, np.uint8), 3)
    path = tmp_path / "pieces.simtel"
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    compressed = [zstandard.compress(piece.tobytes()) for piece in pieces]
    path.write_bytes(
        skippable + compressed[0] + skippable + compressed[1] + compressed[2]
    )
    assert read(path) == (N_EVENTS, None)
    path.write_bytes(
        b"".join(gzip.compress(piece.tobytes()) for piece in pieces) + bytes(99)
    )
    assert read(path) == (N_EVENTS, None)


def flipped(content, position, bit):
    damaged = bytearray(content)
    damaged[position] ^= 1 << bit
    return bytes(damaged)


def test_flips_in_headers_of_event_blocks(content, layout, tmp_path):
    """Types, versions of decoded blocks, ids of telescopes, lengths."""
    path = tmp_path / "flipped.simtel"
    rng = np.random.default_rng(3)
    decoded = (2020, 2021, 2026, 2009, 2010, 2201, 2101, 2011, 2013)
    of_event = [row for row in layout if row[5][0] in (2010, 2020, 2021, 2026)]
    rows = [row for row in of_event if row[0] in decoded][-3 * len(decoded) :]
    places = [(start, at) for _, _, _, start, *_ in rows for at in (12, 11, 4, 3)]
    for start, at in rng.permutation(places)[:25]:
        path.write_bytes(flipped(content, start - at, rng.integers(8)))
        n, error = read(path)
        assert error is not None, (start, at)
        assert n == error.events_read < N_EVENTS


def test_flips_in_payloads(content, layout, tmp_path):
    """They may go unseen, but nothing crashes, hangs or is lost without an error."""
    path = tmp_path / "flipped.simtel"
    rng = np.random.default_rng(4)
    leaves = [row for row in layout if row[5][0] == 2010 and row[0] not in (2010, 2201)]
    for _ in range(25):
        _, _, _, start, end, _ = leaves[rng.integers(len(leaves))]
        position = rng.integers(start, end)
        path.write_bytes(flipped(content, position, rng.integers(8)))
        n, error = read(path)
        assert n == (N_EVENTS if error is None else error.events_read)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is empty"),
        (b"SIMPLE  =                    T", "no known format"),
        (gzip.compress(b"not what you look for", mtime=0), "no known format"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\x1f\x8bnot gzip at all", "unsupported"),
        (b"\x28\xb5\x2f\xfdnot zstd at all", "zstd"),
        (b"\xd4\x1f\x8a\x37" + bytes(100), "big-endian"),
        (b"\x37\x8a\x1f\xd4" + b"\xff" * 100, "reserved bits"),
        (b"\x37\x8a\x1f\xd4", "ends after 4 bytes"),
    ],
)
def test_other_content(tmp_path, raw, message):
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(BadInputError, match=message) as error:
        open_source(path)
    assert error.value.events_read == 0


def test_no_file(tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        open_source(tmp_path / "missing")
    with pytest.raises(BadInputError, match="is a directory"):
        open_source(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path):
    path = tmp_path / "secret"
    path.touch(mode=0)
    with pytest.raises(BadInputError, match="Permission denied"):
        open_source(path)


def test_absurd_size_takes_no_memory(content, layout, tmp_path):
    path = tmp_path / "absurd.simtel"
    (first, *_) = [row for row in layout if row[5] == [2010]]
    damaged = bytearray(content)
    # Just below what is refused at once: the file decides.
    damaged[first[3] - 4 : first[3]] = ((255 << 20) | 1 << 30).to_bytes(4, "little")
    path.write_bytes(damaged)
    n, error = read(path)
    assert (n, error.events_read) == (0, 0)
    assert "ends after" in str(error)
    damaged[first[3] - 4 : first[3]] = ((257 << 20) | 1 << 30).to_bytes(4, "little")
    path.write_bytes(damaged)
    assert "absurd" in str(read(path)[1])


def test_errors_travel_between_processes(tmp_path):
    error = BadInputError(tmp_path / "f", 7, "bad", 3)
    again = pickle.loads(pickle.dumps(error))
    assert (again.path, again.offset, again.message) == (tmp_path / "f", 7, "bad")
    assert str(again) == str(error)
    assert again.events_read == 3
