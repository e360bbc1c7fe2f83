"""The steps from raw counts to a cleaned image, on cameras of a few pixels."""

import numpy as np
import pytest
from cameras import CAMERAS, hexagonal, square
from toy_telescopes import setup

from cta_columnar.arrays import to_batch
from cta_columnar.errors import UserError
from cta_columnar.instrument.pulses import integration_correction
from cta_columnar.registry import get
from cta_columnar.schemas.columns import bind

DEFAULT_STEPS = (
    ("gain_selector", "ThresholdGainSelector"),
    ("calibrator", "SimTelCalibrator"),
    ("extractor", "NeighborPeakWindowSum"),
    ("time_shift", "PeakTimeShift"),
    ("invalid_pixel_handler", "NeighborAverage"),
    ("cleaner", "TailcutsImageCleaner"),
)
KEEP = ("selected_gain_channel", "image", "peak_time", "is_valid", "image_mask")


def run_step(kind, name, columns, context, **options):
    algorithm = get(kind, name)
    return algorithm.run(columns, context, algorithm.validate_options(options))


def test_defaults_are_those_of_ctapipe():
    options = {
        name: {key: spec.default for key, spec in get(kind, name).options.items()}
        for kind, name in DEFAULT_STEPS
    }
    assert options == {
        "ThresholdGainSelector": {"threshold": 4000},
        "SimTelCalibrator": {"calib_scale": 1.0, "calib_shift": 0.0},
        "NeighborPeakWindowSum": {
            "window_width": 7,
            "window_shift": 3,
            "local_weight": 0,
            "apply_integration_correction": True,
        },
        "PeakTimeShift": {},
        "NeighborAverage": {},
        "TailcutsImageCleaner": {
            "picture_threshold_pe": 10.0,
            "boundary_threshold_pe": 5.0,
            "min_picture_neighbors": 2,
            "keep_isolated_pixels": False,
        },
    }


@pytest.mark.parametrize(
    "step", [*DEFAULT_STEPS, ("gain_selector", "ManualGainSelector")]
)
def test_every_option_says_what_it_means(step):
    assert all(spec.doc for spec in get(*step).options.values())


@pytest.mark.parametrize(
    ("step", "option", "value"),
    [
        (("gain_selector", "ManualGainSelector"), "channel", 2),
        (("gain_selector", "ThresholdGainSelector"), "threshold", -1),
        (("extractor", "NeighborPeakWindowSum"), "window_width", 0),
        (("cleaner", "TailcutsImageCleaner"), "min_picture_neighbors", -1),
    ],
)
def test_options_out_of_range_are_refused(step, option, value):
    with pytest.raises(UserError, match=option):
        get(*step).validate_options({option: value})


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("n_samples", [1, 7, 40])
@pytest.mark.parametrize("n_events", [0, 3])
@pytest.mark.parametrize("pixels", ["one pixel", "37 hexagons with gaps"])
def test_columns_fit_their_schemas(pixels, n_events, n_samples, n_channels):
    made = setup(CAMERAS[pixels], n_events, n_channels, n_samples)
    sizes = {"pixel": CAMERAS[pixels].n_pixels, "sample": n_samples}
    columns = made.run(DEFAULT_STEPS, [*KEEP, "waveform"])
    for step in DEFAULT_STEPS:
        schema = bind(get(*step).writes, sizes)
        batch = to_batch({name: columns[name] for name in schema.names}, schema)
        assert batch.num_rows == n_events
        for name, field in zip(schema.names, get(*step).writes, strict=True):
            assert columns[name].dtype == field.type.to_pandas_dtype()


@pytest.mark.parametrize("pix_type", ["hexagon", "square"])
def test_events_do_not_know_of_each_other(pix_type):
    pixels = hexagonal(3) if pix_type == "hexagon" else square(6, 6)
    made = setup(pixels, n_events=5, pix_type=pix_type)
    together = made.run(DEFAULT_STEPS, KEEP)
    for event in range(5):
        for name, array in made.event(event).run(DEFAULT_STEPS, KEEP).items():
            np.testing.assert_array_equal(array[0], together[name][event])


def test_pulses_of_both_gains_are_found():
    made = setup(hexagonal(3), n_events=20)
    columns = made.run(DEFAULT_STEPS, KEEP)
    assert set(columns["selected_gain_channel"].ravel()) == {0, 1}
    assert columns["image"].max() > 500
    assert 0.05 < columns["image_mask"].mean() < 0.95


@pytest.mark.parametrize(("n_channels", "wanted"), [(2, 1), (1, 0)])
def test_manual_gain_takes_the_only_channel_where_there_is_one(n_channels, wanted):
    made = setup(hexagonal(1), n_channels=n_channels)
    out = run_step(
        "gain_selector", "ManualGainSelector", made.columns, made.context, channel=1
    )
    assert (out["selected_gain_channel"] == wanted).all()


