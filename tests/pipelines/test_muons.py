"""From a raw file to the table of muon rings."""

import numpy as np
import polars as pl
import pytest

from cta_columnar import open_store, run
from cta_columnar.cli.summary import to_text
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage1.telescope_tables import WITHOUT_RINGS
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


def test_images_of_two_mirrors_are_counted_and_told(shared, tmp_path):
    """Lone muons in CHEC: from raw data, and again from the images."""
    raw = shared / "data" / "simtel" / "gct_checs_muons.simtel.zst"
    made = {"workers": 1, "max_events": 4}
    first = run("stage1", input=raw, output=tmp_path / "dl1", **made)
    assert WITHOUT_RINGS not in first.counts
    assert not first.warnings
    for name, source in (("raw", raw), ("images", tmp_path / "dl1")):
        found = run(
            "stage1",
            input=source,
            output=tmp_path / name,
            muons="MuonProcessor",
            **made,
        )
        (warning,) = found.warnings
        assert "no rings are sought in images of " in warning
        assert "which has 2 mirrors" in warning
        assert found.counts[WITHOUT_RINGS] == first.counts["telescope_events"] > 0
        assert "muons" not in open_store(tmp_path / name).tables()
        lines = to_text(found).split("\n")
        assert any(line.split()[:-1] == WITHOUT_RINGS.split() for line in lines)
    plain = run("stage1", input=tmp_path / "images", output=tmp_path / "plain", **made)
    assert WITHOUT_RINGS not in plain.counts


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
