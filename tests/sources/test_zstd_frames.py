import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.zstd_frames import end_of_frames, frames

NOISE = np.random.default_rng(1).bytes(300_000)
CONTENTS = [b"", b"a", b"a" * 400_000, NOISE, NOISE[:1000] * 300]
SKIPPABLE = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"


def frame(content, checksum=False, content_size=True, streamed=False):
    compressor = zstandard.ZstdCompressor(
        write_checksum=checksum, write_content_size=content_size
    )
    if not streamed:
        return compressor.compress(content)
    one = compressor.compressobj()
    return one.compress(content) + one.flush()


@pytest.mark.parametrize("content", CONTENTS, ids=len)
@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("content_size", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_whole_and_cut(content, checksum, content_size, streamed):
    raw = frame(content, checksum, content_size, streamed)
    assert end_of_frames(raw) == len(raw)
    assert end_of_frames(raw + SKIPPABLE + raw) == 2 * len(raw) + len(SKIPPABLE)
    for cut in {0, 1, 4, 7, len(raw) // 2, len(raw) - 1} - {len(raw)}:
        assert end_of_frames(raw[:cut]) == 0
        assert end_of_frames(raw + raw[:cut]) == len(raw)
    assert end_of_frames(SKIPPABLE[:-1]) == 0


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=40))
def test_anything(content):
    assert 0 <= end_of_frames(content) <= len(content)
    magic = b"\x28\xb5\x2f\xfd"
    assert 0 <= end_of_frames(magic + content) <= len(content) + 4


@pytest.mark.parametrize("content", CONTENTS, ids=len)
@pytest.mark.parametrize("content_size", [False, True])
@pytest.mark.parametrize("checksum", [False, True])
def test_what_a_header_tells(content, content_size, checksum):
    raw = frame(content, checksum, content_size=content_size)
    size = len(content) if content_size else None
    if content_size:
        assert zstandard.get_frame_parameters(raw).content_size == size
    first, skipped, last = frames(raw + SKIPPABLE + raw)
    behind = raw[-4:] if checksum else b""
    assert first == (0, len(raw), size, behind)
    assert skipped == (len(raw), len(raw) + len(SKIPPABLE), 0, b"")
    assert last == (skipped.end, skipped.end + len(raw), size, behind)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_791, 65_792, 70_000])
def test_sizes_of_sizes(size):
    """The header has 1, 2 or 4 bytes for them; 2 count from 256."""
    assert [each.size for each in frames(frame(b"a" * size))] == [size]


class Looked(bytes):
    """Bytes that know how far anybody looked."""

    farthest = 0

    def __getitem__(self, key):
        self.farthest = max(self.farthest, key.start)
        return super().__getitem__(key)


def test_what_is_too_large_is_not_gone_through():
    small, large = frame(b"a" * 1000), frame(NOISE)
    for raw in (large, frame(b"a" * 1000, content_size=False)):
        looked = Looked(small + raw + small)
        assert [each.size for each in frames(looked, 1000)] == [1000]
        assert looked.farthest == len(small)
    assert len(list(frames(small + large, len(NOISE)))) == 2
