"""Small files that a reader once met with something else than an error of ours."""

import json

import pytest
from fuzz.readers import READERS

from cta_columnar.errors import UserError
from cta_columnar.store import open_store

DIGITS = b"1" * 5000
STAGE = b"stage: stage1"
ELEMENTS = b'"elements": [[0], [1]]'
# Reader, how its file is changed, and what is said.
CASES = {
    "a number of many digits": (
        "stage1.yaml",
        STAGE,
        b"a: " + b"1" * 5000,
        "cannot be",
    ),
    "a date that is none": ("stage1.yaml", STAGE, b"a: 2024-99-99", "cannot be"),
    "no key": ("stage1.yaml", STAGE, b"? \n: 1\n", "is no key"),
    "a number as a key": ("stage1.yaml", STAGE, b"7: 1", "is no key"),
    "rows that are none": ("manifest", b'"rows": 12', b'"rows": null', "whole number"),
    "rows in words": ("manifest", b'"rows": 12', b'"rows": {}', "whole number"),
    "many rows": ("manifest", b'"rows": 12', b'"rows": 9223372036854775808', "64 bits"),
    "fewer than no rows": ("manifest", b'"rows": 12', b'"rows": -12', "negative"),
    "a plan that sets nothing": (
        "plan",
        b'"configuration": {"extractor": {"window": 7}}',
        b'"configuration": 0',
        "no mapping",
    ),
    "endless shards": (
        "plan",
        b'"elements": [[0], [1]]',
        b'"elements": [[1e999]]',
        "plan",
    ),
    "inputs as a word": (
        "plan",
        b'"inputs": ["/data/a"]',
        b'"inputs": "abc"',
        "no list",
    ),
    "history of no one": (
        "provenance",
        b'"activity": {',
        b'"activity": {"a": 1, ',
        "damaged",
    ),
    "a header without names": (
        "weather.ecsv",
        b"name:",
        b"nam:",
        "no table of weather",
    ),
    "a type of no number": ("weather.ecsv", b"float64", b"float1e999", "no table"),
    "an option of time": (
        "coefficients.ecsv",
        b"precision",
        b"preci[sion",
        "cannot be read",
    ),
    "a format of FITS": (
        "fits",
        b"= 'D       '",
        b"= 0         ",
        "whole FITS",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_an_error_that_says_where(tmp_path, name):
    kind, before, after, why = CASES[name]
    reader = READERS[kind]
    reader.build(tmp_path)
    path = next(p for each in reader.targets for p in sorted(tmp_path.glob(each)))
    content = path.read_bytes()
    if before not in content:
        # Written with another number of blanks.
        before = before.rstrip()
    assert before in content, content[:2000]
    path.write_bytes(content.replace(before, after))
    with pytest.raises(UserError, match=why) as error:
        reader.read(tmp_path)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize("time", ["null", "1e999", "9" * 400, "true", '"now"', "-1"])
def test_times_of_a_journal(tmp_path, time):
    """A line that cannot be is left out, as one that was being written."""
    reader = READERS["journal"]
    reader.build(tmp_path)
    n_lines = reader.read(tmp_path)
    (path,) = (tmp_path / "dl1" / "_journal").iterdir()
    path.write_text(path.read_text().replace('"time": 3.5', f'"time": {time}'))
    assert reader.read(tmp_path) == n_lines - 1


def test_metadata_that_are_no_text(tmp_path):
    reader = READERS["irf tables"]
    reader.build(tmp_path)
    path = tmp_path / "irf" / "grid.parquet"
    content = path.read_bytes()
    key = b"cta_columnar.schema_version"
    assert content.count(key) >= 1
    path.write_bytes(content.replace(key, key[:-1] + b"\xff"))
    with pytest.raises(UserError, match=r"grid.parquet"):
        reader.read(tmp_path)


def test_an_array_without_its_columns(tmp_path):
    reader = READERS["subarray"]
    reader.build(tmp_path)
    path = tmp_path / "dl1" / "subarray" / "telescopes.parquet"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"reference_longitude", b"reference_longitudX"))
    with pytest.raises(UserError, match="subarray"):
        reader.read(tmp_path)


def test_a_dataset_goes_on_only_with_a_sound_history(tmp_path):
    """Provenance is read by the next run, too, which adds to it."""
    from store.toy_run import run  # noqa: PLC0415

    READERS["provenance"].build(tmp_path)
    path = tmp_path / "dl1" / "provenance.json"
    path.write_text(json.dumps({"activity": 7, "entity": []}))
    inputs = sorted(tmp_path.glob("*.json"))
    with pytest.raises(UserError, match=r"provenance.json"):
        run(tmp_path / "dl1", inputs, resume=True)
    assert len(open_store(tmp_path / "dl1").records) == len(inputs)
