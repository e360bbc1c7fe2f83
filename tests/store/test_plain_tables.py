"""Tables of figures of merit as ECSV, beside what astropy makes of them."""

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.table import Table

from cta_columnar.schemas import irf
from cta_columnar.store.irf.plain_tables import benchmark_hdu, save_ecsv


def made(unit="1/(TeV m2 s)"):
    told = {b"unit": unit.encode(), b"description": b"of one: \"quoted\" and 'so'"}
    schema = pa.schema(
        [
            pa.field("flux", pa.float64(), metadata=told),
            pa.field("is_valid", pa.bool_()),
            pa.field("n_events", pa.int16()),
        ],
        {b"spectrum": b"CRAB_HEGRA: 1"},
    )
    columns = [[0.1, np.nan, -np.inf], [True, False, True], [1, -2, 3]]
    return pa.Table.from_pydict(
        dict(zip(schema.names, columns, strict=True)), schema=schema
    )


def test_astropy_reads_what_was_saved(tmp_path):
    save_ecsv(tmp_path / "roc.ecsv", made())
    back = Table.read(tmp_path / "roc.ecsv")
    assert back.meta == {"spectrum": "CRAB_HEGRA: 1"}
    assert back["flux"].unit == u.Unit("1/(TeV m2 s)")
    assert back["flux"].description == "of one: \"quoted\" and 'so'"
    for name, values in made().to_pydict().items():
        np.testing.assert_array_equal(np.asarray(back[name]), values)
    kinds = [back[name].dtype for name in back.colnames]
    assert kinds == [np.float64, np.bool_, np.int16]


def test_a_table_of_nothing_has_columns(tmp_path):
    save_ecsv(tmp_path / "roc.ecsv", made().slice(0, 0))
    back = Table.read(tmp_path / "roc.ecsv")
    assert back.colnames == ["flux", "is_valid", "n_events"]
    assert len(back) == 0


def test_units_are_those_of_fits():
    fields = [field for table in irf.TABLES.values() for field in table]
    units = {(field.metadata or {}).get(b"unit", b"").decode() for field in fields}
    for unit in units - {""}:
        written = benchmark_hdu("roc", made(unit)).columns["flux"].unit
        assert written == u.Unit(unit).to_string("fits")
    with pytest.raises(ValueError, match="as the data model writes them"):
        benchmark_hdu("roc", made("m**2"))
