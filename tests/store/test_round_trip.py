"""What is written is what is read, and a plain glob is enough to read it."""

import json

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from store.toy_run import (
    IDENTITY,
    LST,
    PIXELS,
    SST,
    run,
    tables_of,
    toy_subarray,
    work,
    write_input,
)

from cta_columnar.schemas import dl1
from cta_columnar.store import (
    Input,
    Shard,
    ShardWriter,
    StoreError,
    open_store,
    prepare,
)


def expected(inputs, name, tel_type=None):
    batches = [
        batch
        for path in inputs
        for table, batch, kind in tables_of(json.loads(path.read_text()))
        if (table, kind) == (name, tel_type)
    ]
    return pa.Table.from_batches(batches)


@pytest.mark.parametrize(
    ("name", "tel_type"),
    [("trigger", None), ("showers", None), ("images", LST), ("parameters", SST)],
)
def test_rows_come_back_with_types_and_units(dataset, inputs, name, tel_type):
    store = open_store(dataset)
    found = store.read(name, tel_type=tel_type)
    assert found.equals(expected(inputs, name, tel_type))
    schema = expected(inputs, name, tel_type).schema
    assert found.schema.equals(schema, check_metadata=True)
    assert store.rows(name, tel_type) == found.num_rows


def test_columns_rows_and_shards_can_be_chosen(dataset):
    store = open_store(dataset)
    columns = ["event_id", "obs_id"]
    some = store.read("trigger", columns, where=pc.field("event_id") >= 30)
    assert some.column_names == columns
    assert some.to_pydict() == {"event_id": [*range(30, 40)], "obs_id": [4] * 10}
    record = store.records[1]
    shard = store.read("parameters", ["obs_id"], tel_type=LST, shard=record.key)
    assert set(shard["obs_id"].to_pylist()) == {2}
    assert store.read("trigger", ["time"], verify=True).num_rows == 63


def test_scan_knows_the_listed_parts_only(dataset):
    store = open_store(dataset)
    stray = dataset / "trigger" / "part-0000000009-00000-abc.parquet"
    stray.write_bytes((dataset / store.records[0].parts[0].path).read_bytes())
    assert store.scan("trigger").collect().height == 63
    frame = store.scan("parameters").group_by("tel_type").len().sort("tel_type")
    assert frame.collect().rows() == [(LST, 63), (SST, 63)]
    image = store.scan("images", tel_type=SST).select("image").collect()
    assert image.schema["image"] == pl.Array(pl.Float32, PIXELS[SST])


def test_images_of_two_cameras_do_not_mix(dataset):
    with pytest.raises(StoreError, match=f"name one tel_type of {LST}, {SST}"):
        open_store(dataset).scan("images")


def test_a_plain_glob_reads_a_finished_dataset(dataset):
    frame = pl.scan_parquet(f"{dataset}/parameters/*/*.parquet", hive_partitioning=True)
    assert frame.select("tel_type").unique().collect().height == 2
    assert pl.read_parquet(f"{dataset}/trigger/*.parquet").height == 63
    assert pl.read_parquet(f"{dataset}/simulation/runs/*.parquet").height == 4


def test_parts_are_named_in_order_of_observation(dataset):
    names = sorted(path.name for path in (dataset / "trigger").iterdir())
    records = open_store(dataset).records
    content = [p.sha256[:12] for r in records for p in r.parts if p.path[:2] == "tr"]
    assert names == [
        f"part-{n:010d}-00000-{record.key}-{digits}.parquet"
        for n, (record, digits) in enumerate(zip(records, content, strict=True), 1)
    ]


