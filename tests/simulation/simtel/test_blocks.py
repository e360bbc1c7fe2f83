"""Single blocks: what eventio reads in them, and what is refused."""

import struct

import numpy as np
import pytest
from eventio.base import parse_header_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation.simtel.files import Maker
from simulation.simtel.from_eventio import WRITERS, parse
from simulation.simtel.leaves import leaves, rewritten

from cta_columnar.simulation.simtel import (
    adc,
    framing,
    histograms,
    monitoring,
    photoelectrons,
    showers,
    triggers,
)
from cta_columnar.simulation.simtel.versions import VERSIONS, base_type

# What eventio cannot read back: see `test_files`.
NOT_BY_EVENTIO = {(2009, 0), (2009, 1), (2020, 2)}
# A use of the writer's own, or a telescope in the type.
OF_LEAVES = {*WRITERS, 2100}
ALL = [
    (kind, version)
    for kind, known in VERSIONS.items()
    for version in known
    if kind in OF_LEAVES and (kind, version) not in NOT_BY_EVENTIO
]


@pytest.mark.parametrize(("kind", "version"), ALL)
def test_what_eventio_reads_is_what_was_written(kind, version):
    """Written again from its names of values, all versions give the same bytes.

    That the values are at the right place is known from real files, and from the
    comparison of eventio with our reader, which share no code with the writer.
    """
    found = 0
    for seed in range(2):
        content = Maker(versions={kind: version}, seed=seed).content()
        for block_type, v, ident, payload in leaves(content):
            if base_type(block_type) == kind:
                new = rewritten(block_type, v, ident, payload)
                assert new + bytes(-len(new) % 4) == payload
                found += v == version
    assert found


seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(1, 2), st.integers(1, 40), st.integers(1, 9))


@settings(deadline=None, max_examples=40)
@given(shapes, seeds, st.sampled_from([3, 300, 65535]))
def test_adc_samples(shape, seed, step):
    rng = np.random.default_rng(seed)
    samples = rng.integers(0, step, shape, endpoint=True).astype(np.uint16)
    payload = b"".join(adc.adc_samples(samples))
    got = np.reshape(parse(2013, 3, adc.adc_id(5), payload), shape)
    np.testing.assert_array_equal(got, samples)
    kept = rng.random(shape[1]) < 0.5
    edges = np.flatnonzero(np.diff(np.r_[False, kept, False])).tolist()
    ranges = list(zip(edges[::2], edges[1::2], strict=True))
    payload = b"".join(adc.adc_samples(samples, ranges))
    got = np.reshape(parse(2013, 3, adc.adc_id(5, 1), payload), shape)
    np.testing.assert_array_equal(got, samples * kept[:, np.newaxis])


@settings(deadline=None, max_examples=40)
@given(shapes, seeds)
def test_adc_sums(shape, seed):
    rng = np.random.default_rng(seed)
    sums = rng.integers(0, 2**32, shape[:2], dtype=np.uint32)
    is_kept, has_low, is_byte = rng.random((3, shape[1])) < 0.5
    sums[0, is_byte] %= 256
    low = np.where(has_low & ~is_byte, sums[-1], 0)
    by_list = np.stack([sums[0], low])[: len(sums)] * is_kept
    cases = {
        adc.ALL: (adc.adc_sums(sums), sums),
        adc.BY_BITS: (adc.adc_sums_by_bits(sums, is_kept), sums * is_kept),
        adc.BY_LIST: (
            adc.adc_sums_by_list(sums, is_kept, has_low, is_byte),
            by_list,
        ),
    }
    for mode, (pieces, expected) in cases.items():
        got = parse(2012, 3, adc.adc_id(5, mode), b"".join(pieces))
        np.testing.assert_array_equal(np.reshape(got, expected.shape), expected)


def test_ids():
    assert framing.packed_telescope(0x1234) == 0x12000034
    assert framing.telescope_type(2100, 158) == 3158
    assert framing.telescope_type(2200, 1999) == 21299
    assert photoelectrons.photo_electrons_id(1203, 158) == 3157
    assert showers.event_id(12, 3) == 1203
    assert monitoring.monitoring_id(258) == 0x01000402


@pytest.mark.parametrize("length", [0, 4, 2**30 - 4, 2**30, 2**41 + 8])
def test_long_blocks(length):
    """From 2**30 bytes on there is a fourth word."""
    raw = framing.header(2010, -7, length, 0, only_blocks=True)
    assert len(raw) == (16 if length >= 2**30 else 12)
    parsed = parse_header_bytes(raw[:12], toplevel=False)
    assert parsed.extended == (length >= 2**30)
    assert parsed.only_subobjects
    assert (parsed.id, parsed.type, parsed.version) == (-7, 2010, 0)
    high = struct.unpack("<I", raw[12:])[0] if parsed.extended else 0
    assert parsed.content_size + (high << 30) == length


def test_filled_histogram():
    x, y = np.array([-1.0, 0.0, 9.99, 10.0, 5.0]), np.array([0.5, 0.5, 0.5, 0.5, 7.0])
    weights = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    axes = (2, 0.0, 10.0), (1, 0.0, 1.0)
    made = histograms.filled(6, "t", *axes, x, y, weights)
    np.testing.assert_array_equal(made.data, [[2.0, 4.0]])
    assert (made.entries, made.tentries) == (5, 2)
    assert made.axes[0].sum == pytest.approx(x @ weights)
    assert made.axes[0].tsum == pytest.approx(9.99 * 4 + 5 * 16)
    assert (made.content_inside, made.content_all) == (6.0, 31.0)
    (parsed,) = parse(100, 2, 6, histograms.histograms([made]))
    assert (parsed["underflow_x"], parsed["overflow_x"]) == (1, 1)
    assert (parsed["underflow_y"], parsed["overflow_y"]) == (0, 1)
    np.testing.assert_array_equal(parsed["data"], made.data)
    assert sorted(parsed["content_outside"].tolist()) == [0, 0, 0, 0, 0, 1, 8, 16]


def test_empty_histogram_has_no_bins_in_the_file():
    made = histograms.filled(6, "te", (2, 0.0, 1.0), (3, 0.0, 1.0), [], [])
    (parsed,) = parse(100, 2, 6, histograms.histograms([made]))
    assert parsed["data"].shape == (3, 2)
    assert not parsed["data"].any()


def test_telescopes_beyond_32_are_in_no_pattern():
    many = np.array([1, 32, 33, 158])
    content = triggers.ArrayTrigger(
        cpu_time=(0, 0),
        gps_time=(0, 0),
        tel_id=many,
        time=many * 0.5,
        mask=1,
        data_tel_id=many[:1],
    )
    parsed = parse(2009, 3, 100, triggers.array_trigger(content))
    assert parsed["trigger_pattern"] % 2**32 == 0x80000001
    assert parsed["data_pattern"] == 1
    assert parsed["triggered_telescopes"].tolist() == many.tolist()
