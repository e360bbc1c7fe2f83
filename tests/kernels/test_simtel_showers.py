import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_payloads as payloads
from reference.simtel_buffers import buffer, by_eventio

from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.photo_electrons import true_images
from cta_columnar.kernels.simtel.showers import (
    SHOWER,
    mc_events,
    photo_electron_sums,
    showers,
)

ROWS = np.array([0])
seeds = st.integers(0, 2**32 - 1)


def decode_shower(payload, version):
    data, table = buffer(2020, payload, version=version)
    out = np.zeros((1, len(SHOWER)))
    done, code = showers(data, table, ROWS, out)
    assert done == (code == codes.OK)
    return out[0], code


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(0, 2), st.lists(st.integers(0, 4), max_size=3))
def test_showers(seed, version, steps):
    values = np.random.default_rng(seed).uniform(0, 100, len(SHOWER)).astype("f4")
    values[0] = 101
    payload = payloads.shower(version, values, [np.ones(n) for n in steps])
    out, code = decode_shower(payload, version)
    assert code == codes.OK
    if version == 0:
        values[SHOWER.index("depth_start")] = np.nan
    np.testing.assert_array_equal(out, values)
    # The other reader cannot read version 2 from memory.
    if version < 2:
        other = by_eventio(2020, payload, version=version)
        for name, value in zip(SHOWER, out, strict=True):
            if name != "depth_start" or version:
                assert value == other[name.replace("x_max", "xmax")]


@pytest.mark.parametrize("version", [0, 1, 2])
def test_showers_cut_or_too_long(version):
    payload = payloads.shower(version, np.ones(len(SHOWER)), [[1.0, 2.0]])
    for size in range(len(payload) - 3):
        assert decode_shower(payload[:size], version)[1] != codes.OK
    assert decode_shower(payload + bytes(4), version)[1] == codes.LEFT_OVER
    assert decode_shower(payload, 3)[1] == codes.BAD_VERSION


def test_impossible_profiles():
    payload = bytearray(payloads.shower(1, np.ones(len(SHOWER)), [[1.0, 2.0]]))
    for at, fmt, value in ((40, "h", -1), (46, "i", -1), (46, "i", 2**31 - 1)):
        damaged = payload.copy()
        raw = payloads.pack(fmt, value)
        damaged[at : at + len(raw)] = raw
        assert decode_shower(bytes(damaged), 1)[1] == codes.TOO_SHORT


@pytest.mark.parametrize("version", [0, 1, 2])
def test_mc_events(version):
    payload = payloads.mc_event(version, 7, [1.5, -2.5])
    for cut in (payload, payload[:-1], payload + bytes(4)):
        data, table = buffer(2021, cut, version=version)
        shower_id, core = np.zeros(1, np.int64), np.zeros((1, 2))
        done, code = mc_events(data, table, ROWS, shower_id, core)
        assert (done, code == codes.OK) == ((1, True) if cut == payload else (0, False))
        if code == codes.OK:
            assert shower_id[0] == 7
            assert core[0].tolist() == [1.5, -2.5]
    data, table = buffer(2021, payload, version=3)
    assert mc_events(data, table, ROWS, shower_id, core) == (0, codes.BAD_VERSION)


def decode_sums(payload, version, n, rows=ROWS):
    data, table = buffer(2026, payload, version=version)
    out = np.zeros((len(rows), n), np.int32)
    return out, *photo_electron_sums(data, table, rows, out)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 2**31 - 1), max_size=5), st.integers(0, 2))
def test_photo_electron_sums(sums, version):
    payload = payloads.photo_electron_sums(version, 1, sums)
    out, *result = decode_sums(payload, version, len(sums), np.array([0, -1]))
    assert result == [2, codes.OK]
    assert out.tolist() == [sums, [-1] * len(sums)]
    other = by_eventio(2026, payload, version=version)
    assert other["n_pe"].tolist() == sums
    for size in range(0, len(payload) - 3, 3):
        assert decode_sums(payload[:size], version, len(sums))[2] != codes.OK
    assert decode_sums(payload, version, len(sums) + 1)[2] == codes.BAD_COUNT
    longer = payload + bytes(4)
    assert decode_sums(longer, version, len(sums))[2] == codes.LEFT_OVER
    assert decode_sums(payload, 3, len(sums))[2] == codes.BAD_VERSION


def test_sums_per_pixel_are_refused():
    payload = bytearray(payloads.photo_electron_sums(0, 1, [3, 4]))
    payload[16] = 1
    assert decode_sums(bytes(payload), 0, 2)[2] == codes.UNSUPPORTED_MODE


def decode_image(payload, version, n, rows=ROWS):
    data, table = buffer(1208, payload, version=version)
    out = np.full((len(rows), n), 9, np.int32)
    return out, *true_images(data, table, rows, out)


images = st.lists(st.integers(0, 3), max_size=12).map(
    lambda counts: np.array(counts, np.int32)
)


@settings(deadline=None, max_examples=50)
@given(images, st.integers(1, 3), st.sampled_from([0, 1, 4, 5]))
def test_true_images(image, version, flags):
    flags = flags if version > 1 else 0
    payload = payloads.photo_electrons(version, image, flags)
    out, *result = decode_image(payload, version, image.size, np.array([-1, 0]))
    assert result == [2, codes.OK]
    assert (out[0] == -1).all()
    np.testing.assert_array_equal(out[1], image)
    other = by_eventio(1208, payload, version=version)["photoelectrons"]
    np.testing.assert_array_equal(out[1], other)
    for size in range(0, len(payload) - 3, 5):
        assert decode_image(payload[:size], version, image.size)[2] != codes.OK
    longer = payload + bytes(4)
    assert decode_image(longer, version, image.size)[2] == codes.LEFT_OVER


@pytest.mark.parametrize("version", [1, 2, 3])
def test_impossible_true_images(version):
    image = np.array([0, 2, 1], np.int32)
    payload = payloads.photo_electrons(version, image)
    assert decode_image(payload, version, 4)[2] == codes.WRONG_SHAPE
    assert decode_image(payload, 4, 3)[2] == codes.BAD_VERSION
    assert decode_image(payload, 0, 3)[2] == codes.BAD_VERSION
    head = 12 if version == 1 else 14
    pixel = payloads.encode_signed(3) if version == 3 else payloads.pack("h", 3)
    beyond = payload[:head] + pixel + payload[head + len(pixel) :]
    assert decode_image(beyond, version, 3)[2] == codes.BAD_PIXEL
    at = head + len(pixel)
    for count in (-1, 2**31 - 1):
        many = payload[:at] + payloads.pack("i", count) + payload[at + 4 :]
        assert decode_image(many, version, 3)[2] == codes.BAD_COUNT


def test_no_blocks():
    data, table = buffer(2020, b"")
    none = np.zeros(0, np.int64)
    assert showers(data, table, none, np.zeros((0, 7))) == (0, codes.OK)
    assert mc_events(data, table, none, none, np.zeros((0, 2))) == (0, codes.OK)
    empty = np.zeros((0, 3), np.int32)
    assert photo_electron_sums(data, table, none, empty) == (0, codes.OK)
    assert true_images(data, table, none, empty) == (0, codes.OK)
