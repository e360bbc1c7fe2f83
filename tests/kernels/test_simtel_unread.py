"""Lengths of blocks that nobody reads."""

import struct

import numpy as np
import pytest
from reference.simtel_blocks import block
from reference.simtel_varint import encode_signed

from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.framing import walk
from cta_columnar.kernels.simtel.unread import check_unread


def check(data):
    raw = np.frombuffer(data, np.uint8)
    table = walk(raw, raw.size)[0]
    assert len(table)
    return check_unread(raw, table)


def numbers(version, *values):
    if version < 6:
        return struct.pack(f"<{len(values)}h", *values)
    return b"".join(map(encode_signed, values))


def image_parameters(flags, *, version=5, n_saturated=0, hot=(7, 300), extra=b""):
    """An array event with one of them: two blocks before it."""
    content = numbers(version, 20, n_saturated)
    content += bytes(4 * (n_saturated > 0) + 30)
    content += bytes(20 * (flags & 1) + 16 * (flags >> 1 & 1))
    if flags & 4:
        content += numbers(version, len(hot)) + bytes(4 * len(hot))
        content += numbers(version, *hot)
    content += bytes(20 * (flags >> 3 & 1)) + extra
    one = block(2014, content, version=version, block_id=flags << 8 | 1)
    return block(2010, [block(2201, [one])], top=True)


@pytest.mark.parametrize("version", [5, 6])
@pytest.mark.parametrize("flags", range(16))
@pytest.mark.parametrize("n_saturated", [0, 3])
def test_image_parameters(version, flags, n_saturated):
    what = {"version": version, "n_saturated": n_saturated}
    assert check(image_parameters(flags, **what)) == (3, codes.OK)
    assert check(image_parameters(flags, **what, extra=b"123")) == (3, codes.OK)
    too_long = image_parameters(flags, **what, extra=b"1234")
    assert check(too_long) == (2, codes.LEFT_OVER)


@pytest.mark.parametrize("flags", [flags for flags in range(16) if flags != 0xC])
def test_a_bit_of_image_parameters_shows(flags):
    data = bytearray(image_parameters(0xC))
    data[data.index(struct.pack("<i", 0xC01)) + 1] = flags
    assert check(bytes(data))[0] == 2


@pytest.mark.parametrize("size", range(34))
def test_short_image_parameters(size):
    one = block(2014, bytes(size), version=5, block_id=0x101)
    data = block(2010, [block(2201, [one])], top=True)
    assert check(data) == (2, codes.TOO_SHORT if size >= 4 else codes.BAD_VARINT)


@pytest.mark.parametrize("count", [-1, 32767])
def test_absurd_numbers_of_hot_pixels(count):
    content = bytes(34) + struct.pack("<h", count) + bytes(40)
    one = block(2014, content, version=5, block_id=0x401)
    data = block(2010, [block(2201, [one])], top=True)
    assert check(data)[0] == 2


SIZES = (2, 3, 2, 3, 2, 2, 1, 1, 1, 1)


@pytest.mark.parametrize("bits", [0, 5, 0x3FF, 0x155, 0x2AA])
def test_stereo(bits):
    n_floats = sum(n for bit, n in enumerate(SIZES) if bits >> bit & 1)
    for extra, want in ((0, codes.OK), (2, codes.OK), (4, codes.LEFT_OVER)):
        one = block(2015, bytes(10 + 4 * n_floats + extra), version=1, block_id=bits)
        assert check(block(2010, [one], top=True))[1] == want


def test_unknown_bits_of_stereo():
    one = block(2015, bytes(10), version=1, block_id=0x400)
    assert check(block(2010, [one], top=True)) == (1, codes.BAD_VALUE)
