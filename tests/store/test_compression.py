"""The level of compression reaches every part, and changes no value."""

import pyarrow.parquet as pq
import pytest
from store.toy_run import IDENTITY, LST, tables_of, toy_subarray

from cta_columnar.schemas import dl1
from cta_columnar.store import Input, Shard, ShardWriter
from cta_columnar.store.parquet_options import writer_options

CONTENT = {"obs_id": 1, "n": 500, "first": 0, "array": "toy", "seed": 0}


@pytest.fixture
def parameters(tmp_path):
    """Write the same rows at some level; return the file of parameters."""
    made = tmp_path / "input"
    made.touch()

    def write(name, **options):
        shard = Shard(IDENTITY, (Input.of(made),))
        with ShardWriter(tmp_path / name, shard, toy_subarray(), **options) as writer:
            for table, batch, tel_type in tables_of(CONTENT):
                writer.append(table, batch, tel_type)
            record = writer.commit()
        (path,) = (
            p.path for p in record.parts if f"parameters/tel_type={LST}" in p.path
        )
        return tmp_path / name / path

    return write


def test_level_reaches_the_parts_and_changes_no_value(parameters):
    default, low = parameters("default"), parameters("low", compression_level=1)
    high = parameters("high", compression_level=19)
    assert default.read_bytes() == low.read_bytes() != high.read_bytes()
    assert pq.read_table(high).equals(pq.read_table(low))


def test_options_of_a_file_name_the_level():
    assert writer_options(dl1.TRIGGER)["compression_level"] == 1
    assert writer_options(dl1.TRIGGER, 7)["compression_level"] == 7
