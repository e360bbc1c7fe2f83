"""Every kind of damage is found and named; what is right is not complained about."""

import json
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from store.toy_run import LST, SST

from cta_columnar.digests import sha256_of
from cta_columnar.store import StoreError, open_store, validate
from cta_columnar.store.json_files import to_json
from cta_columnar.store.records import Record


def edit_manifest(root, change):
    path = root / "manifest.json"
    plain = json.loads(path.read_text())
    change(plain)
    path.write_bytes(to_json(plain))


def rewrite(root, name, change, tel_type=None):
    """Change the rows of a part, and its digest, so that nothing else is wrong."""
    path = open_store(root).paths(name, tel_type)[0]
    table = change(pq.read_table(path, partitioning=None))
    pq.write_table(table, path)
    _record_anew(root, path)


def _record_anew(root, path):
    name = path.relative_to(root).as_posix()

    def change(manifest):
        for shard in manifest["shards"]:
            for part in shard["parts"]:
                if part["path"] == name:
                    part["sha256"] = sha256_of(path)
                    part["size"] = path.stat().st_size

    edit_manifest(root, change)


def first_part(root, name="trigger", tel_type=None):
    return open_store(root).paths(name, tel_type)[0]


def with_column(table, name, values, **changes):
    at = table.schema.get_field_index(name)
    field = table.schema.field(name)
    for what, value in changes.items():
        field = getattr(field, f"with_{what}")(value)
    return table.set_column(at, field, values.cast(field.type))


def flip_a_byte(root):
    path = first_part(root)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def nulls(table):
    values = pa.chunked_array([pa.array([None] * table.num_rows, pa.float64())])
    return with_column(table, "hillas_width", values, nullable=True)


def rename_type(root, new, old="LST_Toy_Cam"):
    folder = root / "images" / f"tel_type={old}"
    target = folder.with_name(f"tel_type={new}")
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)

    def change(manifest):
        for shard in manifest["shards"]:
            gone = f"images/tel_type={new}"
            parts = [part for part in shard["parts"] if gone not in part["path"]]
            for part in parts:
                part["path"] = part["path"].replace(
                    f"images/tel_type={old}", f"images/tel_type={new}"
                )
            shard["parts"] = parts

    edit_manifest(root, change)


