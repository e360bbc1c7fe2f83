"""What merging must never take away: its inputs, and an output it cannot replace."""

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
