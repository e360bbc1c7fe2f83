import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_encoding as reference

from cta_columnar.kernels.simtel import encoding
from cta_columnar.kernels.simtel.varint import traces as decode_traces

EDGES = [0]
EDGES += [(1 << 7 * k) - less for less in (0, 1) for k in range(1, 9)]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 2**63 - 1) | st.sampled_from(EDGES), max_size=20))
def test_unsigned_integers(values):
    got = encoding.unsigned_integers(np.array(values, np.int64))
    assert got.tobytes() == reference.unsigned_integers(values)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(-(2**62), 2**62 - 1), max_size=20))
def test_signed_integers(values):
    got = encoding.signed_integers(np.array(values, np.int64))
    assert got.tobytes() == reference.signed_integers(values)


def test_codes_of_the_documentation():
    """From the description of the format: see the module."""
    values = np.array([127, 128, 300, 16383, 16384, 2097152, 268435456])
    expected = "7f 8080 812c bfff c04000 e0200000 f010000000"
    assert encoding.unsigned_integers(values).tobytes() == bytes.fromhex(expected)
    values = np.array([0, -1, 1, 63, -64, 64, 300])
    expected = "00 01 02 7e 7f 8080 8258"
    assert encoding.signed_integers(values).tobytes() == bytes.fromhex(expected)
    trace = np.array([[300, 301, 299, 305, 1000, 300, 0, 65535, 3]], np.uint16)
    expected = "8258 02 03 0c 856e 8577 8257 c1fffe c1fff7"
    assert encoding.traces(trace).tobytes() == bytes.fromhex(expected)


@st.composite
def arrays(draw):
    """Arrays with only short steps, some longer, or any."""
    shape = draw(st.tuples(st.integers(0, 4), st.integers(0, 12)))
    dtype, largest = draw(st.sampled_from([(np.uint16, 65535), (np.uint32, 2**32 - 1)]))
    step = draw(st.sampled_from([0, 60, 5000, largest]))
    seed = draw(st.integers(0, 2**32 - 1))
    walk = np.random.default_rng(seed).integers(-step, step, shape, endpoint=True)
    return np.clip(largest // 2 + np.cumsum(walk, axis=1), 0, largest).astype(dtype)


@settings(deadline=None, max_examples=100)
@given(arrays())
def test_traces(values):
    encoded = encoding.traces(values)
    assert encoded.tobytes() == reference.traces(values)
    back = np.zeros_like(values)
    limit = 1 << 8 * values.itemsize
    end = decode_traces(encoded, 0, encoded.size, back, 0, len(values), limit)
    assert end == encoded.size
    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize("step", [0, 63, 64, 8191, 8192, 65535])
def test_traces_with_one_step_at_an_edge(step):
    for position in range(5):
        values = np.zeros((2, 5), np.uint16)
        values[1, position:] = step
        assert encoding.traces(values).tobytes() == reference.traces(values)
        values = np.ascontiguousarray(values[:, ::-1])
        assert encoding.traces(values).tobytes() == reference.traces(values)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(0, 6) | st.integers(100, 30000), max_size=30).map(sorted),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_photo_electrons(pixels, has_amplitudes, is_wide, seed):
    rng = np.random.default_rng(seed)
    pixel = np.array(pixels, np.int32)
    time = rng.normal(0, 50, pixel.size).astype(np.float32)
    time[::7] = np.nan
    amplitude = rng.gamma(6, 1 / 6, pixel.size * has_amplitudes).astype(np.float32)
    got = encoding.photo_electrons(pixel, time, amplitude, is_wide)
    expected = reference.photo_electrons(pixel, time, amplitude, is_wide)
    assert got.tobytes() == expected
    assert encoding.count_pixels(pixel) == reference.count_pixels(pixel)
