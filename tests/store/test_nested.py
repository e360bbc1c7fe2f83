"""A dataset inside of another one: neither harms the other."""

import shutil

import pytest
from store.toy_run import IDENTITY, run

from cta_columnar.store import StoreError, open_store, prepare, validate
from cta_columnar.store.finalize import orphans
from cta_columnar.store.layout import dataset_around, parts_on_disk


@pytest.mark.parametrize("where", ["dl2", "events", "mine/dl2"])
@pytest.mark.parametrize("how", ["resume", "overwrite"])
def test_a_dataset_below_is_left_alone(dataset, inputs, hashes, where, how):
    inner = dataset / where
    shutil.copytree(dataset, dataset.parent / "copy")
    shutil.copytree(dataset.parent / "copy", inner)
    before = hashes(inner)
    assert not [path for path in parts_on_disk(dataset) if path.startswith(where)]
    run(dataset, inputs[:2], **{how: True})
    assert hashes(inner) == before
    assert validate(inner) == []


@pytest.mark.parametrize("name", ["dl2", "deep/er/dl2"])
def test_no_output_inside_of_a_dataset(dataset, hashes, name):
    before = hashes(dataset)
    for how in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(StoreError, match="lies in the dataset"):
            prepare(dataset / name, IDENTITY, **how)
    assert hashes(dataset) == before
    assert not (dataset / name).exists()


def test_a_manifest_of_something_else_is_in_nobodys_way(tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}')
    assert dataset_around(tmp_path / "dl1") is None
    prepare(tmp_path / "dl1", IDENTITY)
    assert dataset_around(tmp_path / "dl1" / "x") == (tmp_path / "dl1").resolve()


def test_folders_of_others_stay_when_a_dataset_is_replaced(dataset, inputs):
    (dataset / "My Plots" / "empty").mkdir(parents=True)
    run(dataset, inputs[:2], overwrite=True)
    assert (dataset / "My Plots" / "empty").is_dir()


def test_parts_somebody_is_about_to_record_are_no_orphans(dataset):
    """Another process has given them their names, and writes the record next."""
    contents = open_store(dataset).contents
    key = "0" * 19 + "a"
    part = dataset / "trigger" / f"part-0000000009-00000-{key}.parquet"
    part.touch()
    name = part.relative_to(dataset).as_posix()
    assert orphans(dataset, contents) == [name]
    (dataset / "_tmp" / f"{key}-host.1.2").mkdir(parents=True)
    assert orphans(dataset, contents) == []
