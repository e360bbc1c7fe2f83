"""What all extractors keep, and where they differ from ctapipe on purpose."""

import numpy as np
import pytest
from cameras import CAMERAS, hexagonal
from reference.deconvolution import pulses
from toy_extraction import EXTRACTORS, OLDER, calibrated, extract, traces
from toy_telescopes import setup

from cta_columnar.errors import UserError
from cta_columnar.instrument.deconvolution import deconvolution
from cta_columnar.instrument.pulses import integration_correction, sliding_correction
from cta_columnar.registry import get

COLUMNS = ("image", "peak_time", "is_valid")


def test_all_names_are_there():
    assert set(EXTRACTORS) == {
        "AverageWfPeakIntegrator",
        "BaselineSubtractedNeighborPeakWindowSum",
        "FixedWindowSum",
        "FlashCamExtractor",
        "FullIntegrator",
        "FullWaveformSum",
        "GlobalPeakIntegrator",
        "GlobalPeakWindowSum",
        "LocalPeakIntegrator",
        "LocalPeakWindowSum",
        "NeighborPeakWindowSum",
        "NeighbourPeakIntegrator",
        "SimpleIntegrator",
        "SlidingWindowMaxSum",
        "TwoPassWindowSum",
        "VarianceExtractor",
    }


def test_defaults_are_those_of_ctapipe():
    window = {"window_width": 7, "apply_integration_correction": True}
    about_peak = window | {"window_shift": 3}
    neighbor = about_peak | {"local_weight": 0}
    assert {
        name: {
            key: spec.default for key, spec in get("extractor", name).options.items()
        }
        for name in EXTRACTORS
        if name not in OLDER
    } == {
        "FullWaveformSum": {},
        "FixedWindowSum": window | {"window_shift": 0, "peak_index": 0},
        "GlobalPeakWindowSum": about_peak | {"pixel_fraction": 1.0},
        "LocalPeakWindowSum": about_peak,
        "SlidingWindowMaxSum": window,
        "NeighborPeakWindowSum": neighbor,
        "BaselineSubtractedNeighborPeakWindowSum": neighbor
        | {"baseline_start": 0, "baseline_end": 10},
        "TwoPassWindowSum": {
            "core_threshold": None,
            "disable_second_pass": False,
            "apply_integration_correction": True,
            "legacy_edges": False,
        },
        "FlashCamExtractor": {
            "upsampling": 4,
            "window_width": 7,
            "window_shift": 3,
            "local_weight": 0,
            "effective_time_profile_std": 2.0,
            "neighbour_sum_clipping": 5.0,
            "leading_edge_timing": True,
            "leading_edge_rel_descend_limit": 0.05,
        },
        "VarianceExtractor": {},
    }


@pytest.mark.parametrize("name", EXTRACTORS)
def test_every_option_says_what_it_means(name):
    algorithm = get("extractor", name)
    assert algorithm.doc
    for option, spec in algorithm.options.items():
        assert spec.doc, option
        if option.startswith(("window_w", "window_s", "baseline", "t0", "peak_i")):
            assert spec.unit


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize("pixels", ["one pixel", "37 hexagons with gaps"])
@pytest.mark.parametrize("n_events", [0, 4])
def test_events_do_not_know_of_each_other(name, pixels, n_events):
    made = setup(CAMERAS[pixels], n_events, n_samples=40)
    together = extract(name, made)
    assert all(len(together[column]) == n_events for column in COLUMNS)
    for event in range(n_events):
        alone = extract(name, made.event(event))
        for column in COLUMNS:
            np.testing.assert_array_equal(alone[column][0], together[column][event])


@pytest.mark.parametrize("name", EXTRACTORS)
def test_sums_are_taken_as_they_are(name):
    made = setup(hexagonal(2), n_samples=1)
    columns = calibrated(made)
    out = extract(name, made, columns)
    np.testing.assert_array_equal(out["image"], columns["waveform"][..., 0])
    assert (out["peak_time"] == 0).all()
    assert out["is_valid"].all()


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize("n_samples", [2, 4, 5, 12])
def test_short_traces(name, n_samples):
    made = setup(hexagonal(2), n_samples=n_samples)
    options = {}
    if name.startswith("Baseline"):
        options = {"baseline_end": 2}
    out = extract(name, made, **options)
    assert np.isfinite(out["image"]).all()


