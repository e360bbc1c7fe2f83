"""Extractors by telescope type and id, and what calibration events ask of them."""

import numpy as np
import polars as pl
import pytest
from golden import KEY, simtel_path, table

from cta_columnar import open_store, run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage1.chains import image_steps

EXTRACTOR = {
    "default": {"name": "TwoPassWindowSum", "legacy_edges": True},
    "*FlashCam": {"name": "FlashCamExtractor", "leading_edge_timing": False},
    "SST*": {"name": "LocalPeakIntegrator", "sig_amp_cut_HG": 3},
    "tel_id=4": {"core_threshold": 9},
}  # fmt: skip


def chosen(tel_type, tel_id):
    """Name and options of the extractor that one telescope gets."""
    config = configure("stage1", settings=[f"extractor={EXTRACTOR}"])
    (step,) = (
        step
        for step in image_steps(config, tel_type, tel_id)
        if step.algorithm.kind == "extractor"
    )
    return step.algorithm.name, step.options


def test_options_reach_the_telescopes_they_are_meant_for():
    name, options = chosen("LST_LST_LSTCam", 1)
    assert (name, options["core_threshold"]) == ("TwoPassWindowSum", None)
    name, options = chosen("LST_LST_LSTCam", 4)
    assert (name, options["core_threshold"]) == ("TwoPassWindowSum", 9.0)
    assert options["legacy_edges"] is True
    name, options = chosen("MST_MST_FlashCam", 5)
    assert name == "FlashCamExtractor"
    assert options["leading_edge_timing"] is False
    assert options["upsampling"] == 4
    name, options = chosen("SST_ASTRI_CHEC", 6)
    assert (name, options["sig_amp_cut_HG"]) == ("LocalPeakIntegrator", 3.0)


@pytest.mark.parametrize(
    "setting",
    [
        "extractor={name: FixedWindowSum, peak_index: -1}",
        "extractor={name: GlobalPeakWindowSum, pixel_fraction: 1.5}",
        "extractor={name: FlashCamExtractor, upsampling: 0}",
        "extractor={name: SimpleIntegrator, t0: early}",
    ],
)
def test_bad_options_are_told_when_the_configuration_is_read(setting):
    with pytest.raises(UserError, match="extractor"):
        configure("stage1", settings=[setting])


@pytest.mark.parity
def test_each_camera_with_its_own_extractor(shared, tmp_path):
    """A file of two cameras as ctapipe's users treat it, against its tables."""
    name = "prod5_north_proton_flashcam"
    extractors = {"LST_LST_LSTCam": "LocalPeakWindowSum",
                  "MST_MST_FlashCam": "FlashCamExtractor"}  # fmt: skip
    choice = {"default": {"name": "LocalPeakWindowSum"},
              "*FlashCam": {"name": "FlashCamExtractor"}}  # fmt: skip
    run(
        "stage1",
        input=simtel_path(shared, name),
        output=tmp_path / "dl1",
        workers=1,
        extractor=choice,
    )
    store = open_store(tmp_path / "dl1")
    assert set(store.tel_types("images")) == set(extractors)
    for tel_type, extractor in extractors.items():
        ours = pl.from_arrow(store.read("images", tel_type=tel_type)).sort(KEY)
        theirs = table(shared, name, f"extractor={extractor}")
        theirs = theirs.join(ours.select(KEY), on=KEY, how="semi").sort(KEY)
        assert len(theirs) == len(ours) > 0
        wanted = np.stack(theirs["image"].to_list()).reshape(len(ours), -1)
        got = np.stack(ours["image"].to_list())
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-3)
        parameters = store.read("parameters", ["is_valid"], tel_type=tel_type)
        assert all(parameters["is_valid"].to_pylist())


def of_calibration(shared, output, **settings):
    run(
        "stage1",
        input=simtel_path(shared, "calib_events"),
        output=output,
        workers=1,
        focal_length_choice="EQUIVALENT",
        skip_calibration_events=False,
        **settings,
    )
    return open_store(output)


def test_two_pass_needs_one_gain_per_pixel(shared, tmp_path):
    message = "TwoPassWindowSum of telescope 1 .* needs one gain .*select_gain=true"
    with pytest.raises(UserError, match=message):
        of_calibration(shared, tmp_path / "dl1", extractor="TwoPassWindowSum")


def test_two_pass_for_cameras_of_one_gain_alone(shared, tmp_path):
    choice = {"default": {"name": "NeighborPeakWindowSum"},
              "*FlashCam": {"name": "TwoPassWindowSum"}}  # fmt: skip
    store = of_calibration(shared, tmp_path / "dl1", extractor=choice)
    assert store.rows("calibration/sky_pedestal") == 10


def test_variance_of_a_pedestal_event_is_that_of_the_night_sky(shared, tmp_path):
    """The run that pedestal variances are made of: both gains, and no times."""
    store = of_calibration(shared, tmp_path / "dl1", extractor="VarianceExtractor")
    table = "calibration/sky_pedestal"
    for tel_type in store.tel_types(table):
        for row in store.read(table, tel_type=tel_type).to_pylist():
            times = np.array(row["peak_time"])
            if np.isnan(times).any():  # not a camera of sums
                assert np.median(row["image"]) > 0
            else:
                assert (times == 0).all()
