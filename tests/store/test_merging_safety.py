"""What merging must never take away: its inputs, and an output it cannot replace."""

import errno
import os

import pytest
from store.toy_run import run, write_input

from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.dataset_shards import check_input
from cta_columnar.store import StoreError, merge, open_store, validate


@pytest.fixture
def halves(tmp_path, inputs):
    """Return two datasets, of two inputs each."""
    run(tmp_path / "a", inputs[:2])
    run(tmp_path / "b", inputs[2:])
    return [tmp_path / "a", tmp_path / "b"]


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