def test_scale_and_shift_of_the_calibration():
    made = setup(hexagonal(1))
    columns = made.columns | run_step(*DEFAULT_STEPS[0], made.columns, made.context)
    plain = run_step(*DEFAULT_STEPS[1], columns, made.context)["waveform"]
    changed = run_step(
        *DEFAULT_STEPS[1], columns, made.context, calib_scale=0.9, calib_shift=0.5
    )
    np.testing.assert_allclose(changed["waveform"], 0.9 * plain + 0.5, rtol=1e-4)


def extracted(made, **options):
    columns = made.columns.copy()
    for step in DEFAULT_STEPS[:2]:
        columns |= run_step(*step, columns, made.context)
    return columns | run_step(*DEFAULT_STEPS[2], columns, made.context, **options)


def test_charge_is_corrected_for_the_gain_of_the_pixel():
    made = setup(hexagonal(3))
    with_it = extracted(made)
    without = extracted(made, apply_integration_correction=False)
    factor = integration_correction(made.context["camera"].readout, 7, 3)
    assert factor[0] != factor[1]
    np.testing.assert_allclose(
        with_it["image"],
        without["image"] * factor[with_it["selected_gain_channel"]],
        rtol=1e-6,
    )
    np.testing.assert_array_equal(with_it["peak_time"], without["peak_time"])


def test_local_weight_moves_the_window():
    made = setup(hexagonal(3))
    ordinary, own = extracted(made), extracted(made, local_weight=100)
    assert (own["image"].sum(axis=1) > ordinary["image"].sum(axis=1)).all()


def test_peak_time_is_shifted_by_the_selected_gain():
    made = setup(hexagonal(3))
    columns = extracted(made)
    shifted = run_step(*DEFAULT_STEPS[3], columns, made.context)["peak_time"]
    shift = made.context["coefficients"].time_shift
    for (event, pixel), channel in np.ndenumerate(columns["selected_gain_channel"]):
        row = columns["calibration_index"][event]
        assert shifted[event, pixel] == (
            columns["peak_time"][event, pixel] - shift[row, channel, pixel]
        )


def test_sums_are_taken_as_they_are():
    made = setup(hexagonal(2), n_samples=1)
    columns = extracted(made)
    np.testing.assert_array_equal(columns["image"], columns["waveform"][..., 0])
    columns |= run_step(*DEFAULT_STEPS[3], columns, made.context)
    assert (columns["peak_time"] == 0).all()
    assert columns["is_valid"].all()


def flat_image_with_one_hole():
    """A pixel in low gain, of which only the high gain is broken."""
    pixels = hexagonal(1)
    center = int(np.argmax(np.diff(pixels.indptr)))
    made = setup(pixels, n_events=1).with_broken(slice(None), 0, center)
    columns = made.columns | {
        "image": np.full((1, 7), 3, np.float32),
        "peak_time": np.full((1, 7), 8, np.float32),
        "selected_gain_channel": np.zeros((1, 7), np.int8),
    }
    columns["image"][0, center] = 100
    return made.context, columns, center


@pytest.mark.parametrize(("channel", "wanted"), [(0, 3), (1, 100)])
def test_invalid_pixels_are_those_of_the_selected_gain(channel, wanted):
    context, columns, center = flat_image_with_one_hole()
    columns["selected_gain_channel"][0, center] = channel
    out = run_step("invalid_pixel_handler", "NeighborAverage", columns, context)
    assert out["image"][0, center] == wanted


def test_ctapipe_looks_up_the_high_gain_for_all_pixels():
    # The quirk, on purpose: its mask replaces a sound low-gain pixel.
    context, columns, center = flat_image_with_one_hole()
    columns["selected_gain_channel"][0, center] = 1
    quirk = columns | {"selected_gain_channel": np.zeros((1, 7), np.int8)}
    ours = run_step("invalid_pixel_handler", "NeighborAverage", columns, context)
    theirs = run_step("invalid_pixel_handler", "NeighborAverage", quirk, context)
    assert ours["image"][0, center] == 100
    assert theirs["image"][0, center] == 3


def test_broken_pixels_take_no_part_in_finding_peaks():
    made = setup(hexagonal(3), n_events=1)
    made.columns["r0_waveform"][:] = 300
    made.columns["r0_waveform"][..., 30] = 310
    made.columns["r0_waveform"][0, :, 18, 5] = 3500
    sound = extracted(made.with_broken([]))["peak_time"][0]
    broken = extracted(made.with_broken(..., 18))["peak_time"][0]
    assert set(np.flatnonzero(sound != broken)) == set(hexagonal(3).neighbors(18))
