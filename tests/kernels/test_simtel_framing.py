import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simtel_blocks import SYNC, block, blocks

from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.block_table import (
    BEGIN,
    END,
    ID,
    PARENT,
    START,
    TYPE,
    VERSION,
)
from cta_columnar.kernels.simtel.framing import MAX_LENGTH, walk
from cta_columnar.kernels.simtel.nesting import telescope_of


def as_bytes(data):
    return np.frombuffer(data, np.uint8)


def run(data):
    return walk(as_bytes(data), len(data))


# Those that are always read are left to their readers.
VERSIONS = {2011: (0, 15), 2012: (0, 15), 2013: (0, 15)}
VERSIONS |= {2014: (5, 6), 2016: (1, 2), 2027: (0, 1), 2029: (0, 0), 2032: (0, 0)}


@st.composite
def some_leaf(draw):
    kind = draw(st.sampled_from(sorted(VERSIONS)))
    return block(
        kind,
        draw(st.binary(max_size=9)),
        version=draw(st.integers(*VERSIONS[kind])),
        block_id=draw(st.integers(-(2**31), 2**31 - 1)),
        extended=draw(st.booleans()),
    )


leaves = some_leaf()
telescopes = st.builds(
    block, st.sampled_from([2201, 3205]), st.lists(leaves, max_size=3)
)
inner = st.one_of(
    telescopes,
    st.builds(block, st.sampled_from([2009, 2101, 3105]), st.binary(max_size=5)),
)
array_events = st.lists(inner, max_size=3)
top = st.one_of(
    st.builds(
        block,
        st.sampled_from([75, 1212, 2000, 2020]),
        st.binary(max_size=30),
        top=st.just(True),
    ),
    st.builds(block, st.just(2010), array_events, top=st.just(True)),
    st.builds(
        lambda children: block(2028, [block(2010, children)], top=True), array_events
    ),
    st.builds(
        lambda raw: block(2034, [block(1204, [block(1208, raw, version=2)])], top=True),
        st.binary(max_size=9),
    ),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(top, max_size=5), st.integers(0, 40))
def test_walk_equals_reference(parts, cut):
    data = b"".join(parts)
    data = data[: max(len(data) - cut, 0)]
    table, done, needed, code, _ = run(data)
    want, end = blocks(data)
    assert code == codes.OK
    assert done == end
    got = table[:, [TYPE, VERSION, ID, START, END]].tolist()
    assert got == [list(row[:5]) for row in want]
    for row, (*_, path) in zip(table, want, strict=True):
        above = row[PARENT]
        assert (above == -1) == (len(path) == 1)
        if above >= 0:
            assert table[above, TYPE] == path[-2]
    if done < len(data) and len(data) - done >= 20:
        assert needed > len(data) - done


def test_needed_is_the_size_of_the_next_block():
    whole = block(2000, bytes(50), top=True)
    assert run(whole + whole[:30])[1:3] == (len(whole), len(whole))
    assert run(whole[:10])[1:3] == (0, 0)
    assert run(b"")[1:] == (0, 0, codes.OK, 0)


def test_begin_is_the_sync_marker_or_the_header():
    data = block(2010, [block(2009, b"1234")], top=True)
    assert run(data)[0][:, BEGIN].tolist() == [0, 16]


GOOD = block(2000, b"1234", top=True)


@pytest.mark.parametrize(
    ("bad", "code", "offset"),
    [
        (b"\0" * 16, codes.LOST_SYNC, 0),
        (SYNC[::-1] + bytes(12), codes.BIG_ENDIAN, 0),
        (block(2000 | 0x40000, top=True), codes.RESERVED_BITS, 0),
        (block(1800, top=True), codes.UNKNOWN_TYPE, 0),
        (block(2013, top=True), codes.UNKNOWN_TYPE, 0),
        (block(2010, b"", top=True), codes.NOT_A_CONTAINER, 0),
        (block(2010, [block(2020)], top=True), codes.UNKNOWN_TYPE, 16),
        (block(2010, [block(2009)[:-1]], top=True), codes.CHILD_TOO_LONG, 16),
        (block(2010, [block(2009), b"12"], top=True), codes.CHILD_TOO_LONG, 28),
        (block(2010, [block(2201, [block(2009)])], top=True), codes.UNKNOWN_TYPE, 28),
        (block(2010, [block(2201, b"")], top=True), codes.NOT_A_CONTAINER, 16),
        (block(2034, [block(1204, [block(2009)])], top=True), codes.UNKNOWN_TYPE, 28),
        (block(2034, [block(1204, [block(1209)])], top=True), codes.UNKNOWN_TYPE, 28),
        (block(2010, [], version=1, top=True), codes.BAD_VERSION, 0),
        (block(2010, [block(2201, [], version=2)], top=True), codes.BAD_VERSION, 16),
        (block(2008, version=1, top=True), codes.BAD_VERSION, 0),
        (block(2023, version=16, top=True), codes.BAD_VERSION, 0),
        (block(1204, [block(1208, version=4)], top=True), codes.BAD_VERSION, 16),
        (block(2010, [block(2015)], top=True), codes.BAD_VERSION, 16),
        (block(2008 | 0x10000, top=True), codes.RESERVED_BITS, 0),
        (block(1205, top=True), codes.UNKNOWN_TYPE, 0),
        (block(70, b"line", top=True), codes.NOT_A_CONTAINER, 0),
        (block(1212, [], top=True), codes.NOT_A_LEAF, 0),
        (block(2008, [], top=True), codes.NOT_A_LEAF, 0),
        (block(2010, [block(2009, [])], top=True), codes.NOT_A_LEAF, 16),
        (block(2028, [block(2009)], top=True), codes.UNKNOWN_TYPE, 16),
    ],
)  # fmt: skip
def test_errors_have_a_code_and_a_place_and_keep_what_was_good(bad, code, offset):
    table, done, _, got, position = run(GOOD + bad + GOOD)
    assert (got, position) == (code, len(GOOD) + offset)
    assert done == len(GOOD)
    assert table[:, TYPE].tolist() == [2000]


def test_absurd_length_is_an_error_at_once():
    data = bytearray(GOOD)
    data[12:16] = (MAX_LENGTH + 1).to_bytes(4, "little")
    assert run(bytes(data))[3] == codes.BLOCK_TOO_LARGE


def test_long_tables_grow():
    table, *_ = run(GOOD * 1500)
    assert table.shape[0] == 1500


@pytest.mark.parametrize(
    ("block_type", "tel_id"),
    [
        (2200, 0),
        (2201, 1),
        (2299, 99),
        (3200, 100),
        (4205, 205),
        (2300, -1),
        (2199, -1),
    ],
)
def test_telescope_of(block_type, tel_id):
    assert telescope_of(block_type, 2200) == tel_id
