"""Footers of Parquet with any bit flipped: an error, or what was written; no abort.

Each is read in a process of its own, which Arrow would end where nobody catches what it
throws.
"""

import os
import signal
import struct
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cta_columnar.store import StoreError, parquet_chunks, read_parquet
from cta_columnar.store.blocks import Block
from cta_columnar.store.parquet_chunks import Chunks
from cta_columnar.store.parquet_events import read_events

N_ROWS = 3
# Every so many bits, in `make test`; primes, so that all bits of a byte are met.
STEP, FINE = 163, 3


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.parquet"
    columns = {
        "obs_id": pa.array([1, 1, 1], pa.int64()),
        "event_id": pa.array([1, 2, 3], pa.int64()),
        "name": ["a", "b", None],
        "raw": pa.array([b"a", b"b", None], pa.binary()),
        "image": pa.array([[1.0], [2.0, 3.0], []], pa.list_(pa.float32())),
    }
    how = {"row_group_size": 2, "use_dictionary": ["name"]}
    pq.write_table(pa.table(columns), path, write_page_checksum=True, **how)
    read(path)
    return path


def footer_of(raw):
    """Begin and end of the footer."""
    (n_bytes,) = struct.unpack("<I", raw[-8:-4])
    return len(raw) - 8 - n_bytes, len(raw) - 8


def read(path):
    """Read in both ways; both tell all rows, or an error."""
    assert read_parquet(path, n_rows=N_ROWS).num_rows == N_ROWS
    found = 0
    for block in (Block(end=(1, 2)), Block(begin=(1, 2))):
        for batch in read_events(path, ["name", "raw", "image"], block, N_ROWS):
            found += batch.num_rows
    assert found == N_ROWS


def ended_by(path):
    """Read in a child; return the signal that ended it, -1 for other errors, or 0."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            read(path)
            status = 0
        except StoreError:
            status = 0
        finally:
            os._exit(status)
    return -os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def flip_all(path, step):
    """Flip bits of the footer, one at a time; return those that do harm."""
    raw = path.read_bytes()
    begin, end = footer_of(raw)
    found = {}
    for bit in range(8 * begin, 8 * end, step):
        damaged = bytearray(raw)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        if number := ended_by(path):
            found[bit] = signal.Signals(number).name if number > 0 else "no StoreError"
    path.write_bytes(raw)
    return found


def test_some_bits(path):
    assert flip_all(path, STEP) == {}


@pytest.mark.full
def test_many_bits(path):
    assert flip_all(path, FINE) == {}


def test_levels_that_are_not_those_of_the_column(path):
    """Arrow ends the process of who asks it for this description."""
    raw = path.read_bytes()
    begin, end = footer_of(raw)
    refused = 0
    for place in range(begin, end):
        damaged = bytearray(raw)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        try:
            with pq.ParquetFile(path) as file:
                chunks = Chunks(file, len(raw))
                leaves = range(file.metadata.num_columns)
        except (OSError, ArithmeticError, ValueError, pa.ArrowException):
            continue
        for leaf in leaves:
            try:
                chunks.of(leaf)
            except (OSError, IndexError) as error:
                refused += "level histogram size mismatch" in str(error)
    assert refused


def test_what_is_said_of_whole_columns(path):
    with pq.ParquetFile(path) as file:
        chunks = Chunks(file, path.stat().st_size)
        n_values = [[chunk.num_values for chunk in chunks.of(leaf)] for leaf in (1, 4)]
    # A list without values counts as one.
    assert n_values == [[2, 1], [3, 1]]


def with_n_values(path, leaf, before, after):
    """Let a footer claim another number of values of a column."""
    raw = path.read_bytes()
    begin, end = footer_of(raw)
    zigzag = [2 * n if n >= 0 else -2 * n - 1 for n in (before, after)]
    for place in range(begin, end):
        if raw[place] != zigzag[0]:
            continue
        damaged = bytearray(raw)
        damaged[place] = zigzag[1]
        path.write_bytes(damaged)
        try:
            with pq.ParquetFile(path) as file:
                (chunk,) = Chunks(file, len(raw)).of(leaf)
        except (OSError, ArithmeticError, ValueError, IndexError, pa.ArrowException):
            continue
        if chunk.num_values == after:
            return
    pytest.fail("no byte of the footer is that number")


@pytest.mark.parametrize("n_rows", [None, N_ROWS])
def test_a_column_that_ends_before_others_is_told(tmp_path, n_rows):
    """Arrow ends there, in silence."""
    path = tmp_path / "a.parquet"
    table = pa.table({"obs_id": [1] * 3, "event_id": [1, 2, 3], "x": [0.1, 0.2, 0.3]})
    pq.write_table(table, path, use_dictionary=False, write_statistics=False)
    with_n_values(path, 2, N_ROWS, -1)
    with pytest.raises(StoreError, match=str(path)):
        list(read_events(path, ["x"], Block(begin=(1, 1)), n_rows))
    with pytest.raises(StoreError, match=str(path)):
        read_parquet(path, n_rows=n_rows)


def test_more_columns_and_row_groups_than_are_looked_at(path, monkeypatch):
    assert read_parquet(path).num_rows == N_ROWS
    monkeypatch.setattr(parquet_chunks, "MAX_LOOKS", 2 * 3 - 1)
    with pytest.raises(StoreError, match="lists or texts in 2 row groups, 5 of all"):
        read_parquet(path)
    # Numbers are not looked at.
    assert read_parquet(path, ["obs_id", "event_id", "name"]).num_rows == N_ROWS


def test_columns_of_one_name_are_looked_at_once_each(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    texts = pa.array(["a", "b"])
    pq.write_table(pa.Table.from_arrays([texts] * 20, ["a"] * 20), path)
    looked = []
    real = Chunks._look_at
    monkeypatch.setattr(
        Chunks, "_look_at", lambda *a: (looked.append(a[1:]), real(*a))[1]
    )
    with suppress(StoreError):
        read_parquet(path)
    assert sorted(looked) == [(0, leaf) for leaf in range(20)]
