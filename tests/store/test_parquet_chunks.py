"""Footers of Parquet with any bit flipped: an error, or what was written; no abort.

Each is read in a process of its own, which Arrow would end where nobody catches what it
throws.
"""

import os
import signal
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cta_columnar.store import StoreError, read_parquet
from cta_columnar.store.blocks import Block
from cta_columnar.store.parquet_chunks import Chunks
from cta_columnar.store.parquet_events import read_events

N_ROWS = 3
# Every so many bits, in `make test`; primes, so that all bits of a byte are met.
STEP, FINE = 41, 3


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
    pq.write_table(pa.table(columns), path, row_group_size=2, write_page_checksum=True)
    return path


def footer_of(raw):
    """Begin and end of the footer."""
    (n_bytes,) = struct.unpack("<I", raw[-8:-4])
    return len(raw) - 8 - n_bytes, len(raw) - 8


def read(path):
    read_parquet(path)
    for block in (Block(end=(1, 2)), Block(begin=(1, 2))):
        list(read_events(path, ["name", "raw", "image"], block))


def ended_by(path):
    """Read in a child; return the signal that ended it, or 0."""
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
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def flip_all(path, step):
    """Flip bits of the footer, one at a time; return those that end a process."""
    raw = path.read_bytes()
    begin, end = footer_of(raw)
    found = {}
    for bit in range(8 * begin, 8 * end, step):
        damaged = bytearray(raw)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        if number := ended_by(path):
            found[bit] = signal.Signals(number).name
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
