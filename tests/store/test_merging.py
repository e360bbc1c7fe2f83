"""Several datasets as one: the same as of one run, or refused."""

import json
import os
from dataclasses import replace

import pytest
from store.toy_run import IDENTITY, run, write_input

from cta_columnar.store import (
    DuplicateKeysError,
    MixedDatasetError,
    StoreError,
    configuration_of,
    inputs_of,
    merge,
    merging,
    open_store,
    validate,
    write_skipped,
)


def parts(root):
    return sorted(path for path in root.rglob("part-*.parquet"))


@pytest.mark.parametrize("how", ["link", "copy", "reference"])
def test_the_same_as_of_one_run(halves, dataset, hashes, tmp_path, how):
    merge(halves, tmp_path / "all", how=how)
    assert hashes(tmp_path / "all") == hashes(dataset)
    assert validate(tmp_path / "all") == []
    assert open_store(tmp_path / "all").is_finished
    sources = {path.stat().st_ino for root in halves for path in parts(root)}
    found = {path.stat().st_ino for path in parts(tmp_path / "all")}
    assert (found == sources) == (how != "copy")
    links = [path for path in parts(tmp_path / "all") if path.is_symlink()]
    assert bool(links) == (how == "reference")


def test_its_provenance_is_that_of_all_and_of_the_merging(halves, inputs, tmp_path):
    merge(halves, tmp_path / "all")
    document = json.loads((tmp_path / "all" / "provenance.json").read_text())
    stages = [each["ctacol:stage"] for each in document["activity"].values()]
    assert sorted(stages) == ["merge", "stage1", "stage1"]
    assert configuration_of(tmp_path / "all", "stage1") == {"threshold": 5}
    told = configuration_of(tmp_path / "all", "merge")
    assert told == {"inputs": [str(root) for root in halves], "how": "link"}
    assert all(inputs_of(root) <= inputs_of(tmp_path / "all") for root in halves)
    (merged,) = (
        name
        for name, each in document["activity"].items()
        if each["ctacol:stage"] == "merge"
    )
    used = {
        e["prov:entity"]
        for e in document["used"].values()
        if e["prov:activity"] == merged
    }
    labels = {document["entity"][name].get("prov:label") for name in used}
    assert {str(root) for root in halves} <= labels
    # Who made the parts is said once: the runs, not the merging.
    makers = {e["prov:activity"] for e in document["wasGeneratedBy"].values()}
    assert merged not in makers


def test_a_run_goes_on_with_it(halves, inputs, tmp_path, hashes):
    merge(halves[:1] + halves[1:], tmp_path / "all")
    more = write_input(tmp_path / "5.json", 5)
    run(tmp_path / "all", [*inputs, more], resume=True)
    run(tmp_path / "one", [*inputs, more])
    assert hashes(tmp_path / "all") == hashes(tmp_path / "one")
    # Links of the inputs are theirs still.
    assert [validate(root) for root in halves] == [[], []]


@pytest.mark.parametrize("same", ["events", "run", "shard"])
def test_double_keys_are_refused_and_both_inputs_named(halves, inputs, tmp_path, same):
    if same == "shard":
        twin = inputs[0]
    else:
        # Events 10 to 14 of run 1 again, or other events of it.
        first = 10 if same == "events" else 1000
        twin = write_input(tmp_path / "twin.json", 1, 5, first=first, seed=1)
    run(tmp_path / "c", [twin])
    with pytest.raises(DuplicateKeysError) as refused:
        merge([*halves, tmp_path / "c"], tmp_path / "all")
    message = str(refused.value)
    for name in (halves[0], tmp_path / "c", inputs[0], twin):
        assert str(name) in message
    assert str(halves[1]) not in message
    assert not (tmp_path / "all").exists()


def test_datasets_that_were_made_otherwise_are_refused(halves, inputs, tmp_path):
    other = replace(IDENTITY, config_digest="b", code_digest="c")
    run(tmp_path / "c", [write_input(tmp_path / "c.json", 9)], identity=other)
    with pytest.raises(MixedDatasetError, match=r"/a and .*/c differ in config, code"):
        merge([halves[0], tmp_path / "c"], tmp_path / "all")
    run(tmp_path / "d", [write_input(tmp_path / "d.json", 9, array="other")])
    with pytest.raises(MixedDatasetError, match=r"differ in subarray"):
        merge([halves[0], tmp_path / "d"], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_what_cannot_be_merged_is_refused(halves, tmp_path):
    with pytest.raises(StoreError, match="two datasets or more, each once"):
        merge([halves[0], halves[0]], tmp_path / "all")
    with pytest.raises(StoreError, match="is the output, too"):
        merge(halves, halves[0], overwrite=True)
    with pytest.raises(StoreError, match="did you mean 'link'"):
        merge(halves, tmp_path / "all", how="lnik")
    (halves[1] / "manifest.json").unlink()
    (halves[1] / "_commits").mkdir()
    with pytest.raises(StoreError, match="is not finished"):
        merge(halves, tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_damaged_parts_are_not_merged(halves, tmp_path):
    part = parts(halves[1])[0]
    content = bytearray(part.read_bytes())
    content[-20] ^= 1
    part.write_bytes(content)
    with pytest.raises(StoreError, match="not what was recorded: see ctacol validate"):
        merge(halves, tmp_path / "copied", how="copy")
    part.write_bytes(content[:-1])
    with pytest.raises(StoreError, match="not what was recorded"):
        merge(halves, tmp_path / "linked")


def test_another_file_system_wants_a_copy(halves, tmp_path, monkeypatch):
    def refuse(*_words, **_more):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(StoreError, match="use --copy or --reference"):
        merge(halves, tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_inputs_that_were_left_out_stay_known(halves, inputs, tmp_path):
    write_skipped(halves[0], str(tmp_path / "bad.simtel"), "cut short")
    run(halves[0], inputs[:2], resume=True)
    merge(halves, tmp_path / "all")
    skipped = open_store(tmp_path / "all").contents.skipped
    assert [each.reason for each in skipped] == ["cut short"]


def test_a_reader_never_sees_half_of_it(halves, tmp_path, monkeypatch):
    seen = []
    put = merging.publish

    def watched(root, record, drafts, scratch):
        put(root, record, drafts, scratch)
        store = open_store(root)
        seen.append((len(store.records), store.is_finished))
        assert all((root / p.path).exists() for r in store.records for p in r.parts)

    monkeypatch.setattr(merging, "publish", watched)
    merge(halves, tmp_path / "all")
    assert seen == [(1, False), (2, False), (3, False), (4, False)]
