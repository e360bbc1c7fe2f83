"""The tables of the array of a dataset: all four, whoever else is at work."""

from uuid import uuid4

import pytest
from store.toy_run import IDENTITY, run, toy_subarray, work, write_input

from cta_columnar import open_store
from cta_columnar.errors import UserError
from cta_columnar.remote import location
from cta_columnar.store import (
    Input,
    Shard,
    ShardWriter,
    drop_all,
    finalize,
    no_empty_dataset,
    prepare,
    resume,
    validate,
)
from cta_columnar.store.files import remove_tree
from cta_columnar.store.subarray import ensure_subarray

NAMES = ("cameras", "optics", "pulses", "telescopes")


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("CTACOL_SCRATCH", str(tmp_path / "scratch"))


@pytest.fixture
def inputs(tmp_path):
    return [write_input(tmp_path / f"{obs}.json", obs, 3) for obs in (1, 2)]


@pytest.fixture(params=["here", "there"])
def root(request, tmp_path):
    """Return a place for a dataset, of this machine or not."""
    if request.param == "here":
        yield tmp_path / "dl1"
        return
    place = location(f"memory://{uuid4().hex}/dl1")
    yield place
    remove_tree(place)


def tables(root):
    return {name for name in NAMES if (root / "subarray" / f"{name}.parquet").exists()}


def bytes_of(root):
    folder = root / "subarray"
    return {name: (folder / f"{name}.parquet").read_bytes() for name in NAMES}


def test_a_run_that_begins_takes_no_tables_of_one_at_work(root, inputs, monkeypatch):
    """Of two that begin at once, one looks what is there, and the other commits."""
    prepare(root, IDENTITY)

    def meanwhile(_):
        work(root, inputs[0], IDENTITY, {})

    with monkeypatch.context() as patch:
        patch.setattr(resume, "remove_abandoned", meanwhile)
        previous = prepare(root, IDENTITY)
    assert tables(root) == set(NAMES)
    # As stage 1 asks where no shard is of the array of its inputs.
    drop_all(root, previous)
    assert tables(root) == set(NAMES)
    assert len(finalize(root).records) == 1
    drop_all(root, previous)
    assert open_store(root).is_finished
    assert validate_array(root) == []


def validate_array(root):
    return [each for each in validate(root) if not each.startswith("provenance.json")]


def test_tables_that_were_just_sent_stay(root, inputs, tmp_path):
    """Before a record says that they are of use."""
    prepare(root, IDENTITY)
    shard = Shard(IDENTITY, (Input("a", "b", 1),))
    with ShardWriter(root, shard, toy_subarray()):
        ensure_subarray(root, toy_subarray(), tmp_path / "draft", "a")
        prepare(root, IDENTITY)
        assert tables(root) == set(NAMES)
        with pytest.raises(KeyError), no_empty_dataset(root):
            raise KeyError
        finalize(root)
        assert tables(root) == set(NAMES)
    # Nobody is at work any more.
    finalize(root)
    assert tables(root) == set()


@pytest.mark.parametrize("lost", [NAMES[:3], NAMES[:1], NAMES[3:], NAMES])
def test_what_is_missing_is_told_and_written_again(root, inputs, lost):
    run(root, inputs)
    before = bytes_of(root)
    for name in lost:
        (root / "subarray" / f"{name}.parquet").unlink()
    with pytest.raises(UserError, match=r"not all there.*use --resume"):
        finalize(root)
    run(root, inputs, resume=True)
    assert bytes_of(root) == before
    assert validate(root) == []


def test_tables_that_go_during_a_run_are_written_by_the_next_shard(root, inputs):
    prepare(root, IDENTITY)
    work(root, inputs[0], IDENTITY, {})
    before = bytes_of(root)
    for name in NAMES[:3]:
        (root / "subarray" / f"{name}.parquet").unlink()
    work(root, inputs[1], IDENTITY, {})
    assert bytes_of(root) == before
    assert len(finalize(root).records) == 2


def test_tables_of_two_arrays_are_no_array(root, inputs, tmp_path):
    """As two may leave them that write into one place."""
    run(root, inputs)
    before = bytes_of(root)
    other = write_input(tmp_path / "9.json", 9, 2, array="another")
    run(tmp_path / "other", [other])
    (root / "subarray" / "optics.parquet").write_bytes(
        (tmp_path / "other" / "subarray" / "optics.parquet").read_bytes()
    )
    with pytest.raises(UserError, match="not all there"):
        finalize(root)
    run(root, inputs, resume=True)
    assert bytes_of(root) == before
