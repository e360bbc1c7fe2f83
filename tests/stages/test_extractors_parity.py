"""Every extractor against ctapipe's, on every shared file with images.

Calibration events keep both gain channels there (`calib_events`): the extractors run
once per channel. What differs on purpose is explained in docs/parity.md.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from golden import KEY, WITH_IMAGES, groups, table
from parity_rows import EXTRACTORS
from reference.deconvolution import deconvolve
from reference.trimmed_line import fit, refine, trimmed_sum

from cta_columnar.instrument.deconvolution import deconvolution
from cta_columnar.registry import get
from cta_columnar.stages import two_pass
from cta_columnar.stages.chain import Chain, Step

# ctapipe selects no gain for these events.
BOTH_CHANNELS = "calib_events"
# Files of sums: nothing is extracted, and one table stands for all extractors.
SUMS_ONLY = "40k_pixels"

CHARGE_ATOL, CHARGE_RTOL = 1e-3, 1e-5  # p.e., and relative: either will do
TIME_ATOL = 1e-3  # ns
# A rise of a pulse lower than this has no time in ours, and any in ctapipe.
ROUNDING = 1e-6  # p.e.
# What one value more or less, of 0.05 of the height, does to a time.
AT_LIMIT = 0.1  # ns
# Images whose line of time is not the best one in ctapipe.
OTHER_LINES = {
    ("prod5_north_gamma_history75", 100, 7),
    ("prod5_north_proton_flashcam", 904, 8),
    ("prod6_north_proton_6_0_2", 500, 3),
}


def step(kind, name, **options):
    algorithm = get(kind, name)
    return Step(algorithm, algorithm.validate_options(options))


def extraction(name):
    options = {"legacy_edges": True} if name == "TwoPassWindowSum" else {}
    steps = (
        step("extractor", name, **options),
        step("time_shift", "PeakTimeShift"),
        step("invalid_pixel_handler", "NeighborAverage"),
    )
    return Chain(steps, frozenset({"image", "peak_time", "is_valid"}))


@cache
def calibrated(shared, folder):
    """Groups of images, and for each channel the columns that an extractor reads."""
    found = []
    for group in groups(shared, folder):
        selectors = [step("gain_selector", "ThresholdGainSelector")]
        if folder == BOTH_CHANNELS:
            channels = range(group.r0_waveform.shape[1])
            manual = "gain_selector", "ManualGainSelector"
            selectors = [step(*manual, channel=channel) for channel in channels]
        columns = {
            "r0_waveform": group.r0_waveform,
            "calibration_index": group.calibration_index,
        }
        context = {"camera": group.camera, "coefficients": group.coefficients}
        calibrator = step("calibrator", "SimTelCalibrator")
        kept = frozenset({"waveform", "selected_gain_channel", "calibration_index"})
        runs = [
            Chain((selector, calibrator), kept).run(columns, context)
            for selector in selectors
        ]
        found.append((group, context, runs))
    return found


def theirs(shared, folder, extractor):
    if folder == SUMS_ONLY:
        extractor = "NeighborPeakWindowSum"
    try:
        rows = table(shared, folder, f"extractor={extractor}")
    except FileNotFoundError:
        return {}
    columns = ("image", "peak_time", "is_valid")
    return {row[:3]: row[3:] for row in rows.select(*KEY, *columns).rows()}


@dataclass(frozen=True)
class Pair:
    """One image of ours and of ctapipe, channels along the first axis."""

    key: tuple[int, int, int]
    context: dict
    columns: list  # what the extractor reads, per channel
    ours: dict
    theirs: dict

    def difference(self, name):
        return abs(self.ours[name] - self.theirs[name])

    @property
    def camera_name(self):
        return self.context["camera"].readout.name

    @property
    def has_equal_charges(self):
        allowed = np.maximum(CHARGE_ATOL, CHARGE_RTOL * abs(self.theirs["image"]))
        return (self.difference("image") <= allowed).all()


def both(shared, folder, extractor):
    """Yield all images of a file that ctapipe has; all of them must be there."""
    wanted = theirs(shared, folder, extractor)
    for group, context, runs in calibrated(shared, folder):
        rows = [row for row, key in enumerate(group.keys) if key in wanted]
        inputs = [{name: a[rows] for name, a in run.items()} for run in runs]
        results = [extraction(extractor).run(each, context) for each in inputs if rows]
        shape = len(runs), group.camera.readout.n_pixels
        for place, row in enumerate(rows):
            image, peak_time, is_valid = wanted.pop(group.keys[row])
            # VarianceExtractor has no time. For sums, one row stands for all channels.
            times = (
                np.nan if peak_time is None else np.reshape(peak_time, (-1, shape[1]))
            )
            yield Pair(
                group.keys[row],
                context,
                [{n: a[place : place + 1] for n, a in each.items()} for each in inputs],
                {name: np.array([each[name][place] for each in results])
                 for name in ("image", "peak_time", "is_valid")},
                {"image": np.reshape(image, shape), "is_valid": is_valid,
                 "peak_time": np.broadcast_to(times, shape)},
            )  # fmt: skip
    assert not wanted


def is_other_line(extractor, folder, pair):
    place = folder, *pair.key[1:]
    return extractor == "TwoPassWindowSum" and place in OTHER_LINES


def tell(compared, folder, extractor, quantity, pair, difference):
    """Tell of some pixels of an image; of sums nothing is extracted."""
    told = difference.size, difference.max()
    if pair.columns[0]["waveform"].shape[-1] > 1:
        compared("extractor", extractor, quantity, *told)
    if folder.startswith("calib_events"):
        compared("camera", pair.camera_name, f"{quantity}s, all extractors", *told)


@pytest.mark.parametrize("folder", WITH_IMAGES)
@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_charge(shared, folder, extractor, compared):
    n_images = 0
    for pair in both(shared, folder, extractor):
        assert (pair.ours["is_valid"] == pair.theirs["is_valid"]).all()
        if not is_other_line(extractor, folder, pair):
            assert pair.has_equal_charges, pair.key
            tell(compared, folder, extractor, "charge", pair, pair.difference("image"))
            n_images += 1
    assert n_images or extractor == "FlashCamExtractor"


@pytest.mark.parametrize("folder", WITH_IMAGES)
@pytest.mark.parametrize(
    "extractor", [name for name in EXTRACTORS if name != "FlashCamExtractor"]
)
def test_peak_time(shared, folder, extractor, compared):
    for pair in both(shared, folder, extractor):
        has_samples = pair.columns[0]["waveform"].shape[-1] > 1
        if extractor == "VarianceExtractor" and has_samples:
            # A broken pixel without a neighbour to go by has 0.
            times = pair.ours["peak_time"]
            assert (np.isnan(times) | (times == 0)).all()
            assert np.isnan(times).any()
            compared("extractor", extractor, "peak time", times.size)
        elif not is_other_line(extractor, folder, pair):
            difference = pair.difference("peak_time")
            assert difference.max() <= TIME_ATOL
            tell(compared, folder, extractor, "peak time", pair, difference)


@pytest.mark.parametrize("folder", WITH_IMAGES)
def test_leading_edge_time(shared, folder, compared, record_property):
    """Times of FlashCamExtractor, and that the others are those without a rise."""
    n_compared, n_without = 0, 0
    for pair in both(shared, folder, "FlashCamExtractor"):
        difference = pair.difference("peak_time")[0]
        (columns,) = pair.columns
        broken = pair.context["coefficients"].outlier_mask
        usable = ~broken[columns["calibration_index"][0], 0]
        differs = usable & (difference > TIME_ATOL)
        for pixel in np.flatnonzero(differs):
            # Or the last value of the rise is right at the limit.
            is_at_limit = difference[pixel] < AT_LIMIT
            assert is_at_limit or abs(rise_at(pair, pixel)) < ROUNDING
        n_without += differs.sum()
        n_compared += usable.sum()
        near = difference[usable & ~differs]
        tell(compared, folder, "FlashCamExtractor", "peak time", pair, near)
    assert n_without <= 0.003 * n_compared
    record_property("pixels left out", int(n_without))


def rise_at(pair, pixel):
    """Height of the leading edge at our time of a pixel, which is then a sample."""
    readout = pair.context["camera"].readout
    shift = deconvolution(readout, 4, 7, 3, 2.0, True, 0.05).time_shift
    coefficients, (columns,) = pair.context["coefficients"], pair.columns
    shift += coefficients.time_shift[columns["calibration_index"][0], 0, pixel]
    samples = (pair.ours["peak_time"][0, pixel] + shift) * readout.sampling_rate * 4
    assert abs(samples - round(samples)) < 1e-4
    return deconvolve(columns["waveform"][0, pixel], 1.0, 4)[round(samples)]


def solutions(along, time):
    """Lines that fits from random pairs of pixels end in."""
    n_kept = int(0.85 * along.size)
    rng = np.random.default_rng(0)
    found = {}
    for _ in range(100):
        pair = rng.choice(along.size, 2, replace=False)
        start = fit(along[pair], time[pair])
        line = None if start is None else refine(along, time, n_kept, start)
        if line is not None:
            found[tuple(np.round(line, 9))] = line
    return sorted(
        found.values(), key=lambda line: trimmed_sum(along, time, n_kept, line)
    )


def test_other_images_are_those_of_another_line(shared, monkeypatch):
    """Where TwoPassWindowSum differs, ctapipe stopped at a line that is not best."""
    pairs = [
        pair
        for folder in WITH_IMAGES
        for pair in both(shared, folder, "TwoPassWindowSum")
        if is_other_line("TwoPassWindowSum", folder, pair)
    ]
    assert len(pairs) == len(OTHER_LINES)
    for pair in pairs:
        assert not pair.has_equal_charges
        assert is_image_of_another_line(pair, monkeypatch)


def is_image_of_another_line(pair, monkeypatch):
    """Whether some line, of a larger trimmed sum than ours, gives ctapipe's image."""
    (columns,) = pair.columns
    number, lines = 0, []

    def nth_fit(times, indptr, pixels, wanted, x, y, cog_x, cog_y, psi, *options):
        along = (x[pixels] - cog_x) * np.cos(psi) + (y[pixels] - cog_y) * np.sin(psi)
        lines[:] = solutions(along, times)
        return np.array([*lines[number], 0.0])[:, None]

    monkeypatch.setattr(two_pass, "timing", nth_fit)
    while number == 0 or number < len(lines):
        result = extraction("TwoPassWindowSum").run(columns, pair.context)
        other = Pair(pair.key, pair.context, pair.columns, result, pair.theirs)
        if other.has_equal_charges:
            return number > 0
        number += 1
    return False
