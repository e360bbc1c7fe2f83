"""Inputs that are no raw files, or cannot be read, or say the same twice."""

import gzip
import json
import os
import random
from pathlib import Path

import pytest
import zstandard
from fuzz.damage import load
from fuzz.processes import ctacol, ctacol_many, mind_permissions
from fuzz.verdicts import (
    assert_no_fault,
    assert_nothing_committed,
    assert_refused,
    place,
)

from cta_columnar.store import open_store, validate

# Two processes that compile the same take long.
pytestmark = pytest.mark.usefixtures("warm")

GARBAGE = random.Random(1).randbytes(5000)
GOOD = "aux_traces_2029"

CONTENTS = {
    "empty": b"",
    "empty.gz": gzip.compress(b""),
    "empty.zst": zstandard.compress(b""),
    "text": b"run 5 failed, see the log\n",
    "random": GARBAGE,
    "png": b"\x89PNG\r\n\x1a\n" + GARBAGE,
    "fits": b"SIMPLE  =                    T" + b" " * 50,
    "garbage.gz": gzip.compress(GARBAGE),
    "garbage.zst": zstandard.compress(GARBAGE),
    "not-gzip.gz": b"\x1f\x8b" + GARBAGE,
    "not-zstd.zst": b"\x28\xb5\x2f\xfd" + GARBAGE,
    "magic-only.gz": b"\x1f\x8b",
    "magic-only.zst": b"\x28\xb5\x2f\xfd",
    "marker-only": b"\x37\x8a\x1f\xd4",
    "marker-and-garbage": b"\x37\x8a\x1f\xd4" + GARBAGE,
    "zeros": bytes(1 << 20),
    "twice-compressed": gzip.compress(gzip.compress(b"\x37\x8a\x1f\xd4")),
}


def stage1(inputs, output, *words):
    words = ["--log-level", "error", *words]
    return ["run", "stage1", "--input", *inputs, "--output", output, *words]


@pytest.fixture
def bad_inputs(tmp_path):
    """One of each kind; none of them has an event."""
    paths = []
    for name, content in CONTENTS.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    absent = ["missing", "text/run.simtel", "n" * 300]
    paths += [dangling, loop, pipe, *(tmp_path / name for name in absent)]
    return [*paths, Path("/dev/zero"), Path("/dev/stdin")]


def is_openable(path):
    return Path(path).name in CONTENTS


@pytest.fixture
def good(shared, tmp_path):
    path = tmp_path / "good.simtel.zst"
    path.write_bytes(load(shared, GOOD).packed)
    return path


def test_each_is_refused(bad_inputs, tmp_path):
    outputs = [tmp_path / f"{n}.dl1" for n in range(len(bad_inputs))]
    pairs = list(zip(bad_inputs, outputs, strict=True))
    calls = [stage1([path], output, "--workers", 1) for path, output in pairs]
    outcomes = ctacol_many(calls, tmp_path, timeout=60)
    for (path, output), outcome in zip(pairs, outcomes, strict=True):
        where = assert_refused(outcome, path)
        assert where <= (4, 0) if is_openable(path) else where is None
        assert_nothing_committed(output)


@pytest.mark.full
@pytest.mark.parametrize("workers", [1, 2])
def test_they_can_be_left_out(bad_inputs, good, tmp_path, workers):
    output = tmp_path / "dl1"
    words = ["--skip-bad-inputs", "--workers", workers]
    middle = len(bad_inputs) // 2
    inputs = [*bad_inputs[:middle], good, *bad_inputs[middle:]]
    outcome = ctacol(*stage1(inputs, output, *words))
    assert_no_fault(outcome)
    assert outcome.status == 0
    assert f"inputs left out: {len(bad_inputs)}\n" in outcome.out
    skipped = json.loads((output / "manifest.json").read_text())["skipped"]
    assert {each["path"] for each in skipped} == set(map(str, bad_inputs))
    for each in skipped:
        assert f"\n  {each['path']}: " in outcome.out
        assert is_openable(each["path"]) == (place(each["reason"]) is not None)
    (record,) = open_store(output).records
    assert record.counts["events"] == 1
    assert validate(output) == []


@pytest.mark.full
def test_good_ones_are_kept_for_the_next_try(bad_inputs, good, tmp_path):
    output = tmp_path / "dl1"
    words = stage1([bad_inputs[0], good], output, "--workers", 1)
    again = stage1([good], output, "--workers", 1, "--resume")
    first, second = ctacol_many([words, again], tmp_path)
    assert_refused(first, bad_inputs[0])
    assert "1 shard done before" in second.out
    assert validate(output) == []


def test_a_plan_names_them_too(bad_inputs, good, tmp_path):
    output = tmp_path / "dl1"
    words = stage1([bad_inputs[0], good], output, "--dry-run")
    strict, lenient = ctacol_many([words, [*words, "--skip-bad-inputs"]], tmp_path)
    assert_refused(strict, bad_inputs[0])
    assert lenient.status == 0
    assert "would do 1 of 1 shards" in lenient.out
    assert "inputs left out: 1\n" in lenient.out
    assert not output.exists()


def test_a_folder_without_raw_files(tmp_path):
    (tmp_path / "run.simtel").mkdir()
    words = stage1([tmp_path / "run.simtel"], tmp_path / "dl1")
    (outcome,) = ctacol_many([words], tmp_path)
    assert_no_fault(outcome)
    assert outcome.status == 1
    assert "run.simtel holds no raw file" in outcome.err


@pytest.mark.full
@pytest.mark.parametrize("how", ["same bytes", "other compression"])
def test_the_same_events_twice(shared, good, tmp_path, how):
    raw = load(shared, GOOD)
    twin = tmp_path / "twin.simtel"
    twin.write_bytes(raw.packed if how == "same bytes" else raw.content)
    output = tmp_path / "dl1"
    (outcome,) = ctacol_many([stage1([good, twin], output)], tmp_path)
    assert_no_fault(outcome)
    assert outcome.status == 1
    assert "keys must be unique" in outcome.err
    assert str(good) in outcome.err
    assert str(twin) in outcome.err
    assert open_store(output).records == ()
    assert list(output.rglob("part-*")) == []


def test_an_unreadable_file(tmp_path):
    secret = tmp_path / "secret.simtel"
    secret.touch(mode=0)
    words = stage1([secret], tmp_path / "dl1")
    outcome = ctacol(*words, preexec_fn=mind_permissions)
    assert assert_refused(outcome, secret) is None
    assert "Permission denied" in outcome.err
    assert_nothing_committed(tmp_path / "dl1")
