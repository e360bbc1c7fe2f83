import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_payloads as payloads
from reference.simtel_buffers import buffer, by_eventio

from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.pixel_timing import pixel_times


def decode(payload, version, shape, n_channels, rows=(0,)):
    data, table = buffer(2016, payload, version=version, block_id=1)
    out = np.zeros((len(rows), *shape), np.float32)
    done, code = pixel_times(data, table, np.array(rows), n_channels, out)
    assert (done == len(rows)) == (code == codes.OK)
    return out, code


@st.composite
def cases(draw):
    """Times, their ranges of pixels, and options of the payload."""
    n_pixels, n_types = draw(st.tuples(st.integers(1, 12), st.integers(1, 3)))
    edges = draw(st.sets(st.integers(0, n_pixels), max_size=6).map(sorted))
    ranges = list(zip(edges[::2], edges[1::2], strict=False))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    times = np.full((n_pixels, n_types), np.nan, np.float32)
    for first, stop in ranges:
        times[first:stop] = rng.integers(-9, 99, (stop - first, n_types)) / 2
    options = {
        "n_channels": draw(st.integers(1, 2)),
        "ranges": draw(st.sampled_from([None, ranges])),
        "sums": draw(st.booleans()),
        "split": draw(st.booleans()),
    }
    return times, options


@settings(deadline=None, max_examples=60)
@given(cases(), st.integers(1, 2))
def test_times_equal_reference_and_eventio(case, version):
    times, options = case
    n_channels = options["n_channels"]
    payload = payloads.pixel_timing(version, times, **options)
    out, code = decode(payload, version, times.shape, n_channels, (-1, 0))
    assert code == codes.OK
    assert np.isnan(out[0]).all()
    np.testing.assert_array_equal(out[1], times)
    other = by_eventio(2016, payload, version=version, block_id=1)["time"]
    np.testing.assert_array_equal(out[1], other)
    for size in range(0, len(payload) - 3, 5):
        assert decode(payload[:size], version, times.shape, n_channels)[1] != codes.OK
    longer = payload + bytes(4)
    assert decode(longer, version, times.shape, n_channels)[1] == codes.LEFT_OVER


@pytest.mark.parametrize("version", [1, 2])
def test_impossible_blocks(version):
    times = np.ones((3, 2), np.float32)
    payload = payloads.pixel_timing(version, times, 1)
    shape = times.shape
    assert decode(payload, version, (4, 2), 1)[1] == codes.WRONG_SHAPE
    assert decode(payload, version, (3, 1), 1)[1] == codes.WRONG_SHAPE
    assert decode(payload, version, shape, 2)[1] == codes.WRONG_SHAPE
    assert decode(payload, 3, shape, 1)[1] == codes.BAD_VERSION
    start = 2 if version == 1 else 1
    other_list = payload[: start + 6] + payloads.pack("h", 3) + payload[start + 8 :]
    assert decode(other_list, version, shape, 1)[1] == codes.UNSUPPORTED_MODE
    for ranges, code in (
        ([(0, 4)], codes.BAD_PIXEL),
        ([(1, 2), (0, 1)], codes.BAD_PIXEL),
        ([(0, 1)] * 4, codes.BAD_COUNT),
    ):
        bad = payloads.pixel_timing(version, times, 1, ranges)
        assert decode(bad, version, shape, 1)[1] == code
