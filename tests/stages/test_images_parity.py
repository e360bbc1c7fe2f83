"""R1, images, peak times and masks against ctapipe's, on every shared file with images.

Calibration events keep both gain channels there (`calib_events`): the chain runs once
per channel.
"""

import hashlib
from functools import cache

import numpy as np
import polars as pl
import pytest
from golden import KEY, WITH_IMAGES, groups, table

from cta_columnar.registry import get
from cta_columnar.stages.chain import Chain, Step

# ctapipe selects no gain for these events, and cleans no images of both channels.
BOTH_CHANNELS = "calib_events"
# ctapipe takes the sums of this camera in float64; float32 differs in the last digit.
WIDER_THAN_OURS = "40k_pixels"

CHARGE_ATOL, CHARGE_RTOL = 1e-3, 1e-5  # p.e., and relative: either will do
TIME_ATOL = 1e-3  # ns

COLUMNS = ("selected_gain_channel", "waveform", "image", "peak_time", "image_mask")


def without(*left_out):
    return [name for name in WITH_IMAGES if name not in left_out]


def step(kind, name, **options):
    algorithm = get(kind, name)
    return Step(algorithm, algorithm.validate_options(options))


def chain(gain_selector):
    steps = (
        gain_selector,
        step("calibrator", "SimTelCalibrator"),
        step("extractor", "NeighborPeakWindowSum"),
        step("time_shift", "PeakTimeShift"),
        step("invalid_pixel_handler", "NeighborAverage"),
        step("cleaner", "TailcutsImageCleaner"),
    )
    return Chain(steps, frozenset(COLUMNS))


def gain_selectors(name, n_channels):
    if name != BOTH_CHANNELS:
        return [step("gain_selector", "ThresholdGainSelector")]
    every = range(n_channels)
    return [step("gain_selector", "ManualGainSelector", channel=c) for c in every]


@cache
def ours(shared, name):
    """What the chain makes of each image, channels along the first axis."""
    images = {}
    for group in groups(shared, name):
        columns = {
            "r0_waveform": group.r0_waveform,
            "calibration_index": group.calibration_index,
        }
        context = {"camera": group.camera, "coefficients": group.coefficients}
        selectors = gain_selectors(name, group.r0_waveform.shape[1])
        runs = [chain(selector).run(columns, context) for selector in selectors]
        for event, key in enumerate(group.keys):
            row = {
                each: np.stack([run[each][event] for run in runs]) for each in COLUMNS
            }
            samples = row.pop("waveform").astype("<f4").tobytes()
            images[key] = row | {"r1_sha256": hashlib.sha256(samples).hexdigest()}
    return images


def theirs(shared, name, kind, column):
    rows = table(shared, name, kind).select(*KEY, column).rows()
    return {row[:3]: row[3] for row in rows}


def both(shared, name, kind, column, our_column):
    """Pairs of our array and theirs; the same images on both sides."""
    images, wanted = ours(shared, name), theirs(shared, name, kind, column)
    assert images.keys() == wanted.keys()
    for key, value in wanted.items():
        got = images[key][our_column]
        # One row of peak times stands for all channels where there is no time.
        yield got, np.broadcast_to(np.reshape(value, (-1, got.shape[1])), got.shape)


@pytest.mark.parametrize("name", without(WIDER_THAN_OURS))
def test_r1_is_bit_identical(shared, name, compared):
    wanted = theirs(shared, name, "waveforms_sum", "r1_sha256")
    got = {key: row["r1_sha256"] for key, row in ours(shared, name).items()}
    assert got == wanted
    compared("calibrator", "SimTelCalibrator", "R1 samples", len(got))
    if name.startswith("calib_events"):
        cameras = theirs(shared, name, "tel_events", "camera_name")
        for key in got:
            compared("camera", cameras[key], "R1 samples", 1)


@pytest.mark.parametrize("name", without(BOTH_CHANNELS))
def test_selected_gain(shared, name, compared):
    column = "selected_gain_channel"
    for got, want in both(shared, name, "waveforms_sum", column, column):
        np.testing.assert_array_equal(got, want)
        compared("gain_selector", "ThresholdGainSelector", "selected gain", 1)


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_charge(shared, name, record_property):
    kind, largest = "extractor=NeighborPeakWindowSum", 0.0
    for got, want in both(shared, name, kind, "image", "image"):
        allowed = np.maximum(CHARGE_ATOL, CHARGE_RTOL * abs(want))
        assert (abs(got - want) <= allowed).all()
        largest = max(largest, abs(got - want).max())
    record_property("p.e.", float(largest))


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_peak_time(shared, name, record_property):
    kind, largest = "extractor=NeighborPeakWindowSum", 0.0
    for got, want in both(shared, name, kind, "peak_time", "peak_time"):
        largest = max(largest, abs(got - want).max())
    assert largest <= TIME_ATOL
    record_property("ns", float(largest))


@pytest.mark.parametrize("name", without(BOTH_CHANNELS))
def test_masks_are_equal(shared, name):
    for got, want in both(
        shared, name, "cleaner=TailcutsImageCleaner", "mask", "image_mask"
    ):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    "name", ["prod5_north_gamma_history75", "prod5_north_proton_flashcam"]
)
def test_low_gain_is_among_what_was_compared(shared, name):
    selected = theirs(shared, name, "waveforms_sum", "selected_gain_channel")
    n_low_gain = sum(pl.Series(row).sum() for row in selected.values())
    assert n_low_gain == {"gamma": 47, "proton": 96}[name.split("_")[2]]


@pytest.mark.parametrize("name", ["aux_traces_2029", "prod5_north_proton_flashcam"])
def test_broken_pixels_have_the_mean_of_their_neighbours_as_in_ctapipe(shared, name):
    kind, n_broken = "extractor=NeighborPeakWindowSum", 0
    broken = {}
    for group in groups(shared, name):
        masks = group.coefficients.outlier_mask[group.calibration_index]
        broken |= dict(zip(group.keys, masks.any(axis=1), strict=True))
    for column in ("image", "peak_time"):
        wanted = theirs(shared, name, kind, column)
        for key, mask in broken.items():
            want = np.reshape(wanted[key], (-1, mask.size))[:, mask]
            got = ours(shared, name)[key][column][:, mask]
            np.testing.assert_allclose(got, want, rtol=1e-6)
            n_broken += mask.sum()
    assert n_broken >= 12
