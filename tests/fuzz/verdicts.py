"""What must hold after the command line met a bad input."""

import re

from cta_columnar.store import open_store, validate

PLACE = re.compile(
    r"at byte (\d+) of the decompressed content, after (\d+) whole array events?\)"
)


def place(text):
    """Byte offset and number of whole events that a message tells, if it does."""
    found = [tuple(map(int, each)) for each in PLACE.findall(text)]
    assert len(found) <= 1, text
    return found[0] if found else None


def assert_no_fault(outcome):
    """It ended by itself and in words: nobody is shown where our code broke."""
    for bad in ("Traceback", "fault of ctacol", "Warning"):
        assert bad not in outcome.out + outcome.err, outcome.err
    assert outcome.status in (0, 1), outcome
    assert (outcome.status == 1) == outcome.err.startswith("error: "), outcome.err


def assert_refused(outcome, path):
    """It ended with an error that names the file; return what `place` does."""
    assert_no_fault(outcome)
    assert outcome.status == 1, outcome.out
    assert f"error: {path}: " in outcome.err
    return place(outcome.err)


def assert_nothing_committed(output):
    """Neither a record nor any part, also not one that nobody lists."""
    if output.exists():
        found = {path.name for path in output.rglob("*") if path.is_file()}
        assert found <= {"provenance.json"}
        assert open_store(output).records == ()


def array_events(output):
    """Array events of a dataset of one input, those counted as left out too."""
    assert validate(output) == []
    (record,) = open_store(output).records
    left_out = ("dropped: calibration event", "dropped: array event")
    return record.counts["events"] + sum(
        number for name, number in record.counts.items() if name.startswith(left_out)
    )
