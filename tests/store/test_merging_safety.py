"""What merging must never take away: its inputs, and an output it cannot replace."""

import errno
import os
import shutil

import pytest
from store.toy_run import run, write_input

from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.status import status
from cta_columnar.pipelines.running.dataset_shards import check_input
from cta_columnar.store import (
    StoreError,
    is_unfinished_merge,
    merge,
    merging,
    open_store,
    reopen,
    validate,
)


@pytest.fixture
def other(tmp_path):
    """Return a dataset of another input."""
    run(tmp_path / "d", [write_input(tmp_path / "5.json", 5)])
    return tmp_path / "d"


@pytest.mark.parametrize("how", ["link", "copy", "reference"])
def test_a_dataset_that_inputs_refer_to_is_not_overwritten(
    halves, other, hashes, tmp_path, how
):
    merge(halves, tmp_path / "ref", how="reference")
    before = hashes(tmp_path)
    with pytest.raises(StoreError, match=r"/ref refers to .*/a/.*in the output .*/a;"):
        merge([tmp_path / "ref", other], halves[0], how=how, overwrite=True)
    assert hashes(tmp_path) == before
    assert validate(tmp_path / "ref") == []


def test_nor_is_one_that_holds_an_input(halves, tmp_path, hashes):
    (halves[0] / "inner").mkdir()
    halves[1].rename(halves[0] / "inner" / "b")
    merge([halves[0], halves[0] / "inner" / "b"], tmp_path / "all")
    run(tmp_path / "c", [write_input(tmp_path / "6.json", 6)])
    before = hashes(tmp_path)
    with pytest.raises(StoreError, match=r"inner/b lies in the output"):
        merge([tmp_path / "c", halves[0] / "inner" / "b"], halves[0], overwrite=True)
    assert hashes(tmp_path) == before


def test_stages_ask_that_too(halves, tmp_path):
    merge(halves, tmp_path / "ref", how="reference")
    store = open_store(tmp_path / "ref")
    # By whichever name.
    (tmp_path / "alias").symlink_to(halves[0])
    for output in (halves[0], tmp_path / "alias"):
        with pytest.raises(UserError, match=r"refers to .* in the output"):
            check_input(store, output, ["stage1"], "stage2")
    check_input(store, tmp_path / "dl2", ["stage1"], "stage2")


def refuse_to_link(monkeypatch):
    def refuse(*_words, **_more):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)


def test_what_cannot_be_linked_leaves_the_old_output(
    halves, other, hashes, monkeypatch
):
    before = hashes(other)
    refuse_to_link(monkeypatch)
    with pytest.raises(StoreError, match="use --copy or --reference"):
        merge(halves, other, overwrite=True)
    assert hashes(other) == before
    assert validate(other) == []
    assert open_store(other).is_finished


@pytest.mark.parametrize("how", ["link", "copy", "reference"])
@pytest.mark.parametrize("damage", ["gone", "cut short"])
def test_a_bad_part_of_an_input_leaves_the_old_output(
    halves, other, hashes, how, damage
):
    before = hashes(other)
    # Of the last input: all of them are looked at before anything is done.
    part = sorted(halves[1].rglob("part-*.parquet"))[-1]
    if damage == "gone":
        part.unlink()
        message = rf"{part.name} is missing: see ctacol validate .*/b$"
    else:
        part.write_bytes(part.read_bytes()[:-1])
        message = rf"{part.name} is not what was recorded: see ctacol validate .*/b$"
    with pytest.raises(StoreError, match=message):
        merge(halves, other, how=how, overwrite=True)
    assert hashes(other) == before
    assert validate(other) == []


def run_into_full_disk(monkeypatch, n_parts):
    """Let the disk be full after some parts; return a call that makes room."""
    real, left = shutil.copyfileobj, iter(range(n_parts))

    def copy(*words):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "")
        real(*words)

    monkeypatch.setattr(shutil, "copyfileobj", copy)
    return lambda: monkeypatch.setattr(shutil, "copyfileobj", real)


@pytest.fixture
def cut_off(halves, tmp_path, monkeypatch):
    """Return a merging of copies that a full disk ended after its first shard."""
    store = open_store(halves[0])
    n_parts = len(list(store.root.glob("subarray/*"))) + len(store.records[0].parts)
    make_room = run_into_full_disk(monkeypatch, n_parts)
    with pytest.raises(StoreError, match="No space left"):
        merge(halves, tmp_path / "all", how="copy")
    make_room()
    return tmp_path / "all"


