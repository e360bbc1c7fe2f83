import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.sources.zstd_frames import end_of_frames

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
