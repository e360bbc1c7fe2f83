"""From a raw file to the table of muon rings."""

import numpy as np
import polars as pl
import pytest

from cta_columnar import open_store, run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.settings import configure
from cta_columnar.schemas import dl1
from cta_columnar.store import StoreError, validate

KEY = ["obs_id", "event_id", "tel_id"]
TYPE = "LST_LST_LSTCam"

PLUGIN = """
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas import column

@register("muons", "zz", writes=pa.schema([column("zz", pa.float64())]))
def zz(image):
    return {"zz": image[:, 0]}
"""


def stage1(shared, output, **settings):
    run(
        "stage1",
        input=shared / "data" / "simtel" / "lst_muons.simtel.zst",
        output=output,
        workers=1,
        focal_length_choice="EQUIVALENT",
        max_events=10,
        **settings,
    )
    return open_store(output)


def rings(store):
    return pl.from_arrow(store.read("muons", tel_type=TYPE))


@pytest.mark.parity
def test_rings_are_rows_of_a_table_that_joins_with_the_others(shared, tmp_path):
    store = stage1(shared, tmp_path / "dl1", muons="MuonProcessor")
    found = rings(store)
    assert found.columns == dl1.MUONS.names
    golden = pl.read_parquet(shared / "golden" / "lst_muons" / "muon.parquet")
    assert found.select(KEY).rows() == golden.sort(KEY).select(KEY).rows()
    np.testing.assert_allclose(
        found["muonring_radius"], golden["ring_radius"], rtol=2e-3
    )
    images = pl.from_arrow(store.read("parameters", tel_type=TYPE))
    both = found.join(images, on=KEY)
    assert both.height == found.height
    assert both["time"].equals(both["time_right"])
    assert "muonring_radius" not in images.columns
    assert validate(tmp_path / "dl1") == []


def test_nobody_looks_for_rings_by_default(shared, tmp_path):
    store = stage1(shared, tmp_path / "dl1")
    with pytest.raises(StoreError, match="muons"):
        rings(store)


def test_options_may_differ_between_telescopes_but_not_the_columns():
    rules = "{default: {name: MuonProcessor}, '*FlashCam': {pixels_above: 60}}"
    configure("stage1", settings=[f"muons={rules}"])
    with pytest.raises(UserError, match="pixel_above"):
        configure("stage1", settings=["muons={name: MuonProcessor, pixel_above: 6}"])


def test_a_plugin_must_tell_which_images_have_a_ring(tmp_path, plugins_forgotten):
    path = tmp_path / "rings.py"
    path.write_text(PLUGIN)
    with pytest.raises(UserError, match="must write muonring_radius too"):
        configure("stage1", settings=["muons=zz"], plugins=[path])
    rules = "{default: {name: MuonProcessor}, 'tel_id=4': {name: zz}}"
    with pytest.raises(UserError, match=r"muons: .* all rows of a table have the same"):
        configure("stage1", settings=[f"muons={rules}"])