def test_half_of_a_merging_is_told_as_such(cut_off):
    found = status(cut_off)
    assert (found.state, found.n_done, found.n_shards) == ("failed", 1, 4)
    assert [each.reason for each in found.ended if "No space" in each.reason]
    assert is_unfinished_merge(cut_off)
    with pytest.raises(StoreError, match="go on with it first, by the same ctacol mer"):
        merge([cut_off, cut_off.parent / "b"], cut_off.parent / "more")
    with pytest.raises(
        UserError, match="go on with it first, by the same ctacol merge"
    ):
        check_input(open_store(cut_off), cut_off.parent / "dl2", ["stage1"], "stage2")


@pytest.mark.parametrize("how", ["link", "copy", "reference"])
def test_the_same_merging_begins_anew(cut_off, halves, dataset, hashes, how):
    merge(halves, cut_off, how=how)
    assert hashes(cut_off) == hashes(dataset)
    # None is left of the other kind: with copies the inputs may be deleted.
    links = [path.is_symlink() for path in cut_off.rglob("part-*.parquet")]
    assert set(links) == {how == "reference"}
    found = status(cut_off)
    assert (found.state, found.n_done, found.n_shards) == ("finished", 4, 4)


def test_one_that_lacks_the_manifest_is_complete(halves, tmp_path, dataset, hashes):
    merge(halves, tmp_path / "all")
    reopen(tmp_path / "all")
    assert status(tmp_path / "all").state == "complete"
    assert is_unfinished_merge(tmp_path / "all")
    merge(halves, tmp_path / "all")
    assert hashes(tmp_path / "all") == hashes(dataset)


def test_one_that_was_stopped_is_interrupted(halves, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(merging, "publish", stop)
    with pytest.raises(KeyboardInterrupt):
        merge(halves, tmp_path / "all")
    found = status(tmp_path / "all")
    assert (found.state, found.n_done, found.n_shards) == ("interrupted", 0, 4)


def test_other_datasets_are_not_begun_anew(cut_off, halves, other, dataset, hashes):
    before = hashes(cut_off), hashes(dataset)
    for inputs, output in (([halves[1], other], cut_off), (halves, dataset)):
        with pytest.raises(StoreError, match="holds a dataset already: use --overwr"):
            merge(inputs, output)
    reopen(dataset)
    with pytest.raises(StoreError, match="holds a dataset already") as refused:
        merge(halves, dataset)
    assert "--resume" not in str(refused.value)
    merge(halves, dataset, overwrite=True)
    assert (hashes(cut_off), hashes(dataset)) == before


def test_two_do_not_merge_into_one_folder(halves, tmp_path, monkeypatch):
    seen = []
    put = merging.publish

    def second(*words):
        with pytest.raises(StoreError, match=r"is being written by process \d+ on"):
            merge(halves, tmp_path / "all")
        seen.append(put(*words))

    monkeypatch.setattr(merging, "publish", second)
    merge(halves, tmp_path / "all")
    assert len(seen) == 4
    assert open_store(tmp_path / "all").is_finished


def test_parts_that_vanish_meanwhile_want_another_merging(
    halves, tmp_path, monkeypatch
):
    put = merging.publish

    def lose(root, record, *words):
        put(root, record, *words)
        (root / record.parts[0].path).unlink()

    monkeypatch.setattr(merging, "publish", lose)
    with pytest.raises(StoreError, match=r"are gone, of 4 of 4 .*; merge again$"):
        merge(halves, tmp_path / "all")


@pytest.mark.parametrize("how", ["link", "copy", "reference"])
def test_a_part_that_goes_while_it_is_merged_is_told_as_an_input(
    halves, tmp_path, monkeypatch, how
):
    part = sorted(halves[1].rglob("part-*.parquet"))[-1]
    put = merging.publish

    def lose(*words):
        part.unlink(missing_ok=True)
        return put(*words)

    monkeypatch.setattr(merging, "publish", lose)
    with pytest.raises(StoreError) as told:
        merge(halves, tmp_path / "all", how=how)
    assert str(told.value) == f"{part} is missing: see ctacol validate {halves[1]}"
