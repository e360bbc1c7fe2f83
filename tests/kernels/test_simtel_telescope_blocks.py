import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_payloads as payloads
from reference.simtel_buffers import buffer, by_eventio

from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.telescope_blocks import (
    HEADER,
    headers,
    pixel_list_lengths,
)
from cta_columnar.kernels.simtel.tracking import (
    tracking,
    tracking_telescope,
)

ROWS = np.array([0])
short = st.integers(-(2**15), 2**15 - 1)
short_lists = st.none() | st.lists(short, max_size=4)
versions = st.integers(0, 4)


def decode_header(payload, version):
    data, table = buffer(2011, payload, version=version, block_id=1)
    out = np.zeros((1, len(HEADER)))
    done, code = headers(data, table, ROWS, out)
    assert done == (code == codes.OK)
    return dict(zip(HEADER, out[0], strict=True)), code


@settings(deadline=None, max_examples=60)
@given(versions, st.integers(0, 255), short_lists, st.booleans(), short_lists)
def test_headers(version, source, sectors, has_times, addresses):
    times = None
    if sectors is not None and has_times and version >= 1:
        times = np.ones(len(sectors))
    numbers = [1, 2, 3, 4, 5, -6]
    tail = (1.5, 2.5, 77)
    payload = payloads.tel_header(
        version, numbers, source, sectors, times, addresses, tail
    )
    out, code = decode_header(payload, version)
    assert code == codes.OK
    want = dict(zip(HEADER, [*numbers, source], strict=False))
    if version >= 3:
        want |= {"readout_time": 1.5, "relative_trigger_time": 2.5}
    if version >= 4:
        want["start_readout"] = 77
    assert out == dict.fromkeys(HEADER, 0.0) | want
    # The other reader stumbles over addresses in old versions.
    if addresses is None or version > 1:
        other = by_eventio(2011, payload, version=version, block_id=1)
        other["cpu_s"], other["cpu_ns"] = other["cpu_time"]
        other["gps_s"], other["gps_ns"] = other["gps_time"]
        assert all(other[name] == value for name, value in want.items())
    for size in range(0, len(payload) - 3, 3):
        assert decode_header(payload[:size], version)[1] != codes.OK
    assert decode_header(payload + bytes(4), version)[1] == codes.LEFT_OVER


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("count", [-1, 2**14])
def test_impossible_headers(version, count):
    head = payloads.ints([0] * 6)
    listed = payloads.encode_signed(count) if version > 1 else payloads.shorts([count])
    for flag in (0x100, 0x200):
        payload = head + payloads.pack("h", flag) + listed
        assert decode_header(payload, version)[1] == codes.BAD_COUNT
    # Times that do not fit.
    payload = head + payloads.pack("h", 0x700)
    payload += payloads.varints([1, 1]) if version > 1 else payloads.shorts([1, 1])
    assert decode_header(payload, version)[1] == codes.TOO_SHORT
    assert decode_header(head + bytes(2), 5)[1] == codes.BAD_VERSION


def decode_list(payload, version, n_pixels, rows=ROWS):
    data, table = buffer(2027, payload, version=version, block_id=1)
    out = np.zeros(len(rows), np.int32)
    sizes = np.full(len(rows), n_pixels)
    return out, *pixel_list_lengths(data, table, rows, sizes, out)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 999), max_size=9), st.integers(0, 1))
def test_pixel_lists(pixels, version):
    payload = payloads.pixel_list(version, pixels)
    out, *result = decode_list(payload, version, 1000, np.array([-1, 0]))
    assert result == [2, codes.OK]
    assert out.tolist() == [-1, len(pixels)]
    other = by_eventio(2027, payload, version=version)
    assert other["pixels"] == len(pixels)
    for size in range(len(payload) - 3):
        assert decode_list(payload[:size], version, 1000)[2] != codes.OK
    assert decode_list(payload + bytes(4), version, 1000)[2] == codes.LEFT_OVER
    if pixels:
        assert decode_list(payload, version, max(pixels))[2] == codes.BAD_PIXEL


@pytest.mark.parametrize("version", [0, 1])
def test_impossible_pixel_lists(version):
    for count in (-1, 2**14):
        raw = payloads.shorts([count]) if version < 1 else payloads.encode_signed(count)
        assert decode_list(raw, version, 9)[2] == codes.BAD_COUNT
    negative = payloads.pixel_list(version, [-1])
    assert decode_list(negative, version, 9)[2] == codes.BAD_PIXEL
    assert decode_list(negative, 2, 9)[2] == codes.BAD_VERSION


@pytest.mark.parametrize("has_raw", [False, True])
@pytest.mark.parametrize("has_corrected", [False, True])
def test_tracking(has_raw, has_corrected):
    values = [0.5, 1.5, 2.5, 3.5]
    payload = payloads.floats(values[:2] * has_raw + values[2:] * has_corrected)
    block_id = 5 | has_raw << 8 | has_corrected << 9
    data, table = buffer(2105, payload, block_id=block_id)
    out = np.zeros((1, 4), np.float32)
    assert tracking(data, table, ROWS, out) == (1, codes.OK)
    is_stored = np.repeat([has_raw, has_corrected], 2)
    want = np.where(is_stored, values, np.nan)
    np.testing.assert_array_equal(out[0], want)
    for wrong in (payload[:-1] if payload else None, payload + bytes(4)):
        if wrong is not None:
            data, table = buffer(2105, wrong, block_id=block_id)
            assert tracking(data, table, ROWS, out)[1] != codes.OK
    data, table = buffer(2105, payload, block_id=block_id, version=1)
    assert tracking(data, table, ROWS, out) == (0, codes.BAD_VERSION)


@pytest.mark.parametrize("tel_id", [1, 99, 180, 255, 256, 1000])
def test_tracking_telescope(tel_id):
    block_id = 0x300 | (tel_id & 0xFF) | (tel_id & 0x3F00) << 16
    assert tracking_telescope(block_id) == tel_id
