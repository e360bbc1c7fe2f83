import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_responses import make_events

from cta_columnar.errors import UserError
from cta_columnar.schemas import irf
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import Axis, linear_axis, log_axis
from cta_columnar.stages.irf.energy_dispersion import energy_dispersion
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.product_tables import (
    from_table,
    histogram_from_table,
    histogram_to_table,
    to_table,
)

ENERGY = log_axis("true_energy", "TeV", 0.01, 100, 4)
MIGRATION = linear_axis("migration", "", 0, 3, 3)
OFFSET = Axis("true_source_fov_offset", "deg", (0.0, 1.0, np.inf))
WEIGHTED = HistogramSpec("psf", (ENERGY, OFFSET), "selected", "weight")
COUNTED = HistogramSpec("edisp", (ENERGY, MIGRATION))


def filled(n, seed):
    events = make_events(n, seed)
    events["selected"] = events["gh_score"] > 0.5
    return Accumulator([WEIGHTED, COUNTED]).fill(events)


def through_a_file(table):
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return pq.read_table(buffer)


def test_a_component_is_a_table_of_bins_with_units():
    component = energy_dispersion(filled(3000, 0)["edisp"])
    table = through_a_file(to_table(component))
    assert table.column_names == [
        *("true_energy_low", "true_energy_high", "migration_low", "migration_high"),
        *irf.ENERGY_DISPERSION.names,
    ]
    assert table.num_rows == 12
    units = [table.schema.field(i).metadata[b"unit"] for i in range(4)]
    assert units == [b"TeV", b"TeV", b"", b""]
    row = table.slice(7, 1).to_pylist()[0]  # the third energy, the second migration
    assert (row["true_energy_low"], row["migration_low"]) == (ENERGY.low[2], 1.0)
    assert row["energy_dispersion"] == component["energy_dispersion"][2, 1]

    again = from_table(table)
    assert again.name == "energy_dispersion"
    assert again.axes == component.axes
    for name, values in component.columns.items():
        np.testing.assert_array_equal(again[name], values)


@pytest.mark.parametrize("name", ["psf", "edisp"])
def test_a_histogram_goes_on_where_it_stopped(name):
    first, second, whole = filled(500, 1), filled(800, 2), filled(500, 1)
    stored = histogram_from_table(through_a_file(histogram_to_table(first[name])))
    stored.merge(second[name])
    whole.merge(second)
    for array in ("counts", "sums", "squares", "left_out"):
        np.testing.assert_array_equal(
            getattr(stored, array), getattr(whole[name], array)
        )
    assert stored.spec == whole[name].spec


def test_tables_that_are_none_of_ours():
    table = to_table(energy_dispersion(filled(300, 0)["edisp"]))
    with pytest.raises(UserError, match="'energy_dispersion' is no histogram"):
        histogram_from_table(table)
    with pytest.raises(UserError, match="'' is no product of instrument responses"):
        from_table(pa.table({"a": [1]}))
    with pytest.raises(UserError, match="not all bins of true_energy, migration"):
        from_table(table.slice(0, 11))
    backwards = table.take(pa.array(range(11, -1, -1)))
    with pytest.raises(UserError, match="not all bins"):
        from_table(backwards)
