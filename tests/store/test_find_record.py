"""The record of a shard, wherever it is just now."""

from store.toy_run import IDENTITY

from cta_columnar.store import (
    commits,
    drop_record,
    find_record,
    open_store,
    prepare,
    reopen,
)


def test_in_the_manifest_and_by_itself(dataset):
    first, *_ = open_store(dataset).records
    assert find_record(dataset, first.key) == first
    reopen(dataset)
    assert not (dataset / "manifest.json").exists()
    assert find_record(dataset, first.key) == first
    drop_record(dataset, first.key)
    assert find_record(dataset, first.key) is None


def test_while_a_manifest_becomes_records(dataset, monkeypatch):
    """Looked for among records before they are written, in the manifest afterwards."""
    (first, *_) = open_store(dataset).records
    look = commits.finished_with

    def late(root):
        monkeypatch.setattr(commits, "finished_with", look)
        reopen(dataset)
        return look(root)

    monkeypatch.setattr(commits, "finished_with", late)
    assert find_record(dataset, first.key) == first


def test_what_a_run_begins_with_has_no_parts(dataset):
    """Who begins a run keeps it to the end."""
    records = open_store(dataset).records
    previous = prepare(dataset, IDENTITY, resume=True)
    found = {each.key: each for several in previous.values() for each in several}
    assert found == {record.key: record.bare for record in records}
    assert all(record.parts and not record.bare.parts for record in records)
