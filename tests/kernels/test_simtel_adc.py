import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_payloads as payloads
from reference.simtel_buffers import buffer, by_eventio

from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.adc_flags import (
    adc_telescope,
    data_reduction,
    is_list_known,
    zero_suppression,
)
from cta_columnar.kernels.simtel.adc_samples import adc_samples
from cta_columnar.kernels.simtel.adc_sums import adc_sums

TEL_ID = 7
FLAGS = TEL_ID << 12


def noise(shape, seed, step=40):
    walk = np.random.default_rng(seed).integers(-step, step, shape, endpoint=True)
    return np.clip(400 + np.cumsum(walk, axis=-1), 0, 65535).astype(np.uint16)


shapes = st.tuples(st.integers(1, 2), st.integers(0, 20), st.integers(0, 9))
seeds = st.integers(0, 2**32 - 1)


def decode_samples(payload, shape, flags=FLAGS, version=3, above=-1):
    data, table = buffer(2013, payload, version=version, block_id=flags)
    out = np.full((1, *shape), 9, np.uint16)
    n_decoded = np.zeros(1, np.int8)
    done, code = adc_samples(data, table, np.array([0]), out, n_decoded, above)
    assert done == (code == codes.OK)
    return out[0], n_decoded[0], code


@settings(deadline=None, max_examples=50)
@given(shapes, seeds, st.sampled_from([3, 60, 5000]))
def test_samples(shape, seed, step):
    values = noise(shape, seed, step)
    out, n_decoded, code = decode_samples(payloads.adc_samples(values), shape)
    assert (code, n_decoded) == (codes.OK, shape[0])
    np.testing.assert_array_equal(out, values)


@st.composite
def suppressed(draw):
    """Samples, and ranges of pixels that have some."""
    shape = draw(shapes)
    edges = draw(st.sets(st.integers(0, shape[1]), max_size=6).map(sorted))
    ranges = list(zip(edges[::2], edges[1::2], strict=False))
    values = noise(shape, draw(seeds))
    kept = np.zeros(shape[1], bool)
    for first, stop in ranges:
        kept[first:stop] = True
    values[:, ~kept] = 0
    return values, ranges


@settings(deadline=None, max_examples=50)
@given(suppressed())
def test_suppressed_samples(case):
    values, ranges = case
    payload = payloads.adc_samples(values, ranges)
    out, _, code = decode_samples(payload, values.shape, FLAGS | 1)
    assert code == codes.OK
    np.testing.assert_array_equal(out, values)
    if min(values.shape) > 1:
        by_other = by_eventio(2013, payload, version=3, block_id=FLAGS | 1)
        np.testing.assert_array_equal(out, by_other)


@pytest.mark.parametrize(("above", "n_decoded"), [(-1, 2), (0, 2), (450, 1), (449, 2)])
def test_low_gain_is_decoded_where_it_may_be_needed(above, n_decoded):
    values = noise((2, 3, 5), 1, step=2)
    values[0, 1, 3] = 450
    out, got, code = decode_samples(
        payloads.adc_samples(values), values.shape, above=above
    )
    assert (code, got) == (codes.OK, n_decoded)
    np.testing.assert_array_equal(out[:n_decoded], values[:n_decoded])
    assert (out[n_decoded:] == 9).all()


def bad_ranges():
    values = np.ones((1, 4, 3), int)
    head = payloads.pack("ihh", 4, 1, 3)
    yield head + payloads.varints([1, 1, 5]), codes.BAD_PIXEL
    yield head + payloads.varints([2, 1, 2, 0, 0]), codes.BAD_PIXEL
    yield head + payloads.varints([1, 3, 2]), codes.BAD_PIXEL
    yield head + payloads.varints([99]), codes.BAD_COUNT
    yield head + payloads.varints([-1]), codes.BAD_COUNT
    yield head + payloads.varints([2, 0]), codes.BAD_VARINT
    yield payloads.adc_samples(values, [(0, 4)])[:-4], codes.BAD_VARINT


@pytest.mark.parametrize(("payload", "code"), list(bad_ranges()))
def test_bad_pixel_ranges(payload, code):
    assert decode_samples(payload, (1, 4, 3), FLAGS | 1)[2] == code


@pytest.mark.parametrize(
    ("shape", "flags", "version", "code"),
    [
        ((2, 4, 3), FLAGS, 2, codes.BAD_VERSION),
        ((2, 4, 3), FLAGS | 1 << 5, 3, codes.UNSUPPORTED_MODE),
        ((2, 4, 3), FLAGS | 1 << 10, 3, codes.UNSUPPORTED_MODE),
        ((1, 4, 3), FLAGS, 3, codes.WRONG_SHAPE),
        ((2, 5, 3), FLAGS, 3, codes.WRONG_SHAPE),
        ((2, 4, 4), FLAGS, 3, codes.WRONG_SHAPE),
    ],
)
def test_samples_that_are_not_those_of_the_camera(shape, flags, version, code):
    payload = payloads.adc_samples(noise((2, 4, 3), 1))
    assert decode_samples(payload, shape, flags, version)[2] == code


