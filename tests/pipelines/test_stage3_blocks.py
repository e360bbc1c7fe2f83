"""Stage 3 on blocks of large shards: the rows are those of uncut ones."""

import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import toy_dl2 as toys
from toy_dl2 import OBS_IDS, save_toy_models, toy_dl2
from toy_predictions import LST, MST, toy_classes

from cta_columnar import run
from cta_columnar.digests import sha256_of
from cta_columnar.store import (
    TrainingShare,
    open_store,
    part,
    run_digests,
    save_training_share,
    validate,
)

N_EVENTS = 40
TABLES = ("events", "trigger", "showers")
OF_RUNS = ("simulation/runs", "simulation/thrown", "simulation/atmosphere", "pointing")


@pytest.fixture(scope="module")
def dl2(tmp_path_factory):
    """Return a dataset of stage 2, two shards of 40 events in no order."""
    in_order = toys.toy_frames

    def mixed(*args, **how):
        events, by_type, more = in_order(*args, **how)
        # Two uses of each shower.
        ids = pl.col("event_id") // 2
        events = events.with_columns(ids)
        by_type = {name: frame.with_columns(ids) for name, frame in by_type.items()}
        shuffled = {
            tel_type: frame.sample(fraction=1.0, shuffle=True, seed=7)
            for tel_type, frame in by_type.items()
        }
        return events.sample(fraction=1.0, shuffle=True, seed=5), shuffled, more

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toys, "toy_frames", mixed)
        patch.setattr(part, "rows_per_group", lambda _: 3)
        return toy_dl2(tmp_path_factory.mktemp("toy") / "dl2", N_EVENTS)


@pytest.fixture(scope="module")
def models(dl2, tmp_path_factory):
    """Return models of all tasks that were trained on half of the first run."""
    root = save_toy_models(tmp_path_factory.mktemp("toy") / "models", toy_classes())
    digests = run_digests(open_store(dl2))
    trained = (OBS_IDS[0], digests[OBS_IDS[0]])
    save_training_share(root, TrainingShare(3, 0.5, (trained,)))
    return root


def stage3(dl2, models, root, treatment="keep", **how):
    how = {"workers": 1, "trained_on": treatment} | how
    return run("stage3", input=dl2, models=models, output=root, **how)


@pytest.fixture(scope="module")
def whole(dl2, models, tmp_path_factory):
    """Return what comes of uncut shards; not to be changed."""
    root = tmp_path_factory.mktemp("whole") / "full"
    stage3(dl2, models, root)
    return root


def rows(root, table, tel_type=None):
    frame = pl.from_arrow(open_store(root).read(table, tel_type=tel_type))
    keys = [n for n in ("obs_id", "event_id", "tel_id") if n in frame.columns]
    return frame.sort(keys) if keys else frame


def cut_flow(root):
    names = ["stage", "tel_type", "cut", "position"]
    return rows(root, "cut_flow").group_by(names).agg(pl.exclude(names).sum())


def assert_same(root, other):
    assert validate(root) == []
    assert open_store(root).tables() == open_store(other).tables()
    for table in (*TABLES, *OF_RUNS):
        assert rows(root, table).equals(rows(other, table)), table
    for table in ("parameters", "telescopes"):
        for tel_type in (LST, MST):
            found, wanted = (rows(each, table, tel_type) for each in (root, other))
            assert found.equals(wanted), (table, tel_type)
    one, two = (set(cut_flow(each).rows()) for each in (root, other))
    assert one == two


@pytest.mark.parametrize(("n_events", "treatment"), [(1, "keep"), (7, "drop")])
def test_rows_are_those_of_uncut_shards(dl2, models, tmp_path, n_events, treatment):
    uncut, root = tmp_path / "uncut", tmp_path / "full"
    summary = stage3(dl2, models, uncut, treatment)
    found = stage3(dl2, models, root, treatment, block_size=n_events)
    assert_same(root, uncut)
    assert found.counts == summary.counts
    assert set(found.warnings) == set(summary.warnings)
    records = open_store(root).records
    n_blocks = {1: N_EVENTS // 2, 7: 6}[n_events]
    assert len(records) == 2 * n_blocks
    for each in records:
        # Uses of a shower stay together.
        assert all(ids.first % 100 == 0 for ids in each.id_ranges)
    assert {each.shard.n_shards for each in records} == {n_blocks}
    for each in records:
        is_first = each.shard.seq == 0
        there = {p.place.table for p in each.parts if p.rows}
        assert (set(OF_RUNS) <= there) == is_first
        assert set(OF_RUNS).isdisjoint(there) != is_first


def test_few_events_are_no_blocks(dl2, models, whole, tmp_path):
    stage3(dl2, models, tmp_path / "full", block_size=N_EVENTS)
    for root in (whole, tmp_path / "full"):
        for each in open_store(root).records:
            assert (each.shard.block, each.shard.n_shards) == ("", 1)
    assert_same(tmp_path / "full", whole)


def parts(root):
    return {p.relative_to(root): sha256_of(p) for p in root.rglob("part-*.parquet")}


def test_workers_and_lost_blocks_do_not_matter(dl2, models, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    stage3(dl2, models, one, block_size=7)
    stage3(dl2, models, two, block_size=7, workers=2)
    assert parts(one) == parts(two)
    lost = sorted(two.rglob("events/part-*.parquet"))[3]
    lost.unlink()
    summary = stage3(dl2, models, two, block_size=7, resume=True)
    assert summary.n_shards_kept == len(open_store(two).records) - 1
    assert parts(one) == parts(two)


def test_blocks_are_cut_further(dl2, models, whole, tmp_path):
    """Numbers go on, so that parts are listed in order of events."""
    uncut, cut, again = (tmp_path / name for name in ("uncut", "cut", "again"))
    other = {"energy": {"prefix": "other"}, "particle": None, "disp": None}
    other |= {"energy_error": False, "direction_error": False}
    stage3(dl2, models, cut, block_size=15)
    stage3(whole, models, uncut, **other)
    stage3(cut, models, again, block_size=4, **other)
    assert_same(again, uncut)
    for obs_id in OBS_IDS:
        shards = [
            each.shard
            for each in open_store(again).records
            if each.id_ranges[0].obs_id == obs_id
        ]
        assert len(shards) > 6
        assert [each.seq for each in shards] == list(range(len(shards)))
    names = sorted((again / "events").iterdir())
    ranges = [
        (table["obs_id"][0].as_py(), pc.min_max(table["event_id"]).as_py())
        for table in map(pq.read_table, names)
    ]
    ordered = [(obs_id, ids["min"], ids["max"]) for obs_id, ids in ranges]
    assert ordered == sorted(ordered)
