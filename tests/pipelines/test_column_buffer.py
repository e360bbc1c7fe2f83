"""Rows of many batches become one, whatever they are held in."""

import numpy as np
import pyarrow as pa
import pytest

from cta_columnar.pipelines.stage1.column_buffer import ROWS_AT_ONCE, ColumnBuffer

SCHEMA = pa.schema(
    [("event_id", pa.int64()), ("x", pa.float32()), ("name", pa.string())]
)


def columns(first: int, n_rows: int) -> dict[str, object]:
    ids = np.arange(first, first + n_rows)
    names = pa.array([f"event {i}" for i in ids], pa.string())
    return {"event_id": pa.array(ids), "x": ids.astype("f4"), "name": names, "other": 1}


def test_rows_keep_their_order() -> None:
    buffer = ColumnBuffer(SCHEMA)
    for first, n_rows in ((0, 3), (3, 0), (3, 4)):
        buffer.add(columns(first, n_rows), n_rows)
    rows = buffer.take()
    assert rows.schema == SCHEMA
    assert rows["event_id"].to_pylist() == list(range(7))
    assert rows["x"].to_pylist() == list(range(7))
    assert rows["name"][6].as_py() == "event 6"


def test_what_was_taken_is_gone() -> None:
    buffer = ColumnBuffer(SCHEMA)
    buffer.add(columns(0, ROWS_AT_ONCE), ROWS_AT_ONCE)
    assert buffer.is_full
    assert buffer.take().num_rows == ROWS_AT_ONCE
    assert not buffer.is_full
    assert buffer.is_empty
    buffer.add(columns(9, 1), 1)
    assert buffer.take()["event_id"].to_pylist() == [9]


def test_no_rows_are_not_nothing() -> None:
    """They make sure that a table exists."""
    buffer = ColumnBuffer(SCHEMA)
    assert buffer.is_empty
    buffer.add(columns(0, 0), 0)
    assert not buffer.is_empty
    assert buffer.take().num_rows == 0


def test_numpy_and_arrow_mixed() -> None:
    buffer = ColumnBuffer(pa.schema([("x", pa.float64())]))
    buffer.add({"x": np.array([1.0])}, 1)
    buffer.add({"x": pa.array([2.0])}, 1)
    assert buffer.take()["x"].to_pylist() == [1.0, 2.0]


def test_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match="x"):
        ColumnBuffer(SCHEMA).add({"event_id": np.zeros(1)}, 1)
