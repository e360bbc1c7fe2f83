"""Runs with other options in one empty folder: who commits first has it."""

import errno
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from store.toy_run import IDENTITY, run, work

from cta_columnar.store import (
    Input,
    MixedDatasetError,
    Shard,
    ShardWriter,
    StoreError,
    begin,
    begun,
    drop_record,
    finalize,
    open_store,
    prepare,
    reopen,
    validate,
)

OTHER = replace(IDENTITY, config_digest="config-b")
FILE = Path("_commits", "begun", "identity.json")
ANOTHER = "was begun by another run with another config .*choose another --output"


def shard_of(identity, name="/in.simtel"):
    return Shard(identity, (Input(name, f"digest of {name}", 1),))


@pytest.fixture
def commit(tmp_path):
    """Return what commits a shard without rows."""

    def commit(identity, name="/in.simtel"):
        with ShardWriter(tmp_path / "dl1", shard_of(identity, name)) as writer:
            return writer.commit()

    return commit


def test_the_second_run_stops_and_the_first_goes_on(tmp_path, inputs, dataset, hashes):
    root = tmp_path / "both"
    first, second = prepare(root, IDENTITY), prepare(root, OTHER)
    with ExitStack() as stack:
        # The second one is in the midst of its first shard.
        late = stack.enter_context(ShardWriter(root, shard_of(OTHER)))
        shards = [work(root, inputs[0], IDENTITY, first)[0]]
        with pytest.raises(MixedDatasetError, match=ANOTHER):
            late.commit()
    with pytest.raises(MixedDatasetError, match=ANOTHER):
        work(root, inputs[1], OTHER, second)
    assert {r.shard.identity for r in open_store(root).contents.committed} == {IDENTITY}
    shards += [work(root, path, IDENTITY, first)[0] for path in inputs[1:]]
    finalize(root, shards)
    assert hashes(root) == hashes(dataset)
    assert validate(root)[1:] == []


def test_it_is_asked_before_the_work(commit, tmp_path):
    commit(IDENTITY)
    with pytest.raises(MixedDatasetError, match=ANOTHER):
        begin(tmp_path / "dl1", shard_of(OTHER, "/another"), {})
    assert begin(tmp_path / "dl1", shard_of(IDENTITY, "/another"), {}) is None


def test_of_two_at_the_same_moment_one_is_first(tmp_path, commit, monkeypatch):
    """Both have looked and found nothing; both rename."""
    commit(IDENTITY)
    look = begun.check_begun
    answers = [False]

    def blind_at_first(*given):
        return answers.pop() if answers else look(*given)

    monkeypatch.setattr(begun, "check_begun", blind_at_first)
    with pytest.raises(MixedDatasetError, match=ANOTHER):
        commit(OTHER)
    assert not answers
    assert [r.shard.identity for r in open_store(tmp_path / "dl1").records] == [
        IDENTITY
    ]


def test_who_comes_while_others_finish_is_too_late(tmp_path, commit, monkeypatch):
    commit(IDENTITY)
    root = tmp_path / "dl1"
    look = begun.check_begun

    def finished_meanwhile(*given):
        monkeypatch.setattr(begun, "check_begun", look)
        finalize(root)
        return False

    monkeypatch.setattr(begun, "check_begun", finished_meanwhile)
    with pytest.raises(MixedDatasetError, match="finished meanwhile with another con"):
        commit(OTHER, "/late")
    assert not (root / FILE).exists()
    assert [r.shard.identity for r in open_store(root).records] == [IDENTITY]


def test_nothing_done_binds_nobody(tmp_path, commit):
    """Who was killed between this file and its first record leaves only the file."""
    root = tmp_path / "dl1"
    commit(IDENTITY)
    drop_record(root, shard_of(IDENTITY).key)
    with ShardWriter(root, shard_of(IDENTITY)):
        # It may be just about to commit.
        prepare(root, OTHER)
        assert (root / FILE).exists()
    prepare(root, OTHER)
    assert not (root / FILE).exists()


@pytest.mark.parametrize("how", ["overwrite", "recompute"])
def test_another_configuration_replaces_it(tmp_path, inputs, dataset, how):
    reopen(dataset)
    assert (dataset / FILE).exists()
    run(dataset, inputs, identity=OTHER, resume=True, **{how: True})
    assert open_store(dataset).identity == OTHER
    assert not (dataset / "_commits").exists()


def test_who_adds_to_a_finished_dataset_has_it_at_once(dataset):
    """Nothing is committed between the manifest that goes and its first commit."""
    prepare(dataset, IDENTITY, resume=True)
    with (
        ShardWriter(dataset, shard_of(OTHER)) as late,
        pytest.raises(MixedDatasetError, match=ANOTHER),
    ):
        late.commit()


def test_a_damaged_one_is_an_error(commit, tmp_path):
    commit(IDENTITY)
    root = tmp_path / "dl1"
    (root / FILE).write_text("[]")
    with pytest.raises(StoreError, match=r"identity.json is damaged; use --overwrite"):
        commit(IDENTITY, "/another")
    prepare(root, IDENTITY, overwrite=True)
    commit(IDENTITY, "/another")


def test_what_the_system_refuses_is_told(commit, tmp_path, monkeypatch):
    rename = Path.rename

    def refuse(path, target):
        if target.name == "begun":
            raise OSError(errno.EDQUOT, "Disk quota exceeded", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match=r"cannot write .*: Disk quota exceeded"):
        commit(IDENTITY)
    assert open_store(tmp_path / "dl1").records == ()