def test_samples_cut_or_too_long():
    values = noise((2, 4, 3), 1)
    payload = payloads.adc_samples(values)
    for size in range(len(payload) - 3):
        assert decode_samples(payload[:size], values.shape)[2] != codes.OK
    assert decode_samples(payload + bytes(4), values.shape)[2] == codes.LEFT_OVER


def test_flags():
    flags = 5 << 12 | 1 << 10 | 3 << 5 | 2
    assert adc_telescope(flags) == 5
    assert data_reduction(flags) == 3
    assert zero_suppression(flags) == 2
    assert is_list_known(flags)


@st.composite
def sums(draw):
    """Sums, a mode, and what its payload leaves of them."""
    n_channels, n_pixels = draw(st.tuples(st.integers(1, 2), st.integers(0, 40)))
    mode = draw(st.integers(0, 2))
    rng = np.random.default_rng(draw(seeds))
    values = rng.integers(0, draw(st.sampled_from([99, 2**32])), (n_channels, n_pixels))
    is_kept, has_low, is_byte = rng.random((3, n_pixels)) < 0.5
    has_low &= ~is_byte
    values[0, is_byte & (mode == 2)] %= 256
    payload = payloads.adc_sums(values, mode, is_kept, has_low, is_byte)
    if mode:
        values[:, ~is_kept] = 0
    if mode == 2:
        values[1:, ~has_low] = 0
    return values, mode, payload


def decode_sums(payload, shape, mode, version=3, reduction=0):
    flags = FLAGS | mode | reduction << 5
    data, table = buffer(2012, payload, version=version, block_id=flags)
    out = np.full((1, *shape), 9, np.uint32)
    done, code = adc_sums(data, table, np.array([0]), out)
    assert done == (code == codes.OK)
    return out[0], code


@settings(deadline=None, max_examples=100)
@given(sums())
def test_sums(case):
    values, mode, payload = case
    out, code = decode_sums(payload, values.shape, mode)
    assert code == codes.OK
    np.testing.assert_array_equal(out, values)
    # The other reader stumbles over cameras of one pixel; of mode 1 over signs.
    if mode != 1 and values.shape[1] > 1 and values.max() < 2**31:
        by_other = by_eventio(2012, payload, version=3, block_id=FLAGS | mode)
        np.testing.assert_array_equal(out, by_other)


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_sums_cut_or_too_long(mode):
    values = np.arange(1, 41).reshape(2, 20) * 1000
    every = np.ones(20, bool)
    payload = payloads.adc_sums(values, mode, every, every, ~every)
    for size in range(len(payload) - 3):
        assert decode_sums(payload[:size], values.shape, mode)[1] != codes.OK
    assert decode_sums(payload + bytes(4), values.shape, mode)[1] == codes.LEFT_OVER


def test_other_bad_sums():
    payload = payloads.adc_sums(np.ones((1, 3), int), 0)
    assert decode_sums(payload, (1, 3), 0, version=2)[1] == codes.BAD_VERSION
    assert decode_sums(payload, (1, 3), 3)[1] == codes.UNSUPPORTED_MODE
    assert decode_sums(payload, (1, 3), 0, reduction=1)[1] == codes.UNSUPPORTED_MODE
    assert decode_sums(payload, (2, 3), 0)[1] == codes.WRONG_SHAPE
    beyond = payloads.pack("ihH", 3, 1, 0b1000)
    assert decode_sums(beyond + bytes(2), (1, 3), 1)[1] == codes.BAD_PIXEL
    beyond = payloads.pack("ihhH", 3, 1, 1, 3)
    assert decode_sums(beyond + bytes(3), (1, 3), 2)[1] == codes.BAD_PIXEL
    for count in (-1, 99):
        beyond = payloads.pack("ihh", 3, 1, count)
        assert decode_sums(beyond, (1, 3), 2)[1] == codes.BAD_COUNT
    # Too large for 32 bits.
    huge = payloads.adc_sums(np.array([[2**32, 1, 1]]), 0)
    assert decode_sums(huge, (1, 3), 0)[1] == codes.BAD_VARINT


def test_no_events():
    data, table = buffer(2013, b"", version=3)
    none = np.zeros(0, np.int64)
    out = np.zeros((0, 2, 3, 4), np.uint16)
    decoded = np.zeros(0, np.int8)
    assert adc_samples(data, table, none, out, decoded, -1) == (0, codes.OK)
    assert adc_sums(data, table, none, out[..., 0].astype("u4")) == (0, codes.OK)
