"""What is left out of a dataset, or damaged in it, is told whenever somebody asks."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from store.toy_run import run

from cta_columnar.store import (
    DuplicateKeysError,
    StoreError,
    finalize,
    open_store,
    validate,
)


def test_inputs_of_doubles_are_listed_as_left_out(dataset, inputs, tmp_path):
    twin = tmp_path / "twin"
    shutil.copy(inputs[0], twin)
    with pytest.raises(DuplicateKeysError):
        run(dataset, [*inputs, twin], resume=True)
    left_out = {each.path: each.reason for each in open_store(dataset).contents.skipped}
    assert set(left_out) == {str(inputs[0]), str(twin)}
    assert all("same content" in reason for reason in left_out.values())


def test_no_longer_left_out_once_it_is_there(dataset, inputs, tmp_path):
    twin = tmp_path / "twin"
    shutil.copy(inputs[0], twin)
    with pytest.raises(DuplicateKeysError):
        run(dataset, [*inputs, twin], resume=True)
    run(dataset, inputs, resume=True)
    left_out = [each.path for each in open_store(dataset).contents.skipped]
    assert left_out == [str(twin)]


@pytest.mark.parametrize(
    "change", [{"shards": 3}, {"skipped": {}}, {"skipped": [1]}, {"skipped": [{}]}]
)
def test_damaged_lists_of_a_manifest(dataset, change):
    manifest = json.loads((dataset / "manifest.json").read_text())
    (dataset / "manifest.json").write_text(json.dumps(manifest | change))
    problems = validate(dataset)
    assert len(problems) == 1
    assert "manifest.json is damaged" in problems[0]


@pytest.mark.parametrize(("content", "what"), [(None, "missing"), ("{", "not JSON")])
def test_provenance_is_validated(dataset, inputs, content, what):
    (dataset / "provenance.json").unlink()
    if content is not None:
        (dataset / "provenance.json").write_text(content)
        with pytest.raises(StoreError, match="--overwrite"):
            run(dataset, inputs, resume=True)
    assert any(what in line for line in validate(dataset))


def test_missing_table_of_the_array(dataset):
    (dataset / "subarray" / "optics.parquet").unlink()
    with pytest.raises(StoreError, match=r"optics\.parquet: it is missing"):
        open_store(dataset).subarray()


def test_the_array_must_be_that_of_the_shards(dataset):
    telescopes = dataset / "subarray" / "telescopes.parquet"
    shutil.copy(dataset / "subarray" / "optics.parquet", telescopes)
    table = pq.read_table(telescopes)
    pq.write_table(table.replace_schema_metadata({}), telescopes)
    with pytest.raises(StoreError, match="array"):
        finalize(dataset)
