import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_payloads as payloads
from reference.simtel_buffers import buffer, by_eventio

from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.matching import check_complete, match_triggers
from cta_columnar.kernels.simtel.trigger import (
    count_triggers,
    mended_mask,
    triggers,
)

ROWS = np.array([0])


def decode(payload, version):
    """All outputs by name, and the code."""
    data, table = buffer(2009, payload, version=version, block_id=3)
    triggered, with_data, done, code = count_triggers(data, table, ROWS)
    assert done == (code == codes.OK)
    n, d = triggered[-1], with_data[-1]
    out = {
        "times": np.zeros((1, 4), np.int64),
        "triggered": np.zeros(n, np.int16),
        "delays": np.zeros(n, np.float32),
        "masks": np.zeros(n, np.uint32),
        "by_type": np.full((n, 4), np.nan, np.float32),
        "data": np.zeros(d, np.int16),
    }
    if code == codes.OK:
        args = (data, table, ROWS, triggered, with_data)
        done, code = triggers(*args, *out.values())
        assert done == (code == codes.OK)
    return out, code


@st.composite
def events(draw):
    """Arguments for the payload of a trigger block."""
    ids = st.lists(st.integers(0, 2**15 - 1), max_size=5)
    triggered = draw(ids)
    n = len(triggered)
    masks = draw(st.lists(st.integers(0, 2**11 - 1), min_size=n, max_size=n))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    several = [[bit for bit in range(4) if mask >> bit & 1] for mask in masks]
    return {
        "times": rng.integers(-(2**31), 2**31, 4),
        "triggered": triggered,
        "delays": rng.uniform(0, 100, n).astype("f4"),
        "masks": masks,
        "by_type": [
            rng.uniform(0, 9, len(bits)) if len(bits) > 1 else [] for bits in several
        ],
        "data": draw(ids),
    }


@settings(deadline=None, max_examples=50)
@given(events(), st.integers(0, 3))
def test_triggers_equal_reference(event, version):
    out, code = decode(payloads.central_event(version, **event), version)
    assert code == codes.OK
    assert out["times"][0].tolist() == event["times"].tolist()
    if version == 0:
        assert not out["triggered"].size
        assert not out["data"].size
        return
    assert out["triggered"].tolist() == event["triggered"]
    assert out["data"].tolist() == event["data"]
    np.testing.assert_array_equal(out["delays"], event["delays"])
    if version == 1:
        assert not out["masks"].any()
        return
    for k, mask in enumerate(event["masks"]):
        moved = {4: 8, 5: 9, 6: 10}
        bits = {moved.get(bit, bit) for bit in range(11) if mask >> bit & 1}
        assert out["masks"][k] == sum(1 << bit for bit in bits)
        lowest = [bit for bit in range(4) if mask >> bit & 1]
        if len(lowest) > 1:
            got = out["by_type"][k, lowest]
            np.testing.assert_allclose(got, event["by_type"][k], rtol=1e-6)


@settings(deadline=None, max_examples=20)
@given(events(), st.integers(2, 3))
def test_triggers_equal_eventio(event, version):
    payload = payloads.central_event(version, **event)
    out, _ = decode(payload, version)
    other = by_eventio(2009, payload, version=version)
    assert out["times"][0].tolist() == [*other["cpu_time"], *other["gps_time"]]
    assert out["triggered"].tolist() == other["triggered_telescopes"].tolist()
    assert out["masks"].tolist() == other["teltrg_type_mask"].tolist()
    assert out["data"].tolist() == other["telescopes_with_data"].tolist()


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_cut_or_too_long(version):
    event = {
        "times": [1, 2, 3, 4],
        "triggered": [1, 2],
        "delays": [0, 1],
        "masks": [3, 1],
        "by_type": [[1, 2], []],
        "data": [2, 5],
    }
    payload = payloads.central_event(version, **event)
    for size in range(len(payload) - 3):
        assert decode(payload[:size], version)[1] != codes.OK
    assert decode(payload + bytes(4), version)[1] == codes.LEFT_OVER
    assert decode(payload, 4)[1] == codes.BAD_VERSION


@pytest.mark.parametrize("count", [-1, 2**15 - 1])
def test_impossible_counts(count):
    head = bytes(24)
    assert decode(head + payloads.pack("h", count), 1)[1] == codes.BAD_COUNT
    assert decode(head + payloads.pack("hh", 0, count), 1)[1] == codes.BAD_COUNT


def test_masks_are_mended_up_to_version_3():
    assert mended_mask(0x71, 3) == 0x701
    assert mended_mask(0x71, 4) == 0x71


def test_counting_stops_at_a_bad_block():
    good = payloads.central_event(1, [0] * 4, [1, 2], [0, 0], data=[1])
    data = np.frombuffer(good + good[:20], np.uint8)
    n = len(good)
    table = np.array([[2009, 1, 0, 0, 0, n, -1], [2009, 1, 0, n, n, data.size, -1]])
    triggered, with_data, done, code = count_triggers(data, table, np.array([0, 1, 0]))
    assert triggered.tolist() == [0, 2, 2, 2]
    assert with_data.tolist() == [0, 1, 1, 1]
    assert (done, code) == (1, codes.TOO_SHORT)


lists = st.lists(st.lists(st.integers(1, 9), max_size=5, unique=True), max_size=4)


def flat(of_events, dtype):
    starts = np.cumsum([0, *map(len, of_events)])
    return starts, np.array([i for ids in of_events for i in ids], dtype)


@settings(deadline=None, max_examples=50)
@given(lists, st.data())
def test_matching(of_telescopes, draw):
    n = len(of_telescopes)
    same = st.lists(st.lists(st.integers(1, 9), max_size=5), min_size=n, max_size=n)
    of_triggers = draw.draw(same)
    starts, tel_id = flat(of_telescopes, np.int64)
    triggered, triggered_id = flat(of_triggers, np.int16)
    out = np.zeros(tel_id.size, np.int64)
    match_triggers(starts, tel_id, triggered, triggered_id, out)
    want = [
        triggered[k] + listed.index(i) if i in listed else -1
        for k, (ids, listed) in enumerate(zip(of_telescopes, of_triggers, strict=True))
        for i in ids
    ]
    assert out.tolist() == want

    is_wanted = np.zeros(12, bool)
    is_wanted[draw.draw(st.sets(st.integers(0, 11)).map(list))] = True
    done, code = check_complete(starts, tel_id, triggered, triggered_id, is_wanted)
    is_whole = [
        {i for i in listed if is_wanted[i]} <= set(ids)
        for ids, listed in zip(of_telescopes, of_triggers, strict=True)
    ]
    assert done == (is_whole.index(False) if False in is_whole else n)
    assert (code == codes.OK) == (done == n)


def test_listed_telescopes_that_cannot_be():
    args = (np.array([0, 0]), np.zeros(0, np.int64), np.array([0, 2]))
    listed = np.array([-5, 30000], np.int16)
    assert check_complete(*args, listed, np.ones(9, bool)) == (1, codes.OK)
