"""Large shards of DL1 cut by events: the rows of stage 2 are those of uncut ones."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from framed_files import contents, write
from runs.commands import SETTINGS, hashes, stage1, stage2, start
from runs.test_sections import of_run, parts, summed, tables

from cta_columnar import open_store
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan import plan
from cta_columnar.pipelines.planning.planned import run_planned
from cta_columnar.pipelines.planning.status import status
from cta_columnar.provenance import Activity
from cta_columnar.schemas.event_types import CALIBRATION_TYPES
from cta_columnar.sources import sections
from cta_columnar.store import (
    Contents,
    ShardWriter,
    Store,
    cut,
    finalize,
    merge,
    part,
    prepare,
    recorded,
    validate,
)

SKIP = "source.skip_calibration_events=true"
OF_RUNS = (
    "simulation/runs",
    "simulation/thrown",
    "simulation/atmosphere",
    "pointing",
)


def size(n_events):
    return {"set": (f"block_size={n_events}",)}


@pytest.fixture(scope="module")
def dl1(tmp_path_factory):
    """Return DL1 of two files, a shard each, with calibration events."""
    folder = tmp_path_factory.mktemp("dl1")
    one = write(folder / "a.simtel.zst", contents())
    two = write(folder / "b.simtel.zst", of_run(2, contents()[:-4] + contents()[-1:]))
    stage1([one, two], folder / "dl1")
    return folder / "dl1"


@pytest.fixture(scope="module")
def mixed(dl1):
    """Return the same with events in no order, in row groups of two."""
    root = dl1.parent / "mixed"
    store = open_store(dl1)
    previous = prepare(root, store.identity)
    rng = np.random.default_rng(3)
    with pytest.MonkeyPatch.context() as patch, recorded(root, Activity("stage1", {})):
        patch.setattr(part, "rows_per_group", lambda _: 2)
        for record in store.records:
            shard = Store(dl1, Contents((record,), ()))
            _write_mixed(shard, root, record, rng, previous)
        finalize(root)
    return root


def _write_mixed(store, root, record, rng, previous):
    with ShardWriter(root, record.shard, store.subarray(), previous=previous) as writer:
        for table, types in store.tables().items():
            if table.startswith("subarray/"):
                continue
            for tel_type in types or (None,):
                rows = store.read(table, tel_type=tel_type)
                if table not in OF_RUNS:
                    order = rng.permutation(rows.num_rows)
                    rows = rows.take(pa.array(order))
                writer.append(table, rows.combine_chunks(), tel_type)
        writer.commit(record.counts, record.info)


@pytest.fixture(scope="module")
def whole(dl1):
    """Return DL2 of it, uncut."""
    root = dl1.parent / "dl2"
    stage2(dl1, root)
    return root


@pytest.fixture(scope="module")
def made(dl1):
    """Return DL2 of it in blocks of three events; not to be changed."""
    root = dl1.parent / "cut"
    stage2(dl1, root, **size(3))
    return root


def n_blocks(dl1, n_events):
    store = open_store(dl1)
    found = []
    for record in store.records:
        rows = store.read("trigger", ["obs_id", "event_id"], shard=record.key)
        keys = (rows[name].to_numpy() for name in rows.column_names)
        found.append(len(cut(*keys, n_events, 100)))
    return found


def uses_of(root, record):
    store = open_store(root)
    return store.read("trigger", ["obs_id", "event_id"], shard=record.key).to_pylist()


def assert_same(found, expected):
    assert validate(found) == []
    found, expected = tables(found), tables(expected)
    assert found.keys() == expected.keys()
    for key, rows in expected.items():
        one, other = found[key], rows
        if key[0] == "cut_flow":
            one, other = summed(one), summed(other)
        assert one.equals(other), key


def test_nothing_is_cut_by_default(dl1, whole):
    records = open_store(whole).records
    assert len(records) == len(open_store(dl1).records) == 2
    for each in records:
        assert (each.shard.seq, each.shard.block, each.shard.n_shards) == (0, "", 1)
        assert "n_shards" not in each.to_plain()["shard"]


@pytest.mark.parametrize(
    "n_events", [1, pytest.param(4, marks=pytest.mark.full), 10**6]
)
@pytest.mark.parametrize("order", ["dl1", "mixed"])
def test_rows_are_those_of_uncut_shards(request, whole, tmp_path, n_events, order):
    """Calibration events are in blocks of their own, of which no event comes."""
    dataset = request.getfixturevalue(order)
    summary = stage2(dataset, tmp_path / "dl2", **size(n_events))
    assert_same(tmp_path / "dl2", whole)
    records = open_store(tmp_path / "dl2").records
    blocks = n_blocks(dataset, n_events)
    assert sorted(r.shard.n_shards for r in records) == sorted(
        n for n in blocks for _ in range(n)
    )
    uncut = open_store(whole)
    assert summary.counts["events"] == uncut.rows("events") > 20
    assert summary.counts["telescope_events"] == uncut.rows("telescopes")
    n_rows = [each.counts["events"] for each in records]
    assert n_events != 1 or min(n_rows) == 0
    assert n_events != 10**6 or min(n_rows) > 0
    showers = [
        {(e["obs_id"], e["event_id"] // 100) for e in uses_of(tmp_path / "dl2", r)}
        for r in records
    ]
    assert sum(map(len, showers)) == len(set.union(*showers))
    trigger = uncut.read("trigger", ["event_type"])["event_type"].to_numpy()
    assert np.isin(trigger, list(CALIBRATION_TYPES)).any()


def test_what_is_of_runs_is_in_the_first_block(made):
    store = open_store(made)
    for record in store.records:
        rows = {
            t: sum(p.rows for p in record.parts if p.place.table == t) for t in OF_RUNS
        }
        assert all(rows.values()) == (record.shard.seq == 0), rows
        assert any(rows.values()) == (record.shard.seq == 0), rows
        assert bool(record.runs) == (record.shard.seq == 0)
    pointing = store.read("events", ["array_pointing_alt"])[0].to_numpy()
    assert np.isfinite(pointing).all()


def test_parts_are_listed_in_order_of_events(tmp_path, monkeypatch):
    """Also where sections of a file are cut further."""
    monkeypatch.setattr(sections, "SECTION_BYTES", 4 << 20)
    raw = write(tmp_path / "a.simtel.zst", contents())
    stage1([raw], tmp_path / "dl1", set=(*SETTINGS, SKIP))
    n_sections = len(open_store(tmp_path / "dl1").records)
    stage2(tmp_path / "dl1", tmp_path / "dl2")
    stage2(tmp_path / "dl1", tmp_path / "cut", **size(2))
    assert_same(tmp_path / "cut", tmp_path / "dl2")
    shards = [each.shard for each in open_store(tmp_path / "cut").records]
    assert [each.seq for each in shards] == list(range(len(shards)))
    assert len({each.family for each in shards}) == n_sections > 1
    names = sorted((tmp_path / "cut" / "events").iterdir())
    events = pl.concat([pl.read_parquet(name)["event_id"] for name in names])
    assert events.is_sorted()
    assert len(names) == len(shards) > n_sections


def test_workers_do_not_matter(dl1, made, tmp_path):
    stage2(dl1, tmp_path / "dl2", workers=2, **size(3))
    assert hashes(tmp_path / "dl2") == hashes(made)


def test_a_lost_block_is_made_again(dl1, made, tmp_path):
    root = tmp_path / "dl2"
    stage2(dl1, root, **size(3))
    n_shards = len(open_store(root).records)
    sorted((root / "events").iterdir())[2].unlink()
    summary = stage2(dl1, root, resume=True, **size(3))
    assert summary.n_shards_kept == n_shards - 1
    assert hashes(root) == hashes(made)
    assert stage2(dl1, root, resume=True, **size(3)).n_shards_kept == n_shards
    for other in ({}, size(4)):
        with pytest.raises(UserError, match="another config"):
            stage2(dl1, root, resume=True, **other)


def test_killed_between_blocks(dl1, made, tmp_path):
    """What is begun does not count before all of its blocks are there."""
    root = tmp_path / "dl2"
    process = start(
        *("stage2", [dl1], root, "--workers", 1, "--set", "block_size=3"),
        fault="after-record:3",
    )
    process.communicate(timeout=120)
    assert process.returncode < 0
    store = open_store(root)
    assert (store.records, len(store.contents.begun)) == ((), 3)
    planned = stage2(dl1, root, dry_run=True, resume=True, **size(3)).shards
    assert [each.is_done for each in planned].count(True) == 3
    first, second = n_blocks(dl1, 3)
    assert [each.place for each in planned] == [
        f"{n} of {many}" for many in (first, second) for n in range(1, many + 1)
    ]
    assert stage2(dl1, root, resume=True, **size(3)).n_shards_kept == 3
    assert parts(root) == parts(made)


def test_elements_of_a_plan(dl1, made, tmp_path):
    root = tmp_path / "dl2"
    planned = plan("stage2", input=dl1, output=root, elements=3, **size(3)).plan
    sizes = {record.key: record.size for record in open_store(dl1).records}
    for key, size_of_shard in sizes.items():
        own = [p.size for p in planned.pieces if p.inputs[0].endswith(key)]
        assert set(own) == {size_of_shard // len(own)}
    assert status(root).n_done == 0
    for number in (2, 0, 1):
        run_planned(root, number)
    assert hashes(root) == hashes(made)
    found = status(root)
    assert found.state == "finished"
    assert found.n_done == found.n_shards == len(planned.pieces)


def test_datasets_of_blocks_are_merged(made, tmp_path):
    raw = write(tmp_path / "c.simtel.zst", of_run(3, contents()))
    stage1([raw], tmp_path / "dl1")
    stage2(tmp_path / "dl1", tmp_path / "other", **size(3))
    merge([made, tmp_path / "other"], tmp_path / "all")
    assert validate(tmp_path / "all") == []
    records = open_store(tmp_path / "all").records
    assert len(records) == len(open_store(made).records) + len(
        open_store(tmp_path / "other").records
    )


def test_a_shard_of_no_events_is_not_cut(dl1, tmp_path):
    """The first shard loses its rows."""
    root = tmp_path / "empty"
    store = open_store(dl1)
    first = store.records[0]
    alone = Store(dl1, Contents((first,), ()))
    with recorded(root, Activity("stage1", {})):
        previous = prepare(root, store.identity)
        with ShardWriter(
            root, first.shard, store.subarray(), previous=previous
        ) as writer:
            for table, types in alone.tables().items():
                if not (types or table.startswith("subarray/")):
                    rows = alone.read(table)
                    writer.append(table, rows if table in OF_RUNS else rows[:0])
            writer.commit(first.counts)
        finalize(root)
    stage2(root, tmp_path / "dl2", **size(1))
    (record,) = open_store(tmp_path / "dl2").records
    assert (record.shard.block, record.counts["events"]) == ("", 0)