@pytest.mark.parametrize("name", EXTRACTORS)
def test_one_pixel_of_nan_does_no_harm_to_pixels_far_away(name):
    """A broken pixel is left out where a peak is looked for in others."""
    pixels = hexagonal(3)
    made = setup(pixels, n_events=1).with_broken(..., 0)
    columns = calibrated(made)
    sound = extract(name, made, columns)
    columns["waveform"] = columns["waveform"].copy()
    columns["waveform"][0, 0] = np.nan
    with_nan = extract(name, made, columns)
    for column in ("image", "peak_time"):
        np.testing.assert_array_equal(with_nan[column][0, 1:], sound[column][0, 1:])


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        *[(name, integration_correction) for name in (
            "GlobalPeakWindowSum", "LocalPeakWindowSum", "NeighborPeakWindowSum",
            "BaselineSubtractedNeighborPeakWindowSum", "LocalPeakIntegrator",
        )],
        ("SlidingWindowMaxSum", lambda *window: sliding_correction(*window[:2])),
    ],
)  # fmt: skip
def test_charge_is_corrected_for_the_gain_of_the_pixel(name, factor):
    made = setup(hexagonal(3))
    columns = calibrated(made)
    with_it = extract(name, made, columns)
    without = extract(name, made, columns, apply_integration_correction=False)
    factors = factor(made.context["camera"].readout, 7, 3)
    assert factors[0] != factors[1]
    expected = without["image"] * factors[columns["selected_gain_channel"]]
    np.testing.assert_allclose(with_it["image"], expected, rtol=1e-6)
    np.testing.assert_array_equal(with_it["peak_time"], without["peak_time"])


def test_variance_is_a_square():
    """A factor on the samples acts squared."""
    made = setup(hexagonal(2))
    columns = calibrated(made)
    plain = extract("VarianceExtractor", made, columns)
    doubled = columns | {"waveform": 2 * columns["waveform"]}
    twice = extract("VarianceExtractor", made, doubled)
    np.testing.assert_allclose(twice["image"], 4 * plain["image"], rtol=1e-6)
    assert np.isnan(plain["peak_time"]).all()


def test_variance_has_a_value_per_pixel():
    # ctapipe gives [channel, pixel] even where a channel was selected.
    made = setup(hexagonal(2), n_events=3)
    image = extract("VarianceExtractor", made)["image"]
    assert image.shape == (3, hexagonal(2).n_pixels)


def test_variance_of_nothing_is_not_valid():
    made, columns = traces([np.nan] * 20)
    assert not extract("VarianceExtractor", made, columns)["is_valid"]


@pytest.mark.parametrize(("start", "end"), [(10, 10), (40, 50), (12, 3)])
def test_a_baseline_without_samples_is_refused(start, end):
    made = setup(hexagonal(1), n_samples=40)
    with pytest.raises(UserError, match=r"no baseline in samples .* of the 40"):
        extract(
            "BaselineSubtractedNeighborPeakWindowSum",
            made,
            baseline_start=start,
            baseline_end=end,
        )


def two_gains():
    """Seven pixels: pixel 0 outshines all in the high gain, pixel 6 in the low one."""
    high, low = np.zeros((2, 7, 30), np.float32)
    high[0, 10] = low[6, 20] = 9
    high[6, 20] = low[0, 10] = 1
    return high, low


def test_brightest_pixels_are_those_of_the_gain():
    options = {"pixel_fraction": 0.15, "apply_integration_correction": False}
    for gain, peak in zip(two_gains(), (10, 20), strict=True):
        made, columns = traces(gain, n_pixels=7)
        out = extract("GlobalPeakWindowSum", made, columns, **options)
        assert out["image"].max() == 9
        assert (out["image"] > 0).sum() == 1
        assert (peak - 3) / 1.25 <= out["peak_time"][0].max() <= (peak + 3) / 1.25


def test_ctapipe_takes_the_brightest_pixels_of_the_high_gain_for_both():
    # The quirk, on purpose: the peak of the low gain is looked for in pixel 0.
    high, low = two_gains()
    brightest_of_high = high.max(axis=1).argmax()
    assert low[brightest_of_high].argmax() == 10
    made, columns = traces(low, n_pixels=7)
    options = {"pixel_fraction": 0.15, "apply_integration_correction": False}
    ours = extract("GlobalPeakWindowSum", made, columns, **options)
    assert ours["image"][0, 0] == 0


def test_flashcam_corrects_for_what_deconvolution_does_to_a_pulse():
    made = setup(hexagonal(1), n_samples=40).with_broken()
    camera = made.context["camera"]
    found = deconvolution(camera.readout, 4, 7, 3, 2.0, True, 0.05)
    columns = calibrated(made)
    out = extract("FlashCamExtractor", made, columns)
    rate = camera.readout.sampling_rate * 4
    args = hexagonal(1), found.pole_zero, 4, 5.0, 0, (7, 3), (found.edge_offset, 0.05)
    for event, waveform in enumerate(columns["waveform"]):
        charge, time, _ = pulses(waveform, np.zeros(7, bool), *args)
        wanted = charge / found.gain, time / rate - found.time_shift
        np.testing.assert_allclose(out["image"][event], wanted[0], rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(out["peak_time"][event], wanted[1], atol=1e-3)


def test_a_pulse_that_cannot_be_deconvolved_is_told():
    made = setup(hexagonal(1))
    with pytest.raises(UserError, match="toy holds no window of 200 values"):
        extract("FlashCamExtractor", made, window_width=200)
