"""Algorithms of users in a run: as parameters, on waveforms, as reconstructor."""

import numpy as np
import pytest
from runs.tables import assert_same_tables

from cta_columnar import open_store, run
from cta_columnar.errors import UserError
from cta_columnar.registry import catalogue

ON_WAVEFORMS = """
import numpy as np
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas import column

SCHEMA = pa.schema([column("highest_sample", pa.float64(), "p.e.", "of all pixels")])

@register("parameters", "highest", writes=SCHEMA)
def highest(waveform):
    return {"highest_sample": waveform.max(axis=(1, 2)).astype(float)}
"""

RECONSTRUCTOR = """
import numpy as np
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas import column

NAMES = [f"Pointing_{n}" for n in ("alt", "az", "core_x", "core_y")]
SCHEMA = pa.schema(
    [column(n, pa.float64(), "deg", "test") for n in NAMES]
    + [column("Pointing_is_valid", pa.bool_(), "", "test")]
)

@register("reconstructor", "Pointing", writes=SCHEMA)
def pointing(event_start, array_pointing_alt, array_pointing_az):
    zero = np.zeros(event_start.size - 1)
    values = array_pointing_alt, array_pointing_az, zero, zero
    columns = dict(zip(NAMES, values))
    return columns | {"Pointing_is_valid": np.ones(zero.size, bool)}
"""

FAILING = """
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas import column

@register("parameters", "broken", writes=pa.schema([column("b", pa.float64())]))
def broken(image):
    return {"b": image[:, 10**9]}
"""


@pytest.fixture
def plugin(tmp_path, plugins_forgotten):
    def write(name, text):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def raw(shared):
    return shared / "data" / "simtel" / "prod6_south_lsts_gamma.simtel.zst"


def test_parameter_that_reads_waveforms(plugin, raw, tmp_path):
    path = plugin("on_waveforms", ON_WAVEFORMS)
    for groups in (["highest", "hillas"], ["hillas", "highest"]):
        output = tmp_path / groups[0]
        run(
            "stage1",
            input=raw,
            output=output,
            workers=1,
            plugin=path,
            parameters=groups,
        )
        store = open_store(output)
        rows = store.scan("parameters").collect()
        assert (rows["highest_sample"] > 0).all()
        images = store.scan("images", "LST_LSTS-design_LSTS-design").collect()
        assert rows.height == images.height == 13
        assert rows["hillas_intensity"].is_finite().sum() > 5


def test_reconstructor(plugin, raw, tmp_path):
    dl1, dl2 = tmp_path / "dl1", tmp_path / "dl2"
    run("stage1", input=raw, output=dl1, workers=1)
    run(
        "stage2",
        input=dl1,
        output=dl2,
        workers=1,
        plugin=plugin("pointing_reconstructor", RECONSTRUCTOR),
        reconstructors=["HillasReconstructor", "Pointing"],
        best_geometry="Pointing",
    )
    events = open_store(dl2).scan("events").collect()
    np.testing.assert_array_equal(events["reco_alt"], events["array_pointing_alt"])
    assert events["HillasReconstructor_alt"].is_finite().any()
    telescopes = open_store(dl2).scan("telescopes").collect()
    assert telescopes["Pointing_tel_impact_distance"].is_finite().all()


def test_failing_plugin_is_named(plugin, raw, tmp_path):
    path = plugin("failing", FAILING)
    with pytest.raises(UserError, match=r"'broken' of the plugin .*failing\.py failed"):
        run(
            "stage1",
            input=raw,
            output=tmp_path / "dl1",
            workers=1,
            plugin=path,
            parameters=["hillas", "broken"],
        )


def test_options_for_one_telescope_reach_calibration_events(shared, tmp_path):
    raw = shared / "data" / "simtel" / "calib_events.simtel.gz"
    images = {}
    for width in (7, 3):
        output = tmp_path / f"dl1-{width}"
        run(
            "stage1",
            input=raw,
            output=output,
            workers=1,
            focal_length_choice="EQUIVALENT",
            skip_calibration_events=False,
            extractor={"tel_id=1": {"window_width": width}},
        )
        store = open_store(output)
        table = "calibration/sky_pedestal"
        for tel_type in store.tel_types(table):
            rows = store.read(table, tel_type=tel_type).to_pylist()
            images |= {(width, r["tel_id"], r["channel"]): r["image"] for r in rows}
    same = {
        (tel, channel): images[7, tel, channel] == images[3, tel, channel]
        for _, tel, channel in images
    }
    assert {tel for (tel, _), equal in same.items() if not equal} == {1}


def test_group_of_parameters_is_the_same_for_all(raw, tmp_path):
    choice = {"default": {"name": "leakage"}, "tel_id=1": {"name": "concentration"}}
    with pytest.raises(UserError, match="same columns"):
        run(
            "stage1",
            input=raw,
            output=tmp_path / "dl1",
            workers=1,
            parameters=["hillas", choice],
        )


def test_pattern_without_telescope_is_a_warning(raw, tmp_path):
    summary = run(
        "stage1",
        input=raw,
        output=tmp_path / "dl1",
        workers=1,
        cleaner={"*FlashCamm": {"picture_threshold_pe": 7.0}},
    )
    assert summary.warnings == ["no telescope fits the pattern of cleaner: *FlashCamm"]