DAMAGE = {
    "missing part": (
        lambda root: first_part(root).unlink(),
        r"trigger/part-.*: missing",
    ),
    "cut part": (
        lambda root: first_part(root).write_bytes(first_part(root).read_bytes()[:-9]),
        r"trigger/part-.* bytes, \d+ expected",
    ),
    "flipped byte": (flip_a_byte, r"trigger/part-.*SHA-256 is not the recorded one"),
    "stray part": (
        lambda root: shutil.copy(
            first_part(root), root / "trigger" / "part-0000000009-00000-abc.parquet"
        ),
        r"trigger/part-0000000009.*no commit record lists it",
    ),
    "foreign file": (
        lambda root: (root / "trigger" / "notes.txt").touch(),
        r"trigger/notes.txt: not a file of this dataset",
    ),
    "leftovers": (
        lambda root: (
            (root / "_tmp" / "abc-host.1.2").mkdir(parents=True)
            or (root / "_tmp" / "abc-host.1.2" / "part.parquet").touch()
        ),
        r"_tmp/.*left over",
    ),
    "rows": (
        lambda root: rewrite(root, "trigger", lambda table: table.slice(1)),
        r"trigger/part-.*: 19 rows, 20 expected",
    ),
    "a key twice": (
        lambda root: rewrite(
            root, "trigger", lambda t: pa.concat_tables([t.slice(0, 19), t.slice(3, 1)])
        ),
        r"obs_id 1, event_id 3 occurs twice",
    ),
    "an event outside of the ranges": (
        lambda root: rewrite(
            root,
            "showers",
            lambda t: with_column(t, "event_id", pa.chunked_array([range(1, 21)])),
        ),
        r"showers/part-.*obs_id 1, event_id 20 is outside",
    ),
    "a stray telescope event": (
        lambda root: rewrite(
            root,
            "trigger",
            lambda t: pa.concat_tables([t.slice(0, 5), t.slice(6)]),
        ),
        rf"images {LST}: 1 events of .*1.json are not in trigger.*event_id 5",
    ),
    "nulls": (
        lambda root: rewrite(root, "parameters", nulls, SST),
        r"column hillas_width has 20 nulls",
    ),
    "another type": (
        lambda root: rewrite(
            root,
            "trigger",
            lambda t: with_column(t, "n_tels_with_data", t[6], type=pa.int64()),
        ),
        r"column n_tels_with_data: type is int64, expected int32",
    ),
    "another unit": (
        lambda root: rewrite(
            root,
            "showers",
            lambda t: with_column(
                t,
                "true_energy",
                t["true_energy"],
                metadata={"unit": "GeV", "description": "x"},
            ),
        ),
        r"column true_energy: unit is 'GeV', expected 'TeV'",
    ),
    "a column less": (
        lambda root: rewrite(root, "trigger", lambda t: t.drop_columns(["time"])),
        r"column time is missing",
    ),
    "an undeclared column": (
        lambda root: rewrite(
            root,
            "trigger",
            lambda t: t.append_column(pa.field("x", pa.int8(), False), t[2].cast("i1")),
        ),
        r"column x: it does not say its unit",
    ),
    "columns that differ between parts": (
        lambda root: rewrite(
            root, "parameters", lambda t: t.drop_columns(["hillas_width"]), LST
        ),
        r"its columns differ from those of",
    ),
    "unknown telescope type": (
        lambda root: rename_type(root, "X"),
        r"images/tel_type=X/.*no telescope type X in the array",
    ),
    "number of pixels": (
        lambda root: rename_type(root, "SST_Toy%2FCam%202"),
        r"column image has 7 pixels, the camera 5",
    ),
    "another array": (
        lambda root: edit_manifest(
            root, lambda m: [s.update(subarray_digest="ab") for s in m["shards"]]
        ),
        r"subarray: the array is not that of the commit records",
    ),
    "a table of the array less": (
        lambda root: (root / "subarray" / "pulses.parquet").unlink(),
        r"subarray/pulses.parquet: missing",
    ),
    "a wrong sum": (
        lambda root: edit_manifest(root, lambda m: m["rows"].update(trigger=9)),
        r"manifest.json: rows is not what",
    ),
    "a manifest of something else": (
        lambda root: (root / "manifest.json").write_text('{"version": 3}'),
        r"manifest.json is not the manifest of a cta_columnar dataset",
    ),
    "a changed record": (
        lambda root: edit_manifest(
            root, lambda m: m["shards"][0]["shard"].update(block="x")
        ),
        r"manifest.json: not a commit record.*key does not fit",
    ),
    "an unfinished run": (
        lambda root: (
            (root / "manifest.json").rename(root / "_commits") and _unpack(root)
        ),
        r"manifest.json: missing, the run is not finished",
    ),
}


def _unpack(root):
    manifest = json.loads((root / "_commits").read_text())
    (root / "_commits").unlink()
    (root / "_commits").mkdir()
    for shard in manifest["shards"]:
        path = root / "_commits" / f"{shard['shard_key']}.json"
        path.write_bytes(to_json(Record.from_plain(shard).to_plain()))


def test_a_dataset_as_it_should_be(dataset):
    assert validate(dataset) == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(dataset, damage):
    inflict, complaint = DAMAGE[damage]
    inflict(dataset)
    problems = validate(dataset)
    pattern = re.compile(complaint)
    assert any(pattern.search(problem) for problem in problems), problems


def test_every_missing_part_is_named(dataset):
    parts = [part for record in open_store(dataset).records for part in record.parts]
    for part in parts:
        (dataset / part.path).unlink()
    problems = validate(dataset)
    assert {f"{part.path}: missing" for part in parts} <= set(problems)


def test_no_dataset(tmp_path):
    (problem,) = validate(tmp_path)
    assert "neither manifest.json nor _commits/" in problem


def test_a_damaged_part_cannot_be_read_unnoticed(dataset):
    path = first_part(dataset, "images", LST)
    content = bytearray(path.read_bytes())
    for at in range(100, 140):
        content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot read"):
        open_store(dataset).read("images", tel_type=LST, verify=True)
    Path(path).write_bytes(b"PAR1")
    with pytest.raises(StoreError, match=r"cannot read .*part-"):
        open_store(dataset).read("images", tel_type=LST)
