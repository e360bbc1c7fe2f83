"""Files that are read in sections: together they hold what the whole file does."""

import gzip
from contextlib import closing
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from framed_files import (
    CALIBRATION,
    HEADERS,
    SKIPPABLE,
    contents,
    framed,
    write,
)
from hypothesis import given
from hypothesis import strategies as st
from reference.blocks import walk
from reference.simtel_blocks import block

from cta_columnar.sources import sections as rules
from cta_columnar.sources.base import BadInputError, open_source, sections_of
from cta_columnar.sources.sections import split
from cta_columnar.sources.simtel import sections as simtel_sections
from cta_columnar.zstd_frames import Frame, frames

MONITORING, ARRAY_EVENT, CALIBRATION_EVENT = 2022, 2010, 2028


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Make sections of two or three showers."""
    monkeypatch.setattr(rules, "SECTION_BYTES", 2 << 20)


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "a.simtel.zst", contents())


def read(path, **options):
    """All that a source tells, tables in the order of the file."""
    with closing(open_source(path, **options)) as source:
        batches = list(source.batches())
    tables = {"trigger": [], "showers": []}
    for batch in batches:
        tables["trigger"].append(batch.trigger)
        tables["showers"].append(batch.showers)
        for name, rows in batch.telescopes.items():
            tables.setdefault(name, []).append(rows)
    joined = {name: pa.Table.from_batches(rows) for name, rows in tables.items()}
    return joined, source


def test_small_files_are_not_searched_for_frames(path, monkeypatch):
    """A run of many would not begin for minutes."""
    size = path.stat().st_size
    searched = []
    monkeypatch.setattr(simtel_sections, "frames", lambda *_: searched.append(1) or [])
    assert sections_of(path, size + 1) == ()
    assert not searched
    sections_of(path, size)
    assert searched


def error_of(path, **options):
    with pytest.raises(BadInputError) as error:
        read(path, **options)
    return error.value


@pytest.mark.parametrize("options", [{}, {"skip_calibration_events": False}])
@pytest.mark.parametrize("allowed", [None, (5,)])
def test_sections_are_the_file(path, options, allowed):
    options = {**options, "allowed_tels": allowed, "obs_id": 7}
    whole, source = read(path, **options)
    sections = sections_of(path)
    assert 3 <= len(sections) <= 5
    parts = [read(path, section=each, **options) for each in sections]
    for name, rows in whole.items():
        found = pa.concat_tables([part[name] for part, _ in parts if name in part])
        assert found.equals(rows), name
    counts = [part.counts for _, part in parts]
    assert sum(each.array_events for each in counts) == source.counts.array_events > 8
    assert sum(c.telescope_events for c in counts) == source.counts.telescope_events
    assert sum(c.array_events_read for c in counts) == source.counts.array_events_read
    dropped = [each.dropped for each in counts]
    names = {name for each in dropped for name in each}
    summed = {name: sum(each.get(name, 0) for each in dropped) for name in names}
    assert summed == source.counts.dropped
    for _, part in parts:
        assert part.runs.equals(source.runs)
        assert part.atmosphere.equals(source.atmosphere)
        assert part.subarray == source.subarray
    assert [part.thrown.num_rows for _, part in parts[:-1]] == [0] * (len(parts) - 1)
    assert parts[-1][1].thrown.equals(source.thrown)
    assert source.thrown.num_rows


def test_places(path):
    """Sections follow each other, and progress adds up to the file."""
    sections = sections_of(path)
    raw = path.read_bytes()
    assert (sections[0].begin, sections[-1].end) == (0, len(raw))
    assert all(one.end == other.begin for one, other in pairwise(sections))
    assert [each.number for each in sections] == list(range(len(sections)))
    assert {each.n_sections for each in sections} == {len(sections)}
    headers = contents()[HEADERS]
    for each in sections:
        assert zstandard.decompress(raw[: each.headers]) == headers
        assert each.headers_size == len(headers)
        reader = zstandard.ZstdDecompressor().stream_reader(
            raw[: each.begin], read_across_frames=True
        )
        assert each.offset == len(reader.read())
    n_bytes, n_decompressed = 0, 0
    for each in sections:
        with closing(open_source(path, section=each)) as source:
            assert len(list(source.batches())) > 0
            n_bytes += source.position
            n_decompressed += source.bytes_read
    assert n_bytes == len(raw)
    assert n_decompressed == sum(map(len, contents()))


def test_calibration_events_are_in_the_first_section(path):
    options = {"skip_calibration_events": False}
    for section in sections_of(path):
        tables, source = read(path, section=section, **options)
        ids = np.array(tables["trigger"]["event_id"])
        assert sorted(ids[ids < 0]) == ([-3, -2, -1] if section.is_first else [])
        assert not source.counts.dropped
        skipped = read(path, section=section)[1].counts.dropped
        assert skipped == ({"calibration event": 3} if section.is_first else {})


def test_headers_and_calibration_events_in_one_frame(tmp_path, path):
    """As older files have them: nobody but the first section counts the events."""
    headers, calibration, *others = contents()
    other = write(tmp_path / "b.simtel.zst", [headers + calibration, *others])
    options = {"skip_calibration_events": False}
    whole, _ = read(path, **options)
    parts = [read(other, section=s, **options)[0] for s in sections_of(other)]
    for name, rows in whole.items():
        found = pa.concat_tables([part[name] for part in parts if name in part])
        assert found.equals(rows), name


@given(st.lists(st.integers(0, 9), min_size=3, max_size=30), st.data())
def test_cuts(sizes, data):
    """Any sizes: all frames once, in order, in sections that are not too small."""
    first = data.draw(st.integers(1, len(sizes) - 1))
    headers = data.draw(st.integers(1, first))
    edges = np.cumsum([0, *sizes]).tolist()
    places = [Frame(*edge, n) for edge, n in zip(pairwise(edges), sizes, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "SECTION_BYTES", 10)
        found = split(places, headers, first, edges[-1])
    assert len(found) != 1
    assert len(found) <= sum(sizes[first:]) // 10
    assert [each.begin for each in found][1:] == [each.end for each in found][:-1]
    for each in found:
        assert (each.headers, each.headers_size) == (edges[headers], edges[headers])
        assert each.offset == each.begin  # nothing is compressed here
        assert each.begin >= edges[first + 1] or each.is_first
        # About 10 or more, give or take a frame at each side.
        assert each.end - max(each.begin, edges[first]) > 0


def whole_ones():
    """Files that are read as a whole, by why."""
    headers, calibration, *showers, histograms = contents()
    rest = [*showers, histograms]
    every = [headers, calibration, *rest]
    unknown = zstandard.ZstdCompressor(write_content_size=False)
    return {
        "plain": b"".join(every),
        "gz": b"".join(gzip.compress(each, 1) for each in every),
        "one frame": framed([b"".join(every)]),
        "two runs": framed(every) * 2,
        "no histograms": framed(every[:-1]),
        "histograms in between": framed([*every, *rest]),
        "headers in between": framed([headers, *showers, headers, histograms]),
        "calibration in between": framed([headers, *showers, calibration, *rest]),
        "headers behind calibration events": framed([headers, calibration, *every]),
        "sizes are not told": b"".join(unknown.compress(each) for each in every),
        "cut elsewhere": framed([headers, showers[0][:-4], showers[0][-4:], *rest]),
        "no headers": framed(rest),
        "something behind": framed(every) + b"abcdefgh",
        "half a skippable frame behind": framed(every) + SKIPPABLE[:-1],
        "small": framed([headers, *showers[:3], histograms]),
        "no showers": framed([headers, calibration, histograms]),
    }


def test_what_is_not_split(tmp_path):
    path = tmp_path / "a.simtel"
    for why, raw in whole_ones().items():
        path.write_bytes(raw)
        assert sections_of(path) == (), why


def test_skippable_frames_are_skipped(tmp_path, path):
    expected = sections_of(path)
    frames_ = [framed([each]) for each in contents()]
    other = tmp_path / "b.simtel.zst"
    other.write_bytes(SKIPPABLE + SKIPPABLE.join(frames_) + SKIPPABLE)
    found = sections_of(other)
    assert [each.offset for each in found] == [each.offset for each in expected]
    whole = read(path)[0]["showers"]
    parts = [read(other, section=each)[0]["showers"] for each in found]
    assert pa.concat_tables(parts).equals(whole)


def blocks_of(piece):
    return [(kind, raw) for kind, _, raw in walk(piece)]


def sewn(pieces, number, *raw):
    """Put blocks behind the first event of a frame, where nobody looks beforehand."""
    kinds = blocks_of(pieces[number])
    place = [kind for kind, _ in kinds].index(ARRAY_EVENT) + 1
    before, after = kinds[:place], kinds[place:]
    new = b"".join([*(r for _, r in before), *raw, *(r for _, r in after)])
    return [*pieces[:number], new, *pieces[number + 1 :]]


@pytest.mark.parametrize("number", [3, 6])
@pytest.mark.parametrize("kind", [MONITORING, 2000, 1216, 100])
def test_a_block_that_others_should_know_of(tmp_path, number, kind):
    """Split, it would be missed by other sections: an error says what to do."""
    pieces = contents()
    found = [r for piece in pieces for k, r in blocks_of(piece) if k == kind]
    path = write(tmp_path / "a.simtel.zst", sewn(pieces, number, found[0]))
    place = sections_of_frame(path, number)
    for section in sections_of(path):
        if section.number != place:
            read(path, section=section)
    error = error_of(path, section=sections_of(path)[place])
    assert f"block of type {kind} between events" in str(error)
    assert "zstd -dc" in str(error)
    before = sum(map(len, pieces[:number]))
    assert before < error.offset < before + len(pieces[number])


def sections_of_frame(path, number):
    frame = list(frames(path.read_bytes()))[number]
    return next(s.number for s in sections_of(path) if frame.begin < s.end)


def test_a_calibration_event_that_would_have_another_number(tmp_path):
    pieces = contents()
    (event, *_) = [r for k, r in blocks_of(pieces[CALIBRATION]) if k == 2028]
    for number in (2, 7):
        path = write(tmp_path / f"{number}.simtel.zst", sewn(pieces, number, event))
        place = sections_of_frame(path, number)
        for section in sections_of(path):
            kept = {"section": section, "skip_calibration_events": False}
            read(path, section=section)
            if section.number == place > 0:
                error = error_of(path, **kept)
                assert "a calibration event between showers" in str(error)
            else:
                read(path, **kept)


def test_errors_name_the_place_in_the_whole_file(tmp_path, path):
    """A block of a shower that cannot be: the same place, split or not."""
    pieces = list(contents())
    kinds = blocks_of(pieces[8])
    place = max(n for n, (kind, _) in enumerate(kinds) if kind == ARRAY_EVENT)
    kinds[place] = (0, block(ARRAY_EVENT, b"abcd" * 10, block_id=1, top=True))
    pieces[8] = b"".join(raw for _, raw in kinds)
    write(path, pieces)
    whole = error_of(path)
    section = sections_of(path)[sections_of_frame(path, 8)]
    error = error_of(path, section=section)
    assert (error.offset, error.message) == (whole.offset, whole.message)
    n_before = 0
    for each in sections_of(path)[: section.number]:
        n_before += read(path, section=each)[1].counts.array_events_read
    # The first section has read three calibration events, too.
    assert error.events_read == whole.events_read - n_before > 0
    assert f"whole array events from byte {section.offset} on)" in str(error)


@pytest.mark.parametrize("place", [1, -1])
def test_damage_in_the_headers_is_told_by_all_sections(tmp_path, place):
    """In the first block, or behind the last one without which no array is known."""
    kinds = [raw for _, raw in blocks_of(contents()[HEADERS])]
    kinds[place] = bytes(4) + kinds[place][4:]
    headers = b"".join(kinds)
    path = write(tmp_path / "a.simtel.zst", [headers, *contents()[1:]])
    whole = error_of(path)
    assert whole.offset == len(b"".join(kinds[:place]))
    for section in sections_of(path):
        assert str(error_of(path, section=section)) == str(whole)
    cut = write(tmp_path / "b.simtel.zst", [headers[:-16], *contents()[1:]])
    for section in sections_of(cut):
        error_of(cut, section=section)


def test_cut_files_are_read_as_a_whole(path):
    """Also between frames; what a section would miss is looked for as ever."""
    raw = path.read_bytes()
    edges = [frame.end for frame in frames(raw)]
    for cut in (*edges[:-1], *(edge + 100 for edge in edges[:-1]), len(raw) - 1):
        path.write_bytes(raw[:cut])
        assert sections_of(path) == ()


def test_a_file_that_is_cut_while_it_is_read(path):
    sections = sections_of(path)
    path.write_bytes(path.read_bytes()[: sections[1].end - 1])
    read(path, section=sections[0])
    assert "was cut while" in str(error_of(path, section=sections[1]))
    path.write_bytes(b"".join(contents()))
    assert "only zstd files have parts" in str(error_of(path, section=sections[1]))


def whole_or_error(path):
    """All showers of a file, read as stage 1 does it; None if there is an error."""
    try:
        sections = sections_of(path) or [None]
        parts = [read(path, section=each)[0]["showers"] for each in sections]
    except BadInputError:
        return None
    return pa.concat_tables(parts)


@pytest.mark.parametrize("number", [0, 5, -2, -1])
def test_a_flipped_byte_in_the_header_of_a_frame(path, number):
    """It is an error, or nothing is lost: with its first block and its checksum."""
    raw = path.read_bytes()
    whole = whole_or_error(path)
    frame = list(frames(raw))[number]
    n_errors = 0
    places = [*range(frame.begin, frame.begin + 13), frame.end - 1]
    for place in places:
        damaged = bytearray(raw)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        found = whole_or_error(path)
        n_errors += found is None
        assert found is None or found.equals(whole), place - frame.begin
    assert n_errors > 10
