"""Files that break off anywhere, as they do when a disk is full or a copy stops."""

import pytest
from fuzz.damage import cut, load, unpack
from fuzz.processes import ctacol, ctacol_many
from fuzz.verdicts import (
    array_events,
    assert_no_fault,
    assert_nothing_committed,
    assert_refused,
)
from reference.simtel_bytes import count_events, end_of_blocks

AT_ONCE = 20
CHUNKS = [0, *(pytest.param(chunk, marks=pytest.mark.full) for chunk in range(1, 10))]


def call(path, output, raw):
    words = ["run", "stage1", "--input", path, "--output", output, "--workers", 1]
    return [*words, "--log-level", "error", *raw.options]


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_cut_files_are_refused(shared, tmp_path, tally, chunk):
    cases, calls = [], []
    for seed in range(AT_ONCE * chunk, AT_ONCE * (chunk + 1)):
        case, path = cut(shared, seed), tmp_path / f"{seed}.simtel"
        path.write_bytes(case.packed)
        output = tmp_path / f"{seed}.dl1"
        cases.append((case, path, output))
        calls.append(call(path, output, case.raw))
    outcomes = ctacol_many(calls, tmp_path)
    for (case, path, output), outcome in zip(cases, outcomes, strict=True):
        print(case.what, outcome.err)
        verdict = judge(case, path, output, outcome)
        tally["cut", verdict] += 1
        path.unlink()


def judge(case, path, output, outcome):
    whole = unpack(case.packed)
    end = end_of_blocks(whole)
    events = count_events(whole)
    if outcome.status == 0:
        # Between two blocks: nothing in the format tells that more should come.
        assert case.packed == whole
        assert end == len(whole)
        assert_no_fault(outcome)
        assert array_events(output) == events
        return "unnoticed"
    offset, events_read = assert_refused(outcome, path)
    assert events_read == events
    assert end <= offset <= len(whole)
    assert_nothing_committed(output)
    return "error"


@pytest.mark.parametrize("name", ["n_hv_disabled", "gct_checs_muons"])
def test_a_cut_file_in_a_process_of_its_own(shared, tmp_path, name):
    raw = load(shared, name)
    path, output = tmp_path / "cut.simtel", tmp_path / "dl1"
    path.write_bytes(raw.packed[: len(raw.packed) * 4 // 5])
    outcome = ctacol(*call(path, output, raw))
    _, events_read = assert_refused(outcome, path)
    assert events_read == count_events(unpack(path.read_bytes()))
    assert_nothing_committed(output)
