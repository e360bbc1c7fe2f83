"""Options that would do nothing are refused, by the key."""

import pytest
from toy_extraction import extract, traces

from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage1.chains import dl1_chain

REFUSED = {
    "monitoring.pedestals=raw.simtel.zst": "monitoring.pedestals: nothing reads them",
    "image_modifier=ImageModifier": "image_modifier: .* it changes nothing",
    "image_modifier={name: ImageModifier, noise_transition_charge: 5}": "changes no",
    "cleaner.picture_threshold_pe=4": r"boundary_threshold_pe: must be <= picture",
    "cleaner.boundary_threshold_pe=-1": r"must be >= 0",
    "muons={name: MuonProcessor, min_wavelength: 700}": "min_wavelength: must be below",
    "muons={name: MuonProcessor, completeness_threshold: -1}": "must be >= 0",
}


@pytest.mark.parametrize("setting", REFUSED)
def test_what_does_nothing_is_refused(setting):
    with pytest.raises(UserError, match=REFUSED[setting]):
        configure("stage1", settings=[setting])


@pytest.mark.parametrize(
    "settings",
    [
        ["monitoring.pedestals=raw.simtel.zst", "cleaner=NSBImageCleaner"],
        ["monitoring.pedestals=raw.simtel.zst", "cleaner.LST*.name=NSBImageCleaner"],
        [
            "monitoring.pedestals=raw.simtel.zst",
            "waveform_modifier={name: WaveformModifier, nsb_level: 1}",
        ],
        ["image_modifier={name: ImageModifier, noise_bias_dim_pixels: -0.5}"],
        ["image_modifier={default: ImageModifier, '*Cam': {psf_smear_factor: 0.1}}"],
        ["cleaner.picture_threshold_pe=4", "cleaner.boundary_threshold_pe=4"],
    ],
)
def test_what_does_something_for_some_telescope_is_taken(settings):
    configure("stage1", settings=settings)


def test_thresholds_of_one_telescope_are_checked_together():
    config = configure("stage1", settings=["cleaner.tel_id=4.picture_threshold_pe=4"])
    message = r"^cleaner of telescope 4 \(toy\): boundary_threshold_pe: must be"
    with pytest.raises(UserError, match=message):
        dl1_chain(config, "toy", 4)
    dl1_chain(config, "toy", 5)


def test_options_without_a_reducer_are_refused():
    configure("reduce", settings=["extractor.window_width=7"])
    for key, setting in (
        ("extractor", "extractor.window_width=5"),
        ("extractor", "extractor=FullWaveformSum"),
        ("calibrator", "calibrator.calib_scale=2"),
    ):
        with pytest.raises(UserError, match=f"^{key}: .* has no effect"):
            configure("reduce", settings=[setting])
        configure("reduce", settings=[setting, "reducer=TailCutsDataVolumeReducer"])


OUTSIDE = [
    ("FixedWindowSum", {"peak_index": 500}),
    ("FixedWindowSum", {"peak_index": 0, "window_shift": 7}),
    ("SimpleIntegrator", {"t0": 500, "window_policy": "clip"}),
    ("LocalPeakIntegrator", {"window_shift": 50, "window_policy": "clip"}),
    ("LocalPeakWindowSum", {"window_shift": -20}),
    ("GlobalPeakWindowSum", {"window_shift": 26}),
    ("NeighborPeakWindowSum", {"window_shift": 26}),
    ("BaselineSubtractedNeighborPeakWindowSum", {"window_shift": 26}),
    ("FlashCamExtractor", {"window_shift": 200}),
]


@pytest.mark.parametrize(("name", "options"), OUTSIDE)
def test_a_window_outside_of_the_trace_is_refused(name, options):
    made, columns = traces([range(20)] * 7, n_pixels=7)
    with pytest.raises(UserError, match=r"outside of the (20|80) samples of LST_toy"):
        extract(name, made, columns, **options)


def test_a_window_that_may_hold_a_sample_is_taken():
    made, columns = traces([range(20)] * 7, n_pixels=7)
    for shift in (-19, 25):
        extract("LocalPeakWindowSum", made, columns, window_shift=shift)
    extract("SimpleIntegrator", made, columns, t0=500)
