"""Many small files are read together, and are what they are one by one."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cta_columnar.store import StoreError, parquet_bounds
from cta_columnar.store.parquet_files import read_file, read_small_files

SCHEMA = pa.schema(
    [
        pa.field("obs_id", pa.int64(), metadata={b"description": b"number"}),
        pa.field("energy", pa.float32(), metadata={b"unit": b"TeV"}),
        pa.field("is_valid", pa.bool_()),
        pa.field("time", pa.timestamp("ns")),
        pa.field("seeds", pa.list_(pa.field("element", pa.int64(), nullable=False))),
    ]
)


def written(folder, n_files=5):
    paths = []
    for number in range(n_files):
        columns = {
            "obs_id": [number, number],
            "energy": [float("nan"), -0.0],
            "is_valid": [True, False],
            "time": [1, 2],
            "seeds": [[], [1, number]],
        }
        paths.append(folder / f"{number}.parquet")
        pq.write_table(pa.table(columns, SCHEMA), paths[-1])
    return paths


def test_together_they_are_what_they_are_one_by_one(tmp_path):
    paths = written(tmp_path)
    wanted = pa.schema(
        [SCHEMA.field(name) for name in ("energy", "seeds", "time", "obs_id")]
    )
    together = read_small_files(paths, wanted)
    alone = pa.concat_tables(read_file(path, wanted.names) for path in paths)
    assert together.schema.equals(wanted, check_metadata=True)
    for name in ("energy", "time", "obs_id"):
        one, other = (t[name].combine_chunks() for t in (together, alone))
        assert one.to_numpy().tobytes() == other.to_numpy().tobytes()
    assert together["seeds"].to_pylist() == [[], [1, 0], [], [1, 1]] + [
        each for number in (2, 3, 4) for each in ([], [1, number])
    ]


def test_what_is_amiss_is_left_to_others(tmp_path):
    paths = written(tmp_path)
    assert read_small_files(paths[:2], SCHEMA) is None
    texts = pa.schema([pa.field("name", pa.string())])
    assert read_small_files(paths, texts) is None
    assert read_small_files([*paths, tmp_path / "none"], SCHEMA) is None
    wide = SCHEMA.set(0, pa.field("obs_id", pa.int32()))
    assert read_small_files(paths, wide) is None
    paths[3].write_bytes(paths[3].read_bytes()[:-20])
    assert read_small_files(paths, SCHEMA) is None


def test_long_lists_are_refused_before_they_are_read(tmp_path, monkeypatch):
    """However few rows there are: a few bytes stand for any number of equal values."""
    paths = written(tmp_path)
    columns = {"obs_id": [1], "energy": [1.0], "is_valid": [True], "time": [1]}
    pq.write_table(pa.table({**columns, "seeds": [[7] * 100_000]}, SCHEMA), paths[2])
    assert read_small_files(paths, SCHEMA).num_rows == 9
    monkeypatch.setattr(parquet_bounds, "MAX_DECODED_BYTES", 400_000)
    assert paths[2].stat().st_size < 4000
    assert read_small_files(paths, SCHEMA) is None
    assert read_small_files(paths, SCHEMA.remove(4)).num_rows == 9
    with pytest.raises(StoreError, match="would take 800"):
        read_file(paths[2])
