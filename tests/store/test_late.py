"""Who comes late, or at the same time with other bytes: the dataset stays right."""

import itertools
import pickle
from unittest.mock import patch

import numpy as np
import pytest
from store.toy_run import IDENTITY, random_batch, run

from cta_columnar.digests import sha256_of
from cta_columnar.schemas import dl1
from cta_columnar.store import (
    Input,
    MixedDatasetError,
    Shard,
    ShardWriter,
    StoreError,
    begin,
    finalize,
    left_out,
    of_input,
    open_store,
    previous_of,
    publish,
    read_contents,
    validate,
    write_skipped,
)
from cta_columnar.store import writer as writer_module
from cta_columnar.store.layout import parts_on_disk
from cta_columnar.store.replaced import outdated

PROCESSES = itertools.count(1)
SHARD = Shard(IDENTITY, (Input("/in.simtel", "d", 1),))


def writer_of(root, seed, shard=SHARD):
    """Write a shard as one model of CPU does: each seed has other last digits."""
    number = next(PROCESSES)
    with patch.object(writer_module, "process_name", lambda: f"elsewhere.{number}.1"):
        writer = ShardWriter(root, shard)
    ids = {"obs_id": 1, "event_id": np.arange(9)}
    rows = random_batch(dl1.TRIGGER, 9, np.random.default_rng(seed), **ids)
    writer.append("trigger", rows)
    return writer


def expect_right(root):
    """All records name parts of the bytes they say; nothing else is there."""
    (record,) = open_store(root).records
    for part in record.parts:
        assert sha256_of(root / part.path) == part.sha256
    return record


def test_names_follow_from_the_content(tmp_path):
    names = set()
    for seed, folder in ((1, "a"), (1, "b"), (2, "c")):
        with writer_of(tmp_path / folder, seed) as writer:
            (part,) = writer.commit().parts
            assert part.sha256[:12] in part.path
            names.add(part.path)
    assert len(names) == 2


def test_two_of_other_bytes_at_the_same_time(tmp_path, monkeypatch):
    """Both have looked, and nobody was first: the last record finds its own bytes."""
    with writer_of(tmp_path, 1) as one, writer_of(tmp_path, 2) as other:
        monkeypatch.setattr(publish, "valid_record", lambda *_words: None)
        first = one.commit()
        monkeypatch.setattr(writer_module, "valid_record", lambda *_: None)
        second = other.commit()
        monkeypatch.undo()
        assert first.parts != second.parts
        assert expect_right(tmp_path) == second
        assert len(parts_on_disk(tmp_path)) == 2
        # Who reads by the first record yet still finds its parts.
        assert sha256_of(tmp_path / first.parts[0].path) == first.parts[0].sha256
    finalize(tmp_path)
    assert parts_on_disk(tmp_path) == [part.path for part in second.parts]
    assert expect_right(tmp_path) == second


def test_who_is_second_by_a_moment_takes_its_parts_away(tmp_path, monkeypatch):
    with writer_of(tmp_path, 1) as one, writer_of(tmp_path, 2) as other:
        first = one.commit()
        monkeypatch.setattr(writer_module, "valid_record", lambda *_: None)
        assert other.commit() == first
    assert parts_on_disk(tmp_path) == [part.path for part in first.parts]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_finished_dataset_is_not_opened_again(tmp_path, hashes, seed):
    with writer_of(tmp_path, 1) as one, writer_of(tmp_path, seed) as late:
        first = one.commit()
        finalize(tmp_path)
        before = hashes(tmp_path)
        store = open_store(tmp_path)
        assert begin(tmp_path, SHARD, {}) == first
        assert late.commit() == first
    assert open_store(tmp_path).contents == store.contents
    assert {n: h for n, h in hashes(tmp_path).items() if "_tmp" not in n} == {
        n: h for n, h in before.items() if "_tmp" not in n
    }
    assert not (tmp_path / "_commits").exists()


def test_a_part_that_is_gone_is_written_again(tmp_path):
    """Even if the dataset is finished: that is mended, not replaced."""
    with writer_of(tmp_path, 1) as one:
        first = one.commit()
    finalize(tmp_path)
    (tmp_path / first.parts[0].path).unlink()
    with writer_of(tmp_path, 1) as again:
        assert again.commit() == first
    finalize(tmp_path)
    expect_right(tmp_path)


def test_a_shard_of_what_was_left_out_is_too_late(dataset, inputs, hashes):
    """Also if other shards of the same file would have made it whole."""
    bad = inputs[0].with_name("bad.json")
    write_skipped(dataset, str(bad), "cut off")
    run(dataset, inputs, resume=True)
    before = hashes(dataset)
    shard = Shard(IDENTITY, (Input(str(bad), "d", 1),), 1, "1", 4)
    with (
        writer_of(dataset, 1, shard) as late,
        pytest.raises(StoreError, match=r"finished meanwhile without .*bad.json \(cut"),
    ):
        late.commit()
    other = Shard(type(IDENTITY)("stage1", "b", "code-a"), (Input("x", "d", 1),))
    with (
        writer_of(dataset, 1, other) as late,
        pytest.raises(MixedDatasetError, match="meanwhile with another config"),
    ):
        late.commit()
    # Nor does it matter that somebody could not read what another one has read.
    write_skipped(dataset, str(inputs[1]), "no such file")
    write_skipped(dataset, str(bad), "worded otherwise")
    assert {n: h for n, h in hashes(dataset).items() if "_tmp" not in n} == before
    assert open_store(dataset).is_finished
    assert validate(dataset)[1:] == []


def test_a_file_is_read_once_for_all_of_its_shards(tmp_path, monkeypatch):
    path = tmp_path / "in.json"
    path.write_text("before")
    root = tmp_path / "dl1"
    known = Input.of(path)
    for number in range(5):
        with writer_of(root, 1, Shard(IDENTITY, (known,), number, str(number), 6)) as w:
            w.commit()
    path.write_text("behind")
    read = []
    digest = left_out.file_digest
    monkeypatch.setattr(
        left_out, "file_digest", lambda each: read.append(each) or digest(each)
    )
    write_skipped(root, str(path), "bad by now")
    assert read == [path]
    assert open_store(root).contents.committed == ()
    # Nor at all where nothing came of it.
    write_skipped(root, str(tmp_path / "another"), "missing")
    assert len(read) == 1


def test_a_worker_gets_no_parts_of_what_is_there(tmp_path):
    """Of n shards of a file each gets all n: they must be small."""
    path = tmp_path / "in.json"
    path.write_text("content")
    shards = [Shard(IDENTITY, (Input.of(path),), n, str(n), 40) for n in range(40)]
    for shard in shards:
        with writer_of(tmp_path / "dl1", 1, shard) as writer:
            writer.commit(info={"warnings": ["x" * 1000]})
    mine = of_input(previous_of(read_contents(tmp_path / "dl1")), path)
    assert {each.key for each in mine[str(path)]} == {shard.key for shard in shards}
    assert len(pickle.dumps(mine)) < 40 * 500
    path.write_text("other content")
    assert len(outdated(Shard(IDENTITY, (Input.of(path),)), mine)) == len(shards)
