"""The codec of DL0: exact, small enough, and deaf to damage; its plain decoder."""

import importlib.util
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cta_columnar.waveform_packing import Packer, PackingError, Unpacker

EXAMPLE = Path(__file__).parents[1] / "examples" / "read_dl0.py"


def plain_decoder():
    spec = importlib.util.spec_from_file_location("read_dl0", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def waveforms():
    dtypes = st.sampled_from([np.uint16, np.uint32])
    shapes = st.tuples(st.integers(0, 5), st.integers(0, 40))
    return dtypes.flatmap(lambda dtype: arrays.arrays(dtype, shapes))


@settings(deadline=None, max_examples=40)
@given(waveforms())
def test_all_decoders_give_back_what_was_packed(values):
    packed = Packer().pack(values)
    back = np.empty_like(values)
    Unpacker().unpack(packed, back)
    np.testing.assert_array_equal(back, values)
    plain = plain_decoder().unpack(packed, *values.shape, values.dtype.name)
    assert plain == values.tolist()


def noise(seed=0):
    rng = np.random.default_rng(seed)
    return (300 + rng.normal(0, 8, (500, 40)).round()).astype(np.uint16)


def test_noise_takes_little_more_than_its_entropy():
    values = noise()
    steps = np.diff(values.astype(int), axis=1, prepend=0)
    steps[1:, 0] -= values[:-1, 0]
    _, counts = np.unique(steps, return_counts=True)
    share = counts / counts.sum()
    entropy = -(share * np.log2(share)).sum() * values.size / 8
    assert len(Packer().pack(values)) < 1.06 * entropy


def test_a_packer_remembers_nothing():
    packer = Packer()
    first = packer.pack(noise())
    packer.pack(noise(1)[:100])
    assert packer.pack(noise()) == first


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32 - 1), st.integers(1, 255), st.integers(0, 40))
def test_damage_is_told_or_gives_other_waveforms(place, change, cut):
    values = noise()[:40]
    packed = bytearray(Packer().pack(values))
    packed[place % len(packed)] ^= change
    damaged = bytes(packed[: len(packed) - cut])
    out = np.empty_like(values)
    try:
        Unpacker().unpack(damaged, out)
    except PackingError:
        return
    assert cut == 0


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (b"", "no zstd frame"),
        (b"\x28\xb5\x2f\xfd", "no zstd frame"),
        (b"not a frame at all", "no zstd frame"),
        (zstandard.ZstdCompressor().compress(bytes(63)), "63 bytes unpacked"),
        (zstandard.ZstdCompressor().compress(bytes(64)) + b"more", "no zstd frame"),
        # A skippable frame, and one that does not say its size.
        (b"\x50\x2a\x4d\x18\x00\x00\x00\x00", "0 bytes unpacked"),
        (
            zstandard.ZstdCompressor(write_content_size=False).compress(bytes(64)),
            "bytes unpacked, 64 expected",
        ),
    ],
)
def test_other_bytes_are_refused(damaged, why):
    with pytest.raises(PackingError, match=why):
        Unpacker().unpack(damaged, np.empty((4, 8), np.uint16))


def test_bytes_for_no_waveforms_are_refused():
    empty = np.empty((0, 8), np.uint16)
    Unpacker().unpack(b"", empty)
    with pytest.raises(PackingError, match="for no waveforms"):
        Unpacker().unpack(b"x", empty)


def test_a_frame_that_claims_a_terabyte_allocates_nothing():
    # Magic number; content size of eight bytes, one segment; the size.
    bomb = b"\x28\xb5\x2f\xfd" + b"\xe0" + (1 << 40).to_bytes(8, "little") + bytes(20)
    tracemalloc.start()
    try:
        with pytest.raises(PackingError, match="1099511627776 bytes unpacked"):
            Unpacker().unpack(bomb, np.empty((4, 8), np.uint16))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
