"""Rows that are chosen are found by their values, whatever a footer says of them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.store import StoreError
from cta_columnar.store.parquet_files import read_file

# Eight bytes that stand nowhere else in a file.
OURS, OTHERS = 0x1122334455667788, 0x1122334455667799
SCHEMA = pa.schema(
    [
        pa.field("obs_id", pa.int64(), nullable=False),
        pa.field("event_id", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("image", pa.list_(pa.float32(), 3)),
    ]
)


def rows_of(obs_ids):
    n = len(obs_ids)
    image = np.arange(3 * n, dtype=np.float32)
    names = [f"n{number % 3}" for number in range(n)]
    columns = [obs_ids, range(n), names, np.split(image, max(n, 1))[:n]]
    arrays = [
        pa.array(list(values), field.type)
        for values, field in zip(columns, SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


@pytest.fixture
def lying(tmp_path):
    """A file of three groups whose statistics tell of another number in the second."""
    path = tmp_path / "a.parquet"
    pq.write_table(rows_of([1] * 4 + [OURS] * 4 + [2] * 4), path, row_group_size=4)
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little") + 8
    footer = content[-length:].replace(
        OURS.to_bytes(8, "little"), OTHERS.to_bytes(8, "little")
    )
    assert footer != content[-length:]
    path.write_bytes(content[:-length] + footer)
    return path


def test_statistics_hide_no_rows(lying):
    ours, others = (pc.field("obs_id") == each for each in (OURS, OTHERS))
    # Arrow believes them.
    assert pq.read_table(lying, filters=ours).num_rows == 0
    found = read_file(lying, ["event_id"], ours)
    assert found["event_id"].to_pylist() == [4, 5, 6, 7]
    assert read_file(lying, ["event_id"], others).num_rows == 0
    assert read_file(lying, None, ours)["image"].to_pylist()[0] == [12, 13, 14]


SELECTIONS = [
    pc.field("event_id") >= 5,
    (pc.field("obs_id") == 2) & (pc.field("event_id") < 6),
    pc.field("obs_id").isin([1, 3]),
    ~pc.field("obs_id").isin(list(range(100))),
    pc.field("name") == "n1",
    pc.field("name").isin(["n2"]) | (pc.field("event_id") == 0),
    pc.scalar(True),
    pc.scalar(False),
    pc.field("name").is_null(),
    # Of which it cannot be told.
    pc.field("event_id") > pa.scalar(None, pa.int64()),
]


@pytest.mark.parametrize("where", SELECTIONS, ids=str)
@pytest.mark.parametrize("names", [None, ["event_id"], ["image", "name"], ["obs_id"]])
@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 5))
def test_they_are_those_that_arrow_finds(
    tmp_path_factory, names, where, obs_ids, n_group
):
    path = tmp_path_factory.mktemp("selections") / "a.parquet"
    table = rows_of(obs_ids)
    pq.write_table(table, path, row_group_size=n_group)
    found = read_file(path, names, where, n_rows=len(obs_ids))
    expected = table.filter(where).select(names or SCHEMA.names)
    assert found.equals(expected)
    assert found.schema.equals(expected.schema)


def test_what_is_not_there_is_told(lying):
    for names, where in (
        (["event_id"], pc.field("nothing") == 1),
        (["nothing"], pc.field("event_id") == 1),
        (["nothing"], pc.scalar(False)),
    ):
        with pytest.raises(StoreError, match=r"cannot read .*nothing"):
            read_file(lying, names, where)
    with pytest.raises(StoreError, match="has 12 rows, 13 were written"):
        read_file(lying, ["event_id"], pc.field("obs_id") == 1, n_rows=13)
