"""Rules between blocks: an id, flag or version that breaks one is an error."""

import re
import struct
from itertools import pairwise

import pytest
from reference.blocks import read_whole, walk
from reference.simtel_blocks import blocks
from reference.simtel_files import find

from cta_columnar.sources.base import BadInputError, open_source

# Bytes before the content of a block.
TYPE, FLAGS, VERSION, ID, LENGTH = -12, -10, -9, -8, -4


@pytest.fixture(scope="module")
def content(shared):
    return read_whole(find(shared, "gct_checs_muons"))


@pytest.fixture(scope="module")
def many_uses(shared):
    """A file whose showers are used ten times; one event triggers."""
    return read_whole(find(shared, "n_hv_disabled"))


def rows(content, *path):
    return [row for row in blocks(content)[0] if tuple(row[5]) == path]


def error_of(content, path):
    path.write_bytes(content)
    with pytest.raises(BadInputError) as error, open_source(path) as source:
        list(source.batches())
    return error.value


def with_bit(content, position, bit):
    damaged = bytearray(content)
    damaged[position] ^= 1 << bit
    return bytes(damaged)


HEADERS = [
    (70, FLAGS, 5, "version 3 is not supported"),
    (70, LENGTH + 3, 6, "should contain other blocks"),
    (1212, ID, 0, "its id is 1, which cannot be"),
    (1216, ID, 0, "it is number 27, used was 26"),
    (2000, ID, 3, r"RunHeader\[2000\]: its id is"),
    (2001, ID, 0, r"MCRunHeader\[2001\]: its id is -2"),
    (2001, FLAGS, 0, "reserved bits"),
    (2003, VERSION, 1, "version of the block is not supported"),
    (2003, FLAGS, 5, "version 3 is not supported"),
    (2006, ID, 3, "telescope 9 is not in the run header"),
    (2007, VERSION, 0, "version of the block is not supported"),
    (2008, ID + 2, 0, "telescope 65537 is not in the run header"),
    (2007, TYPE, 0, r"CameraSoftwareSettings\[2006\]: describes telescope 1 again"),
    (2008, VERSION - 1, 5, "version of the block is not supported"),
    (2022, ID + 2, 0, r"CameraMonitoring\[2022\]: its id is"),
    (2023, FLAGS, 4, "longer than what it counts"),
    (100, ID, 0, "its id is 0"),
]


@pytest.mark.parametrize(("kind", "at", "bit", "message"), HEADERS)
def test_header_blocks(content, tmp_path, kind, at, bit, message):
    start = rows(content, kind)[0][3]
    error = error_of(with_bit(content, start + at, bit), tmp_path / "run.simtel")
    assert re.search(message, str(error))
    assert error.offset == start - 16


HISTORY = [(TYPE, 4), (FLAGS, 0), (FLAGS, 3), (VERSION, 2), (ID, 0), (LENGTH, 2)]


@pytest.mark.parametrize(("at", "bit"), [*HISTORY, (LENGTH + 3, 6), (LENGTH + 3, 7)])
def test_lines_of_a_history(content, tmp_path, at, bit):
    """They are blocks inside a block."""
    position = rows(content, 70)[0][3] + 12 + at
    error = error_of(with_bit(content, position, bit), tmp_path / "run.simtel")
    assert "History[70]" in str(error)


EVENTS = [
    ((2010,), ID, 5),
    ((2010, 2201), ID, 0),
    ((2010, 2101), ID + 1, 4),
    ((2010, 2101), ID + 3, 6),
    ((2010, 2201, 2011), ID, 0),
    ((2010, 2201, 2013), ID + 1, 3),
    ((2010, 2201, 2014), ID, 0),
    ((2010, 2201, 2014), ID + 2, 6),
    ((2010, 2201, 2014), ID + 1, 1),
    ((2010, 2201, 2014), FLAGS, 7),
    ((2010, 2201, 2027), TYPE, 2),
    ((2010, 2201), FLAGS, 4),
    ((1204, 1208), ID + 1, 2),
    ((1204,), TYPE, 1),
    ((1204,), TYPE, 3),
    ((1204,), FLAGS, 4),
    ((1204, 1208), TYPE, 0),
    ((2026,), ID, 1),
    ((2021,), ID, 0),
    ((2020,), ID, 4),
]


@pytest.mark.parametrize(("path", "at", "bit"), EVENTS)
def test_blocks_of_events(content, tmp_path, path, at, bit):
    position = rows(content, *path)[5][3] + at
    error = error_of(with_bit(content, position, bit), tmp_path / "run.simtel")
    # Sometimes only the array event that follows shows it.
    whole = [end for *_, end, _ in rows(content, 2010) if end <= position]
    assert error.events_read == len(whole) > 0
    assert error.offset >= whole[-1]


def edited(content, kind, number, position, value):
    """Change an integer in the ``number``-th top-level block of a kind."""
    start = rows(content, kind)[number][3]
    out = bytearray(content)
    struct.pack_into("<i", out, start + position, value)
    return bytes(out), start - 16


@pytest.mark.parametrize(
    ("kind", "number", "position", "value"),
    [
        (2021, 3, ID, 0),  # falls within its shower
        (2021, 3, ID, 1 << 20),  # falls with the next
        (2021, 3, 0, 2),  # names another shower
        (2020, 1, ID, 77),  # the first event after it does not name it
        (2020, 1, LENGTH, 90),  # its profiles do not fit
    ],
)
def test_simulated_events_that_trigger_nothing(
    many_uses, tmp_path, kind, number, position, value
):
    damaged, begin = edited(many_uses, kind, number, position, value)
    error = error_of(damaged, tmp_path / "run.simtel")
    # There, or at the next event that does not fit to it.
    assert begin <= error.offset < begin + 1000
    assert error.events_read == 0


def test_images_of_events_that_trigger_nothing(shared, tmp_path):
    """They become no rows, so that nothing else would miss them."""
    content = read_whole(find(shared, "prod6_south_lsts_gamma"))
    tops = [row for row in blocks(content)[0] if len(row[5]) == 1]
    pairs = pairwise(tops)
    top = next(row for row, after in pairs if (row[0], after[0]) == (1204, 2020))
    start, end = top[3:5]
    inside = [row for row in rows(content, 1204, 1208) if start < row[3] < end]
    error = error_of(with_bit(content, inside[0][3] + ID + 1, 3), tmp_path / "run")
    assert error.offset == inside[0][3] - 12


def test_whole_events_before_a_contradiction_are_handed_out(content, tmp_path):
    """Also where nothing that triggers is wrong."""
    tops = [(kind, raw) for kind, _, raw in walk(content)]
    ends = [n for n, (kind, _) in enumerate(tops) if kind == 2010]
    extra = [raw for kind, raw in tops[ends[6] + 1 : ends[7]] if kind in (2020, 2021)]
    lone = bytearray(b"".join(extra))
    struct.pack_into("<i", lone, len(extra[0]) + 16, 99)  # its shower
    pieces = [raw for _, raw in tops]
    pieces.insert(ends[6] + 1, bytes(lone))
    error = error_of(b"".join(pieces), tmp_path / "run.simtel")
    assert error.events_read == 7
    assert "belongs to another event" in str(error)
