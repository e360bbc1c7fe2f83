import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import simtel_events as reference
from reference.simtel_blocks import block

from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel import codes, framing
from cta_columnar.kernels.simtel import telescope_events as tel
from cta_columnar.kernels.simtel.true_image_links import link_true_images

TELESCOPES = (1, 2, 105)
EVENT_COLUMNS = {
    "block": array.BLOCK,
    "shower": array.SHOWER,
    "mc": array.MC_EVENT,
    "sum": array.PE_SUM,
    "pe": array.PE_DATA,
}
TEL_COLUMNS = {
    "block": tel.TEL_BLOCK,
    "header": tel.HEADER,
    "samples": tel.SAMPLES,
    "sums": tel.SUMS,
    "list": tel.TRIGGER_PIXELS,
    "tracking": tel.POINTING,
    "image": tel.TRUE_IMAGE,
}


def index(wanted=TELESCOPES, known=TELESCOPES):
    out = np.full(tel.N_TEL_IDS, tel.UNKNOWN)
    for row, tel_id in enumerate(known):
        out[tel_id] = row if tel_id in wanted else tel.NOT_WANTED
    return out


def tel_type(tel_id, base):
    return base + tel_id % 100 + 1000 * (tel_id // 100)


def tracking(tel_id):
    block_id = 0x100 | (tel_id & 0xFF) | (tel_id & 0x3F00) << 16
    return block(tel_type(tel_id, 2100), block_id=block_id)


def tel_event(tel_id, parts=(2013,)):
    ids = {2012: tel_id << 12, 2013: tel_id << 12, 2014: 0xC00 | tel_id}
    ids |= {2016: tel_id, 2027: tel_id}
    versions = {2014: 5, 2016: 1}
    inside = [block(2011, block_id=tel_id)]
    inside += [
        block(kind, block_id=ids[kind], version=versions.get(kind, 0)) for kind in parts
    ]
    inside.append(block(2027, block_id=tel_id + 1_000_000))
    return block(tel_type(tel_id, 2200), inside)


def array_event(tel_ids, parts=(2013,)):
    events = [tel_event(tel_id, parts) for tel_id in tel_ids]
    return [block(2009), *events, *map(tracking, TELESCOPES)]


def photo_electrons(tel_ids, use=0):
    return [
        block(1208, block_id=1000 * use + tel_id - 1, version=2) for tel_id in tel_ids
    ]


tel_lists = st.lists(st.sampled_from(TELESCOPES), max_size=3, unique=True)
parts = st.sampled_from([(2013,), (2012, 2027), (2012, 2013, 2014, 2016, 2027)])
events = st.builds(array_event, tel_lists, parts)


@st.composite
def streams(draw):
    """Calibration events, then showers with some uses, of which some trigger."""
    out = []
    if draw(st.booleans()):
        out.append(block(2010, draw(events), top=True))
    for kind in draw(st.lists(st.integers(0, 3), max_size=2)):
        if draw(st.booleans()):
            images = block(1204, photo_electrons(draw(tel_lists)))
            out.append(block(2034, [images], top=True))
        packed = block(2010, draw(events))
        out.append(block(2028, [packed], block_id=kind, top=True))
    for shower in range(draw(st.integers(0, 3))):
        out.append(block(2020, block_id=shower, top=True))
        for use in range(draw(st.integers(0, 3))):
            block_id = 100 * shower + use
            out.append(block(2021, block_id=block_id, top=True))
            if draw(st.booleans()):
                images = photo_electrons(draw(tel_lists), use)
                out.append(block(1204, images, block_id=block_id, top=True))
            if draw(st.booleans()):
                out.append(block(2026, block_id=block_id, top=True))
            if draw(st.booleans()):
                out.append(block(2010, draw(events), block_id=block_id, top=True))
    return b"".join(out)


def find(data, *, has_shower=False, tel_index=None):
    """Tables of array events and telescope events, and the first problem."""
    tel_index = index() if tel_index is None else tel_index
    table = framing.walk(np.frombuffer(data, np.uint8), len(data))[0]
    found, code = array.array_events(table, has_shower)
    if code != codes.OK:
        return found, None, None, (len(found), code)
    rows, starts, done, code, _ = tel.telescope_events(table, found, tel_index)
    if code == codes.OK:
        args = (table, found, starts, tel_index, rows)
        done, code, _ = link_true_images(*args)
    return found, rows, starts, (done, code)


@settings(deadline=None, max_examples=60)
@given(streams(), st.sets(st.sampled_from(TELESCOPES), min_size=1))
def test_events_equal_reference(data, wanted):
    found, rows, starts, (done, code) = find(data, tel_index=index(wanted))
    want = reference.array_events(data)
    assert (done, code) == (len(want), codes.OK)
    for k, (event, expected) in enumerate(zip(found, want, strict=True)):
        for name, column in EVENT_COLUMNS.items():
            assert event[column] == expected.get(name, -1), name
        assert event[array.TRIGGER] == expected["block"] + 1
        calibration = expected.get("calibration", array.NOT_CALIBRATION)
        if calibration == "unknown":
            calibration = array.UNKNOWN_CALIBRATION
        assert event[array.CALIBRATION] == calibration
        of_event = rows[starts[k] : starts[k + 1]]
        telescopes = reference.telescope_events(data, expected)
        telescopes = {i: each for i, each in telescopes.items() if i in wanted}
        order = [TELESCOPES[row] for row in of_event[:, tel.TELESCOPE]]
        assert order == list(telescopes)
        assert (of_event[:, tel.EVENT] == k).all()
        for row, expected_parts in zip(of_event, telescopes.values(), strict=True):
            for name, column in TEL_COLUMNS.items():
                assert row[column] == expected_parts.get(name, -1), name


def test_the_shower_may_be_before_the_buffer():
    data = block(2021, top=True) + block(2010, array_event([1]), top=True)
    found, *_ = find(data, has_shower=True)
    assert found[0, [array.SHOWER, array.CALIBRATION]].tolist() == [-1, -1]
    # A new run forgets it.
    data = block(2000, top=True) + block(2010, array_event([1]), top=True)
    found, *_ = find(data, has_shower=True)
    assert found[0, array.CALIBRATION] == array.UNKNOWN_CALIBRATION


def broken():
    """Contents of array events, and what is wrong with them."""
    good = array_event([1, 2])
    yield [], codes.NO_TRIGGER
    yield good[1:], codes.NO_TRIGGER
    yield [*good, tel_event(2)], codes.DUPLICATE
    yield [*good, tel_event(3)], codes.UNKNOWN_TELESCOPE
    yield good[:-2], codes.NO_POINTING
    yield [*good, block(2101, block_id=0x102)], codes.WRONG_TELESCOPE
    header = block(2011, block_id=105)
    for inside, code in (
        ([], codes.NO_HEADER),
        ([block(2013, block_id=105 << 12)], codes.NO_HEADER),
        ([header], codes.NO_ADC),
        ([block(2011, block_id=104)], codes.WRONG_TELESCOPE),
        ([header, header], codes.DUPLICATE),
        ([header, block(2013, block_id=1 << 12)], codes.WRONG_TELESCOPE),
        ([header, block(2013, block_id=105 << 12 | 1 << 28)], codes.WRONG_TELESCOPE),
        ([header, block(2027, block_id=1)], codes.WRONG_TELESCOPE),
    ):
        yield [*good, block(3205, inside)], code


@pytest.mark.parametrize(("inside", "code"), list(broken()))
def test_contradictions(inside, code):
    good = block(2021, top=True) + block(2010, array_event([105]), top=True)
    data = block(2020, top=True) + good + block(2010, inside, top=True)
    _, rows, starts, result = find(data)
    assert result == (1, code)
    if rows is not None:
        assert starts.tolist() == [0, 1, 1]
        assert len(rows) == 1


def test_event_without_simulated_event():
    data = block(2020, top=True) + block(2010, array_event([1]), top=True)
    assert find(data)[3] == (0, codes.NO_MC_EVENT)


@pytest.mark.parametrize(
    ("images", "code"),
    [
        (photo_electrons([1, 1]), codes.DUPLICATE),
        (photo_electrons([3]), codes.UNKNOWN_TELESCOPE),
    ],
)
def test_contradictions_of_true_images(images, code):
    head = block(2020, top=True) + block(2021, top=True)
    data = (
        head + block(1204, images, top=True) + block(2010, array_event([1]), top=True)
    )
    assert find(data)[3] == (0, code)


def test_nothing():
    found, rows, starts, result = find(b"")
    assert (len(found), len(rows), starts.tolist()) == (0, 0, [0])
    assert result == (0, codes.OK)
