"""Files with one other byte.

The framing of blocks (sync marker, type, version, length) and their ids are checked, so
that each other byte there is an error. Most payloads of the format have no checksum: a
flip may go unseen there, but nothing crashes, hangs or is lost. What gzip or zstd has
compressed is protected by their checksums.
"""

import pytest
from fuzz.damage import FRAMING, flip, unpack_whole
from fuzz.processes import ctacol_many
from fuzz.verdicts import (
    array_events,
    assert_no_fault,
    assert_nothing_committed,
    assert_refused,
)
from reference.simtel_bytes import count_events

AT_ONCE = 20
CHUNKS = [0, *(pytest.param(chunk, marks=pytest.mark.full) for chunk in range(1, 10))]


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_flipped_bytes(shared, tmp_path, tally, chunk):
    cases, calls = [], []
    for seed in range(AT_ONCE * chunk, AT_ONCE * (chunk + 1)):
        case = flip(shared, seed)
        path, output = tmp_path / f"{seed}.simtel", tmp_path / f"{seed}.dl1"
        path.write_bytes(case.packed)
        cases.append((case, path, output))
        calls.append(
            [
                *("run", "stage1", "--input", path, "--output", output),
                *("--workers", 1, "--log-level", "error", *case.raw.options),
            ]
        )
    outcomes = ctacol_many(calls, tmp_path)
    for (case, path, output), outcome in zip(cases, outcomes, strict=True):
        print(case.what, outcome.err)
        tally[case.kind, judge(case, path, output, outcome)] += 1
        path.unlink()


def judge(case, path, output, outcome):
    events = count_events(case.raw.content)
    assert outcome.seconds < 20
    if outcome.status == 0:
        assert_no_fault(outcome)
        assert case.kind not in FRAMING
        if case.kind == "compressed":
            # Nothing but e.g. the time in the header of gzip.
            assert unpack_whole(case.packed) == case.raw.content
        assert array_events(output) == events
        return "unnoticed"
    offset, events_read = assert_refused(outcome, path)
    assert events_read <= events
    assert offset <= len(case.raw.content)
    assert_nothing_committed(output)
    return "error"
