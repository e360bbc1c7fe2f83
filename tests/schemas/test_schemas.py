"""What every column of the data model must keep, and that none changes unseen."""

import json
import re
import subprocess
import sys

import astropy.units as u
import pyarrow as pa
import pytest

from cta_columnar.schemas import freeze, irf, models, r0
from cta_columnar.schemas.columns import axes_of, bind, column, merge, prefixed
from cta_columnar.schemas.tables import TABLES
from cta_columnar.schemas.version import HISTORY, SCHEMA_VERSION

FIELDS = [
    pytest.param(field, id=f"{table.name}:{field.name}")
    for table in TABLES.values()
    for field in table.schema
] + [
    pytest.param(field, id=f"{name}:{field.name}")
    for name, schema in (
        ("r0", r0.TELESCOPE_EVENTS),
        *models.TABLES.items(),
        *irf.TABLES.items(),
    )
    for field in schema
]

# Photo-electrons and raw counts, as the field writes them.
OWN_UNITS = {"p.e.", "adc"}

ID_TYPES = {"obs_id": pa.int64(), "event_id": pa.int64(), "tel_id": pa.int16()}


def test_the_data_model_is_the_committed_one():
    assert json.loads(freeze.FROZEN.read_text()) == freeze.snapshot(), (
        "the data model changed: raise schemas/version.py, then run "
        "`python -m cta_columnar.schemas.freeze` and commit frozen.json"
    )


def test_the_command_writes_the_snapshot(tmp_path):
    target = tmp_path / "frozen.json"
    command = [sys.executable, "-m", "cta_columnar.schemas.freeze", target]
    subprocess.run(command, check=True, capture_output=True)
    assert target.read_text(encoding="utf-8") == freeze.to_text()


def test_the_version_has_a_history():
    assert list(HISTORY)[-1] == SCHEMA_VERSION
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in HISTORY)


@pytest.mark.parametrize("field", FIELDS)
def test_columns_say_their_unit_and_meaning(field):
    assert not field.nullable
    assert field.metadata[b"description"]
    unit = field.metadata[b"unit"].decode()
    assert unit in OWN_UNITS or u.Unit(unit) is not None
    assert field.type == ID_TYPES.get(field.name, field.type)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_tables_are_consistent(table):
    assert set(table.required) <= set(table.schema.names)
    assert set(table.key) <= set(table.required)
    assert len(set(table.schema.names)) == len(table.schema.names)
    has_axes = any(axes_of(field) for field in table.schema)
    assert table.by_telescope_type or not has_axes


def test_one_dtype_and_unit_per_column_name():
    seen = {}
    for table in TABLES.values():
        for field in table.schema:
            what = (field.type, axes_of(field), field.metadata[b"unit"])
            assert seen.setdefault(field.name, what) == what, f"{table.name} {field}"


def test_axes_become_fixed_size_lists():
    schema = pa.schema(
        [column("w", pa.uint16(), "adc", "raw", axes=("pixel", "sample"))]
    )
    field = bind(schema, {"pixel": 3, "sample": 5}).field("w")
    assert field.type.list_size == 3
    assert field.type.value_type.list_size == 5
    assert not field.type.value_field.nullable
    assert axes_of(field) == ("pixel", "sample")
    with pytest.raises(KeyError, match="'sample' of unknown size"):
        bind(schema, {"pixel": 3})


def test_schemas_are_joined_and_prefixed_with_their_metadata():
    schema = prefixed(merge(pa.schema([column("a", pa.int8(), "m", "x")])), "true_")
    assert schema.names == ["true_a"]
    assert schema.field(0).metadata[b"unit"] == b"m"