def test_missing_column_is_told_before_anything_is_written(raw, tmp_path):
    run("stage1", input=raw, output=tmp_path / "dl1", workers=1)
    with pytest.raises(UserError, match=r"'bright'.*hillas_intensty.*hillas_intensity"):
        run(
            "stage2",
            input=tmp_path / "dl1",
            output=tmp_path / "dl2",
            quality=[{"bright": "hillas_intensty > 50"}],
        )
    assert not (tmp_path / "dl2").exists()


def test_missing_input_can_be_skipped(raw, tmp_path):
    missing = tmp_path / "missing.simtel"
    output = tmp_path / "dl1"
    summary = run(
        "stage1",
        input=[raw, missing],
        output=output,
        workers=1,
        skip_bad_inputs=True,
    )
    assert [each.path for each in summary.skipped] == [missing]
    assert open_store(output).rows("trigger") == 4
    with pytest.raises(UserError, match=r"missing\.simtel: no such file"):
        run("stage1", input=missing, output=tmp_path / "other", workers=1)


ON_COUNTS = (
    ON_WAVEFORMS.replace("waveform", "r0_waveform")
    .replace("r0_waveform.max(axis=(1, 2))", "r0_waveform[:, -1].mean(axis=(1, 2))")
    .replace("highest", "low_gain_mean")
)


def test_parameter_that_reads_raw_counts_gets_both_gains(plugin, raw, tmp_path):
    run(
        "stage1",
        input=raw,
        output=tmp_path / "dl1",
        workers=1,
        plugin=plugin("on_counts", ON_COUNTS),
        parameters=["low_gain_mean"],
    )
    rows = open_store(tmp_path / "dl1").scan("parameters").collect()
    assert (rows["low_gain_mean_sample"] > 100).all()


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_arrays_the_first_by_name_counts(shared, raw, tmp_path, turned):
    other = raw.with_name("prod5_north_proton_flashcam.simtel.zst")
    inputs = [other, raw][:: -1 if turned else 1]
    output = tmp_path / "dl1"
    summary = run(
        "stage1", input=inputs, output=output, workers=1, skip_bad_inputs=True
    )
    assert [each.path for each in summary.skipped] == [raw]
    assert "another array" in summary.skipped[0].reason
    assert open_store(output).rows("trigger") == 6


def test_skipped_inputs_travel_on(raw, tmp_path):
    inputs = [raw, tmp_path / "missing.simtel"]
    dl1, dl2 = tmp_path / "dl1", tmp_path / "dl2"
    run("stage1", input=inputs, output=dl1, workers=1, skip_bad_inputs=True)
    run("stage2", input=dl1, output=dl2, workers=1)
    (skipped,) = open_store(dl2).contents.skipped
    assert skipped.path.endswith("missing.simtel")


def test_store_refuses_what_is_not_there(raw, tmp_path):
    run("stage1", input=raw, output=tmp_path / "dl1", workers=1)
    store = open_store(tmp_path / "dl1")
    with pytest.raises(UserError, match="no table 'events'"):
        store.scan("events")
    with pytest.raises(UserError, match="no telescope type 'nonsense'"):
        store.scan("parameters", tel_type="nonsense")


EXTRACTOR = """
import numpy as np
from cta_columnar.registry import register
from cta_columnar.stages.extraction import EXTRACTED

@register("extractor", "largest", writes=EXTRACTED)
def largest(waveform, *, scale: float = 1.0):
    image = waveform.max(axis=-1) * np.float32(scale)
    valid = np.ones(len(image), bool)
    return {"image": image, "peak_time": image * 0, "is_valid": valid}
"""


def test_images_of_an_extractor_of_ones_own_are_cleaned_again(
    plugin, raw, tmp_path, monkeypatch
):
    path = plugin("largest", EXTRACTOR)
    made = {
        "workers": 1,
        "plugin": path,
        "extractor": {"name": "largest", "scale": 3.0},
    }
    run("stage1", input=raw, output=tmp_path / "dl1", **made)
    wanted, found = tmp_path / "wanted", tmp_path / "found"
    mars = {"cleaner": "MARSImageCleaner"}
    run("stage1", input=raw, output=wanted, **made, **mars)
    again = {"input": tmp_path / "dl1", "workers": 1}
    run("stage1", output=found, plugin=path, **again, **mars)
    assert_same_tables(found, wanted)
    with pytest.raises(
        UserError, match=r"^extractor: the images of .* made with .*3\.0"
    ):
        run("stage1", output=tmp_path / "no", plugin=path, extractor="largest", **again)
    monkeypatch.setattr(catalogue, "_algorithms", dict(catalogue._algorithms))
    del catalogue._algorithms["extractor", "largest"]
    with pytest.raises(UserError, match=r"an algorithm of your own wants its --plugin"):
        run("stage1", output=tmp_path / "no", **again, **mars)


def test_parameters_of_waveforms_are_refused_for_stored_images(plugin, raw, tmp_path):
    run("stage1", input=raw, output=tmp_path / "dl1", workers=1)
    path = plugin("of_waveforms", ON_WAVEFORMS)
    with pytest.raises(UserError, match="reads 'waveform', which stored images do not"):
        run(
            "stage1",
            input=tmp_path / "dl1",
            output=tmp_path / "no",
            workers=1,
            plugin=path,
            parameters=["highest", "hillas"],
        )
