"""Shards that are cut by events: every row is in exactly one block, and told if not."""

import os

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store import toy_run

from cta_columnar.schemas.tables import TABLES
from cta_columnar.store import (
    Block,
    BlockReader,
    StoreError,
    cut,
    open_store,
    parquet_events,
    part,
)
from cta_columnar.store.parquet_events import read_events

MAX = np.iinfo(np.int64).max

keys = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([-MAX, -2, -1, 0, 1, 2, 3, 7, MAX])),
    max_size=30,
)


def columns(events):
    array = np.array(events, np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


@given(keys, st.integers(1, 12))
def test_every_event_is_in_one_block(events, most):
    blocks = cut(*columns(events), most)
    held = np.array([each.holds(*columns(events)) for each in blocks])
    assert (held.sum(axis=0) == 1).all()
    sizes = [len({e for e, h in zip(events, row, strict=True) if h}) for row in held]
    n_events = len(set(events))
    assert len(blocks) == max(1, -(-n_events // most))
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1


@given(keys, keys, st.integers(1, 5))
def test_events_that_nobody_knew_of_are_in_one_block_too(events, others, most):
    blocks = cut(*columns(events), most)
    held = np.array([each.holds(*columns(others)) for each in blocks])
    assert (held.sum(axis=0) == 1).all()


@given(keys.filter(bool), st.integers(1, 4))
def test_a_block_of_which_rows_are_is_never_passed_over(events, most):
    found = parquet_events._ends(*columns(events))
    assert found == (min(events), max(events))
    for each in cut(*columns(events), most):
        if each.holds(*columns(events)).any():
            assert each.may_hold(*found)


@given(keys, st.integers(1, 12))
def test_a_block_is_what_its_text_says(events, most):
    for each in cut(*columns(events), most):
        assert Block.of(str(each)) == each


@given(keys, st.integers(1, 5), st.integers(1, 4))
def test_uses_of_a_shower_stay_together(events, most, n_together):
    blocks = cut(*columns(events), most, n_together)
    held = np.array([each.holds(*columns(events)) for each in blocks])
    assert (held.sum(axis=0) == 1).all()
    of = {}
    for event, number in zip(events, held.argmax(axis=0).tolist(), strict=True):
        of.setdefault((event[0], event[1] // n_together), set()).add(number)
    assert all(len(numbers) == 1 for numbers in of.values())
    for row in held:
        inside = {e for e, h in zip(events, row, strict=True) if h}
        assert len(inside) < most + n_together
        assert inside or not events


def test_texts():
    blocks = cut(*columns([(1, 5), (1, -1), (2, 0), (1, 5)]), 1)
    assert [str(each) for each in blocks] == ["..1/5", "1/5..2/0", "2/0.."]
    assert [each.is_first for each in blocks] == [True, False, False]
    assert [str(each) for each in cut(*columns([(1, 5), (2, 0)]), 2)] == [""]
    assert Block.of("").is_all
    for text in ("x", "1/2/3..", "1.."):
        with pytest.raises(ValueError, match=r"int|unpack"):
            Block.of(text)


N_EVENTS = 20


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Return a shard in row groups of three, whose events are in no order."""
    monkeypatch.setattr(part, "rows_per_group", lambda _: 3)
    tables_of = toy_run.tables_of

    def mixed(content):
        rng = np.random.default_rng(5)
        for name, batch, tel_type in tables_of(content):
            yield name, batch.take(pa.array(rng.permutation(len(batch)))), tel_type

    monkeypatch.setattr(toy_run, "tables_of", mixed)
    source = toy_run.write_input(tmp_path / "a", 7, N_EVENTS, first=-4)
    toy_run.run(tmp_path / "dl1", [source])
    return open_store(tmp_path / "dl1")


def blocks_of(store, most):
    rows = store.read("trigger", ["obs_id", "event_id"])
    return cut(*(rows[name].to_numpy() for name in rows.column_names), most)


def places(store):
    names = (name for name in store.tables() if not name.startswith("subarray/"))
    return [(n, t) for n in names for t in store.tel_types(n) or (None,)]


def rows_of(table):
    return sorted(map(repr, pl.from_arrow(table).rows()))


@pytest.mark.parametrize("most", [1, 3, 7, N_EVENTS])
def test_blocks_have_all_rows_once(store, most):
    blocks = [BlockReader(store, each) for each in blocks_of(store, most)]
    assert len(blocks) == -(-N_EVENTS // most)
    for table, tel_type in places(store):
        whole = store.read(table, tel_type=tel_type)
        read = [each.read(table, tel_type=tel_type) for each in blocks]
        assert {each.schema for each in read} == {whole.schema}
        assert rows_of(pa.concat_tables(read)) == rows_of(whole)
        names = whole.column_names
        if "event_id" not in TABLES[table].schema.names:
            assert {each.num_rows for each in read[1:]} <= {0}
        slices = [b for e in blocks for b in e.slices(table, names, tel_type)]
        assert sum(each.num_rows for each in slices) == whole.num_rows


def test_columns_are_those_that_were_asked_for(store):
    for each in blocks_of(store, 6):
        read = BlockReader(store, each).read("trigger", ["event_type", "event_id"])
        assert read.column_names == ["event_type", "event_id"]


def test_only_keys_are_read_of_row_groups_without_events(tmp_path, monkeypatch):
    """Damage of their other columns is not seen."""
    monkeypatch.setattr(part, "rows_per_group", lambda _: 3)
    source = toy_run.write_input(tmp_path / "a", 7, N_EVENTS)
    toy_run.run(tmp_path / "dl1", [source])
    store = open_store(tmp_path / "dl1")
    (path,) = store.paths("trigger")
    names = store.schema("trigger").names
    column = pq.read_metadata(path).row_group(6).column(names.index("event_type"))
    raw = bytearray(path.read_bytes())
    raw[column.data_page_offset + column.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(raw)
    wanted = ["event_id", "event_type"]
    first, *_, last = blocks_of_numbers(3)
    (batch,) = read_events(path, wanted, first)
    assert batch["event_id"].to_pylist() == [0, 1]
    with pytest.raises(StoreError, match=r"cannot read .*trigger"):
        list(read_events(path, wanted, last))


def blocks_of_numbers(most):
    numbers = np.arange(N_EVENTS)
    return cut(np.full(N_EVENTS, 7), numbers, most)


def with_statistics(path, change):
    """Write a file again whose footer says other keys: those of changed rows."""
    table = pq.read_table(path)
    other = path.with_suffix(".other")
    place = table.schema.get_field_index("event_id")
    ids = pa.array(change(table["event_id"].to_numpy()))
    changed = table.set_column(place, table.schema.field(place), ids)
    how = {
        "row_group_size": 3,
        "write_statistics": ["obs_id", "event_id"],
        "use_dictionary": False,
        "compression": "none",
        "store_schema": False,
    }
    pq.write_table(table, path, **how)
    pq.write_table(changed, other, **how)
    raw, wrong = path.read_bytes(), other.read_bytes()
    begin, where = len(raw) - footer_size(raw), len(wrong) - footer_size(wrong)
    assert begin == where
    path.write_bytes(raw[:begin] + wrong[where:])
    other.unlink()


def footer_size(raw):
    return int.from_bytes(raw[-8:-4], "little") + 8


def read_all(path, most):
    found = []
    for each in blocks_of_numbers(most):
        for batch in read_events(path, ["event_id"], each):
            found += batch["event_id"].to_pylist()
    return sorted(found)


@pytest.fixture
def numbered(tmp_path):
    path = tmp_path / "a.parquet"
    ids = np.arange(N_EVENTS)
    table = pa.table({"obs_id": np.full(N_EVENTS, 7), "event_id": ids})
    pq.write_table(table, path, row_group_size=3)
    return path


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize(
    "change",
    [lambda ids: ids + 1, lambda ids: 0 * ids, lambda ids: ids + 10**6, np.flip],
)
def test_wrong_statistics_lose_nothing(numbered, most, change):
    with_statistics(numbered, change)
    assert read_all(numbered, most) == list(range(N_EVENTS))


def test_keys_are_read_once_for_all_blocks(numbered, monkeypatch):
    read = []
    real = parquet_events._range
    monkeypatch.setattr(
        parquet_events,
        "_range",
        lambda *given: (read.append(given[2]), real(*given))[1],
    )
    assert read_all(numbered, 2) == list(range(N_EVENTS))
    assert read == list(range(-(-N_EVENTS // 3)))
    # Another file in its place is another one.
    os.utime(numbered, (1, 1))
    read_all(numbered, N_EVENTS)
    assert len(read) == 2 * -(-N_EVENTS // 3)


def test_other_rows_than_were_written_are_told(numbered):
    with pytest.raises(StoreError, match="20 rows, 21 were written"):
        list(read_events(numbered, ["event_id"], Block(), 21))
