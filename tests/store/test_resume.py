"""Killed, repeated, doubled and changed runs: the dataset is always right."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from store.toy_run import IDENTITY, random_batch, run, toy_subarray, work, write_input

from cta_columnar.schemas import dl1
from cta_columnar.store import (
    DuplicateKeysError,
    Input,
    MixedDatasetError,
    Shard,
    ShardWriter,
    StoreError,
    begin,
    finalize,
    open_store,
    pending,
    prepare,
    remove_abandoned,
    validate,
    write_skipped,
)
from cta_columnar.store.begun import drop_begun
from cta_columnar.store.commits import drop_record
from cta_columnar.store.files import make_scratch, remove_tree
from cta_columnar.store.layout import parts_on_disk
from cta_columnar.store.processes import name_of

TESTS = Path(__file__).parents[1]
POINTS = [
    "before-rename:2",
    "during-rename:2",
    "between-rename-and-record:2",
    "between-rename-and-record:4",
    "after-record:3",
    "before-manifest",
    "after-manifest",
]


def start(root, inputs, *options, fault=""):
    return subprocess.Popen(
        [sys.executable, "-m", "store.toy_run", root, *inputs, *options],
        env=os.environ | {"CTACOL_FAULT": fault, "PYTHONPATH": str(TESTS)},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("fault", POINTS)
def test_a_killed_run_goes_on_as_if_nothing_had_been(
    tmp_path, inputs, dataset, hashes, fault
):
    root = tmp_path / "killed"
    process = start(root, inputs, fault=fault)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors
    # Whatever the moment, what can be read is right.
    done = 4 if "manifest" in fault else int(fault[-1]) - ("record:3" not in fault)
    store = open_store(root)
    assert len(store.records) == done
    assert store.scan("trigger").collect().height == sum(
        record.counts["events"] for record in store.records
    )
    run(root, inputs, resume=True)
    assert hashes(root) == hashes(dataset)
    assert validate(root) == []


@pytest.mark.full
def test_killed_at_many_moments(tmp_path, inputs, dataset, hashes):
    """A run that gets no further than its next fault, again and again."""
    root = tmp_path / "killed"
    names = ["before-rename", "during-rename", "between-rename-and-record"]
    names += ["after-record", "before-manifest", "after-manifest"]
    rng = np.random.default_rng(5)
    for _ in range(5):
        for name in rng.permutation(names):
            process = start(root, inputs, "--resume", fault=f"{name}:1")
            process.communicate(timeout=60)
            assert process.returncode in (0, -signal.SIGKILL)
            store = open_store(root)
            if store.records:
                store.scan("showers").collect()
    run(root, inputs, resume=True)
    assert hashes(root) == hashes(dataset)


def test_a_killed_worker_costs_its_shard_only(tmp_path, inputs, dataset, hashes):
    root = tmp_path / "killed"
    # Each of the two workers dies at its second shard, and is replaced.
    process = start(root, inputs, "--workers=2", fault="between-rename-and-record:2")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "killed by SIGKILL" in errors
    assert 2 <= len(open_store(root).records) < 4
    run(root, inputs, resume=True)
    assert hashes(root) == hashes(dataset)


def test_any_number_of_workers_and_any_order_give_the_same_bytes(
    tmp_path, inputs, dataset, hashes
):
    run(tmp_path / "two", inputs[::-1], workers=2)
    assert hashes(tmp_path / "two") == hashes(dataset)


def test_a_part_that_is_removed_meanwhile_is_told_and_made_again(
    tmp_path, inputs, dataset, hashes
):
    root = tmp_path / "disturbed"
    previous = prepare(root, IDENTITY)
    shards = [work(root, path, IDENTITY, previous)[0] for path in inputs]
    lost = parts_on_disk(root)[0]
    (root / lost).unlink()
    with pytest.raises(StoreError, match=f"gone, of 1 of 4 shards.*{lost}.*--resume"):
        finalize(root, shards)
    # It counts as not done, also for who does not look at parts.
    assert len(open_store(root).records) == 3
    run(root, inputs, resume=True)
    assert hashes(root) == hashes(dataset)


def test_resume_of_a_finished_run_changes_nothing(inputs, dataset, hashes):
    before = hashes(dataset)
    times = {path: path.stat().st_mtime_ns for path in dataset.rglob("part-*")}
    run(dataset, inputs, resume=True)
    assert hashes(dataset) == before
    assert {path: path.stat().st_mtime_ns for path in dataset.rglob("part-*")} == times


def test_two_writers_of_everything_at_once(tmp_path, inputs, dataset, hashes):
    root = tmp_path / "shared"
    first = start(root, inputs, "--resume")
    second = start(root, inputs[::-1], "--resume")
    results = [process.communicate(timeout=60)[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), results
    run(root, inputs, resume=True)
    assert hashes(root) == hashes(dataset)


def test_folders_of_others_may_come_and_go(tmp_path, inputs):
    root = tmp_path / "busy"
    run(root, inputs[:1])
    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            make_scratch(root / "_tmp" / "a-b" / "trigger")
            remove_tree(root / "_tmp")

    other = threading.Thread(target=disturb)
    other.start()
    try:
        for _ in range(300):
            assert len(parts_on_disk(root)) == len(open_store(root).records[0].parts)
            remove_abandoned(root)
    finally:
        stop.set()
        other.join()


def test_writers_with_inputs_of_their_own_add_up(tmp_path, inputs, dataset, hashes):
    root = tmp_path / "array"
    for path in inputs:
        run(root, [path], resume=True)
    assert hashes(root) == hashes(dataset)


def test_readers_are_right_while_a_run_goes_on(tmp_path, inputs):
    root = tmp_path / "busy"
    run(root, inputs[:1])
    stop = threading.Event()
    seen, errors = [], []

    def look():
        while not stop.is_set():
            try:
                seen.append(open_store(root).scan("trigger").collect().height)
            except Exception as error:
                errors.append(error)

    reader = threading.Thread(target=look)
    reader.start()
    for n in range(2, 5):
        run(root, inputs[:n], resume=True)
    stop.set()
    reader.join()
    assert not errors
    assert set(seen) <= {20, 23, 63}


@pytest.mark.parametrize("what", ["gone", "cut", "damaged"])
def test_a_shard_with_a_bad_part_is_done_again(inputs, dataset, hashes, what):
    before = hashes(dataset)
    part = next((dataset / "trigger").iterdir())
    if what == "gone":
        part.unlink()
    elif what == "cut":
        part.write_bytes(part.read_bytes()[:-10])
    else:
        part.write_bytes(part.read_bytes()[:-10] + b"0123456789")
    run(dataset, inputs, resume=True)
    assert hashes(dataset) == before
    assert validate(dataset) == []


def test_a_changed_input_replaces_what_came_of_it(inputs, dataset):
    write_input(inputs[1], 2, 9)
    run(dataset, inputs, resume=True)
    counts = [record.counts["events"] for record in open_store(dataset).records]
    assert counts == [20, 9, 0, 40]
    assert validate(dataset) == []


def test_existing_data_is_never_touched_unasked(inputs, dataset, hashes):
    before = hashes(dataset)
    with pytest.raises(StoreError, match=r"--resume.*--overwrite"):
        run(dataset, inputs)
    assert hashes(dataset) == before


@pytest.mark.parametrize("change", ["config", "code", "stage", "schema_version"])
def test_another_configuration_or_code_is_refused(inputs, dataset, hashes, change):
    before = hashes(dataset)
    name = change if change in {"stage", "schema_version"} else f"{change}_digest"
    other = replace(IDENTITY, **{name: "other"})
    with pytest.raises(MixedDatasetError, match=f"made with another {change}"):
        run(dataset, inputs, identity=other, resume=True)
    assert open_store(dataset).scan("trigger").collect().height == 63
    run(dataset, inputs, resume=True)
    assert hashes(dataset) == before


@pytest.mark.parametrize(
    "how", [{"overwrite": True}, {"resume": True, "recompute": True}]
)
def test_another_configuration_can_replace_the_dataset(inputs, dataset, hashes, how):
    before = hashes(dataset)
    other = replace(IDENTITY, config_digest="other")
    run(dataset, inputs, identity=other, **how)
    store = open_store(dataset)
    assert store.identity == other
    assert not set(hashes(dataset)) & set(before) - {
        "manifest.json",
        *(f"subarray/{name}.parquet" for name in
          ("telescopes", "optics", "cameras", "pulses")),
    }  # fmt: skip
    assert validate(dataset) == []


def test_a_mixture_is_never_opened_or_finished(tmp_path, inputs):
    for identity, path in zip([IDENTITY, replace(IDENTITY, code_digest="b")], inputs,
                              strict=False):  # fmt: skip
        work(tmp_path / "x", path, identity, {})
        # As an earlier version left it.
        drop_begun(tmp_path / "x")
    for action in (open_store, finalize):
        with pytest.raises(
            MixedDatasetError, match=r"1.json and .*2.json were done with another code"
        ):
            action(tmp_path / "x")


def test_an_input_of_another_array_is_refused(tmp_path, inputs):
    other = write_input(tmp_path / "other.json", 9, array="another array")
    with pytest.raises(MixedDatasetError, match=r"other.json is of another array"):
        run(tmp_path / "mixed", [*inputs, other])
    assert len(open_store(tmp_path / "mixed").records) == 4
    assert not list((tmp_path / "mixed").glob("_tmp/*/*"))


def test_an_array_without_shards_binds_nobody(tmp_path, inputs):
    prepare(tmp_path / "x", IDENTITY)
    shard = Shard(IDENTITY, (Input("a", "b", 1),))
    with ShardWriter(tmp_path / "x", shard, toy_subarray("of a bad input")):
        pass
    assert not (tmp_path / "x" / "subarray").exists()
    # A process that is killed while it commits leaves one.
    with ShardWriter(tmp_path / "x", shard, toy_subarray("of nobody")) as writer:
        writer.commit()
    drop_record(tmp_path / "x", shard.key)
    assert (tmp_path / "x" / "subarray").is_dir()
    run(tmp_path / "x", inputs)


def test_doubles_are_named_and_neither_is_listed(tmp_path, inputs):
    double = write_input(tmp_path / "double.json", 4, 2, first=39, seed=1)
    with pytest.raises(DuplicateKeysError) as caught:
        run(tmp_path / "x", [*inputs, double])
    text = str(caught.value)
    assert "double.json" in text
    assert "4.json" in text
    assert "obs_id 4, event_id 39" in text
    assert "--obs-id-offset" in text
    store = open_store(tmp_path / "x")
    assert [record.counts["events"] for record in store.records] == [20, 3, 0]
    assert validate(tmp_path / "x") == []


def test_overlapping_ranges_without_doubles_are_fine(tmp_path):
    root = tmp_path / "x"
    for number, ids in enumerate([[1, 5, 9], [2, 6], [10, 11]]):
        shard = Shard(IDENTITY, (Input(f"in{number}", f"d{number}", 1),))
        with ShardWriter(root, shard) as writer:
            writer.append("trigger", trigger(ids))
            writer.commit()
    assert len(finalize(root).records) == 3


def trigger(event_ids):
    rng = np.random.default_rng(0)
    return random_batch(
        dl1.TRIGGER, len(event_ids), rng, obs_id=1, event_id=np.array(event_ids)
    )


def test_calibration_events_of_two_inputs_do_not_hide_or_make_doubles(tmp_path):
    for ids, ok in [([-1, 7], True), ([-3, -2, 20], True), ([-1, 30], False)]:
        shard = Shard(IDENTITY, (Input(str(ids), str(ids), 1),))
        with ShardWriter(tmp_path, shard) as writer:
            writer.append("trigger", trigger(ids))
            writer.commit()
        if ok:
            finalize(tmp_path)
    with pytest.raises(DuplicateKeysError, match="event_id -1"):
        finalize(tmp_path)


def test_two_inputs_may_not_describe_one_run(tmp_path):
    inputs = [
        write_input(tmp_path / "a.json", 1, 5),
        write_input(tmp_path / "b.json", 1, 5, first=100),
    ]
    with pytest.raises(DuplicateKeysError, match=r"a.json and .*b.json: .*obs_id 1"):
        run(tmp_path / "x", inputs)


@pytest.mark.parametrize("name", ["1.json", "copy.json"])
def test_the_same_content_twice_is_a_double(tmp_path, inputs, name):
    copy = write_input(tmp_path / "in" / name, 1, 20)
    with pytest.raises(DuplicateKeysError, match=f"1.json and .*{name}: .*same con"):
        run(tmp_path / "x", [*inputs, copy])
    assert len(open_store(tmp_path / "x").records) == 3


def test_doubles_within_an_input_are_not_committed(tmp_path):
    shard = Shard(IDENTITY, (Input("merged.simtel", "d", 1),))
    with ShardWriter(tmp_path, shard) as writer:
        writer.append("trigger", trigger([3, 4]))
        writer.append("trigger", trigger([5, 4]))
        with pytest.raises(DuplicateKeysError, match=r"merged.*event_id 4 occurs"):
            writer.commit()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_finalisation_refuses_while_shards_are_missing(tmp_path, inputs):
    shard = Shard(IDENTITY, (Input("lost.simtel", "d", 1),))
    with pytest.raises(StoreError, match=r"1 of 1 shards .*lost.simtel; use --resume"):
        finalize(prepared(tmp_path / "x"), [shard])


def prepared(root):
    prepare(root, IDENTITY)
    return root


def test_skipped_inputs_are_listed_until_they_are_done(tmp_path, inputs):
    root = tmp_path / "x"
    bad = str(inputs[3])
    write_skipped(prepared(root), bad, "cut off at byte 12")
    run(root, inputs[:3], resume=True)
    manifest = json.loads((root / "manifest.json").read_text())
    assert manifest["skipped"] == [{"path": bad, "reason": "cut off at byte 12"}]
    run(root, inputs[:3], resume=True)
    assert open_store(root).contents.skipped[0].path == bad
    run(root, inputs, resume=True)
    assert open_store(root).contents.skipped == ()


def test_pending_shards(dataset, inputs):
    previous = prepare(dataset, IDENTITY, resume=True)
    shards = [Shard(IDENTITY, (Input.of(path),)) for path in inputs]
    new = Shard(IDENTITY, (Input("new", "d", 1),))
    assert pending(dataset, [*shards, new], previous) == [new]
    record = begin(dataset, shards[0], previous)
    (dataset / record.parts[0].path).unlink()
    assert pending(dataset, shards, previous) == [shards[0]]


def test_work_in_progress_is_left_alone_and_that_of_the_dead_removed(tmp_path):
    shard = Shard(IDENTITY, (Input("a", "d", 1),))
    with ShardWriter(tmp_path, shard) as writer:
        writer.append("trigger", trigger([1]))
        (mine,) = (tmp_path / "_tmp").iterdir()
        stem, _, begun = mine.name.rpartition(".")
        reused_pid = mine.with_name(f"{stem}.{int(begun) + 1}")
        foreign = mine.with_name(f"{shard.key}-elsewhere.7.12")
        old = mine.with_name(f"{shard.key}-elsewhere.8.12")
        for folder in (reused_pid, foreign, old):
            folder.mkdir()
        os.utime(old, (0, 0))
        remove_abandoned(tmp_path)
        assert set((tmp_path / "_tmp").iterdir()) == {mine, foreign}
        finalize(tmp_path)
        writer.commit()
    assert len(finalize(tmp_path).records) == 1


def test_a_zombie_is_dead(tmp_path):
    """Nobody waits for a killed worker whose parent was killed, too."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    stat = Path(f"/proc/{process.pid}/stat")
    folder = tmp_path / "_tmp" / f"a-{name_of(process.pid)}"
    folder.mkdir(parents=True)
    while " Z " not in stat.read_text():
        time.sleep(0.01)
    remove_abandoned(tmp_path)
    assert not folder.exists()
    process.wait()


def test_a_folder_with_other_things_is_not_taken_over(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    for how in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(StoreError, match=r"not empty and no dataset.*thesis.tex"):
            prepare(tmp_path, IDENTITY, **how)
    with pytest.raises(StoreError, match="is a file"):
        prepare(tmp_path / "thesis.tex", IDENTITY)


def test_overwriting_keeps_the_files_of_others(dataset, inputs):
    (dataset / "plots").mkdir()
    for name in ("notes.txt", "plots/a.png", "trigger/my.parquet"):
        (dataset / name).write_text("mine")
    run(dataset, inputs[:2], overwrite=True)
    assert len(list((dataset / "images").rglob("part-*"))) == 4
    assert (dataset / "notes.txt").read_text() == "mine"
    assert (dataset / "plots" / "a.png").exists()
    assert validate(dataset) == [
        f"{name}: not a file of this dataset"
        for name in ("notes.txt", "plots/a.png", "trigger/my.parquet")
    ]


def test_a_damaged_manifest_is_an_error_and_can_be_overwritten(dataset, inputs):
    (dataset / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match=r"manifest.json is not JSON.*--overwrite"):
        run(dataset, inputs, resume=True)
    run(dataset, inputs, overwrite=True)
    assert validate(dataset) == []