def test_what_is_there(dataset):
    store = open_store(dataset)
    assert store.is_finished
    assert store.identity == IDENTITY
    tables = store.tables()
    assert tables["images"] == (LST, SST)
    assert tables["trigger"] == ()
    assert "subarray/cameras" in tables
    assert store.units("parameters")["hillas_length"] == "deg"
    assert store.units("images", LST)["image"] == "p.e."
    assert store.subarray() == toy_subarray()
    assert store.read("subarray/telescopes").num_rows == 2
    assert "4 shards" in repr(store)
    assert [record.counts["events"] for record in store.records] == [20, 3, 0, 40]
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert manifest["counts"] == {"events": 63}
    assert manifest["rows"]["images"] == 126
    ranges = [[(r.first, r.last) for r in record.id_ranges] for record in store.records]
    assert ranges == [[(0, 19)], [(0, 2)], [], [(0, 39)]]


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda s: s.read("tigger"), "no table 'tigger'; did you mean 'trigger'"),
        (
            lambda s: s.read("trigger", ["tim"]),
            "no 'tim' in.*did you mean 'time'",
        ),
        (lambda s: s.scan("images", "LST"), f"no telescope type 'LST'.*{LST}"),
        (lambda s: s.scan("trigger", LST), "'trigger' has all telescope types"),
        (
            lambda s: s.scan("telescopes"),
            "'telescopes': stage2 and stage3 make it, this is a dataset of stage1",
        ),
        (
            lambda s: s.scan("calibration/flatfield", LST),
            "no table 'calibration/flatfield'; .*known: ",
        ),
        (lambda s: open_store(s.root / "nowhere"), "does not exist"),
        (lambda s: open_store(s.root / "manifest.json"), "is not a folder"),
        (
            lambda s: open_store(s.root / "trigger"),
            "neither manifest.json nor",
        ),
    ],
)
def test_wrong_questions_get_helpful_answers(dataset, ask, answer):
    with pytest.raises(StoreError, match=answer):
        ask(open_store(dataset))


def test_a_dataset_without_events_is_valid_and_globs_work(tmp_path):
    run(tmp_path / "dl1", [write_input(tmp_path / "a", 7, 0)])
    store = open_store(tmp_path / "dl1")
    frame = pl.scan_parquet(f"{tmp_path}/dl1/trigger/*.parquet").collect()
    assert frame.height == 0
    assert frame.columns == dl1.TRIGGER.names
    # No telescope has rows, but the array tells how long its images would be.
    images = store.scan("images", tel_type=LST).collect()
    assert images.schema["image"] == pl.Array(pl.Float32, PIXELS[LST])
    assert store.read("parameters", tel_type=SST).num_rows == 0
    assert store.rows("trigger") == 0


def test_bytes_do_not_depend_on_batches(tmp_path, inputs, hashes):
    found = []
    for batch_rows in (1, 7, 1000):
        root = tmp_path / str(batch_rows)
        previous = prepare(root, IDENTITY)
        work(root, inputs[0], IDENTITY, previous, batch_rows)
        found.append(hashes(root))
    assert found[0] == found[1] == found[2]


def test_parts_are_written_with_checksums_and_tell_reproducible_facts_only(dataset):
    store = open_store(dataset)
    path = store.paths("images", LST)[0]
    metadata = pq.read_metadata(path).metadata
    facts = {
        k.decode(): v.decode() for k, v in metadata.items() if k != b"ARROW:schema"
    }
    record = store.records[0]
    assert facts == {
        "cta_columnar.table": "images",
        "cta_columnar.tel_type": LST,
        "cta_columnar.stage": "stage1",
        "cta_columnar.schema_version": IDENTITY.schema_version,
        "cta_columnar.config_digest": "config-a",
        "cta_columnar.code_digest": "code-a",
        "cta_columnar.input_digest": record.shard.input_digest,
        "cta_columnar.shard_key": record.key,
    }
    column = pq.read_metadata(path).row_group(0).column(3)
    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert column.compression == "ZSTD"
    keys = pq.read_metadata(path).row_group(0).column(1)
    assert (keys.statistics.min, keys.statistics.max) == (0, 19)


def test_long_tables_have_row_groups_of_one_size(tmp_path):
    shard = Shard(IDENTITY, (Input("x", "d", 1),))
    n = 150_000
    rng = np.random.default_rng(0)
    content = {"obs_id": 1, "n": n, "first": 0, "seed": 0}
    name, batch, _ = next(tables_of(content))
    starts = np.sort(rng.integers(0, n, 9))
    with ShardWriter(tmp_path, shard) as writer:
        for start, stop in zip([0, *starts], [*starts, n], strict=True):
            writer.append(name, batch.slice(start, stop - start))
        record = writer.commit()
    metadata = pq.read_metadata(tmp_path / record.parts[0].path)
    groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert groups == [65_536, 65_536, n - 2 * 65_536]
    assert open_store(tmp_path).read(name).equals(pa.Table.from_batches([batch]))
