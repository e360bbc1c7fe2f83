import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_varint as reference

from cta_columnar.kernels.simtel.varint import signed, skip, traces, unsigned


def as_bytes(data):
    return np.frombuffer(data, np.uint8)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**63 - 1), st.binary(max_size=3))
def test_unsigned_equals_reference(value, tail):
    data = reference.encode(value)
    assert reference.decode(data, 0) == (value, len(data))
    assert unsigned(as_bytes(data + tail), 0, len(data)) == (value, len(data))
    for end in range(len(data)):
        assert unsigned(as_bytes(data + tail), 0, end)[1] == -1


@settings(deadline=None, max_examples=50)
@given(st.integers(-(2**62), 2**62 - 1))
def test_signed_equals_reference(value):
    data = reference.encode_signed(value)
    assert reference.decode_signed(data, 0) == (value, len(data))
    assert signed(as_bytes(data), 0, len(data)) == (value, len(data))


def test_values_beyond_63_bits_are_refused():
    data = as_bytes(reference.encode(2**63))
    assert unsigned(data, 0, data.size)[1] == -1


def test_skip():
    data = as_bytes(b"".join(map(reference.encode, [1, 300, 70000, 2**40])))
    assert skip(data, 0, data.size, 4) == data.size
    assert skip(data, 0, data.size, 0) == 0
    assert skip(data, 0, data.size, 5) == -1
    assert skip(data, 0, data.size, 2**60) == -1
    assert skip(data, 0, data.size, -1) == -1


@st.composite
def arrays(draw):
    """Arrays with only short steps, some longer, or any."""
    shape = draw(st.tuples(st.integers(0, 4), st.integers(0, 12)))
    step = draw(st.sampled_from([60, 5000, 65535]))
    seed = draw(st.integers(0, 2**32 - 1))
    walk = np.random.default_rng(seed).integers(-step, step, shape, endpoint=True)
    return np.clip(300 + np.cumsum(walk, axis=1), 0, 65535)


@settings(deadline=None, max_examples=100)
@given(arrays(), st.integers(0, 3), st.integers(0, 3))
def test_traces_equal_reference(values, before, after):
    raw = b"".join(reference.encode_differences(row) for row in values)
    data = as_bytes(bytes(before) + raw + bytes(after))
    end = before + len(raw)
    out = np.zeros(values.shape, np.uint16)
    assert traces(data, before, end + after, out, 0, len(out), 1 << 16) == end
    np.testing.assert_array_equal(out, values)
    if values.size:
        assert traces(data, before, end - 1, out, 0, len(out), 1 << 16) == -1


@pytest.mark.parametrize(
    ("values", "limit", "fits"),
    [
        ([70000, 5], 1 << 16, False),
        ([70000, 5], 1 << 32, True),
        ([65535, 65536], 1 << 16, False),
        ([2**32 - 1, 0], 1 << 32, True),
        ([2**32, 0], 1 << 32, False),
        ([3, -1], 1 << 16, False),
        ([-1, 3, 3, 3], 1 << 16, False),
        ([300, 9000, -1, 20], 1 << 16, False),
    ],
)
def test_values_out_of_range_are_refused(values, limit, fits):
    raw = reference.encode_differences(values)
    out = np.zeros((1, len(values)), np.uint16 if limit == 1 << 16 else np.uint32)
    after = traces(as_bytes(raw), 0, len(raw), out, 0, len(out), limit)
    assert after == (len(raw) if fits else -1)
    if fits:
        assert out.tolist() == [values]


def test_steps_of_more_than_five_bytes_are_refused():
    raw = reference.encode(2**36) + bytes(20)
    out = np.zeros((1, 3), np.uint32)
    assert traces(as_bytes(raw), 0, len(raw), out, 0, len(out), 1 << 32) == -1


def test_absurd_shapes_are_refused_before_decoding():
    out = np.zeros((1000, 100), np.uint16)
    assert traces(as_bytes(bytes(20)), 0, 20, out, 0, 1000, 1 << 16) == -1
