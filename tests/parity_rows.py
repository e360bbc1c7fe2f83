"""What docs/parity.md must say: a row for each thing that is compared with ctapipe.

A test says what it compared by the fixture `compared`; the plugin `parity_table` puts
it beside the bound that is written here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cta_columnar.schemas import dl1

CHARGE_BOUND = "1e-3 p.e. or 1e-5 relative"
TIME_BOUND = "1e-3 ns"
# The seven cameras of the calibration file.
CAMERAS = (
    "LSTCam",
    "NectarCam",
    "FlashCam",
    "ASTRICam",
    "CHEC",
    "DigiCam",
    "SCTCam",
)
# What is registered and in no table of ctapipe, and what holds its rules instead.
WITHOUT_COUNTERPART = {
    ("extractor", name): "tests/stages/test_older_extractors.py"
    for name in (
        "AverageWfPeakIntegrator",
        "FullIntegrator",
        "GlobalPeakIntegrator",
        "LocalPeakIntegrator",
        "NeighbourPeakIntegrator",
        "SimpleIntegrator",
    )
} | {
    ("cleaner", "NullImageCleaner"): "tests/stages/test_cleaners.py",
    ("parameters", "source"): "tests/stages/test_source_parameters.py",
}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    kind, name, quantity : str
        What is compared, and what of it.
    counted : str
        What the number of comparisons counts.
    bound : str
        What the tests allow.
    unit : str
        Of the largest difference.
    note : str
        Beginning of the paragraph in docs/parity.md that explains a difference.
    """

    kind: str
    name: str
    quantity: str
    counted: str
    bound: str = "equal"
    unit: str = ""
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by."""
        return self.kind, self.name, self.quantity


def _decoding() -> Iterator[Row]:
    yield Row("source", "sim_telarray files", "raw samples", "images")
    yield Row("source", "sim_telarray files", "true images", "images")
    yield Row(
        "gain_selector",
        "ThresholdGainSelector",
        "selected gain",
        "images",
    )
    yield Row("calibrator", "SimTelCalibrator", "R1 samples", "images")


def _cameras() -> Iterator[Row]:
    for camera in CAMERAS:
        yield Row("camera", camera, "raw samples", "images")
        yield Row("camera", camera, "R1 samples", "images")
        charges = "charges, all extractors"
        yield Row("camera", camera, charges, "pixels", CHARGE_BOUND, "p.e.")
        times = "peak times, all extractors"
        note = "No time where there is no rise" if camera == "FlashCam" else ""
        yield Row("camera", camera, times, "pixels", TIME_BOUND, "ns", note)


EXTRACTOR_NOTES = {
    "FlashCamExtractor": "No time where there is no rise",
    "TwoPassWindowSum": "The line of time of `TwoPassWindowSum`",
    "VarianceExtractor": "`VarianceExtractor`",
}
EXTRACTORS = (
    "BaselineSubtractedNeighborPeakWindowSum",
    "FixedWindowSum",
    "FlashCamExtractor",
    "FullWaveformSum",
    "GlobalPeakWindowSum",
    "LocalPeakWindowSum",
    "NeighborPeakWindowSum",
    "SlidingWindowMaxSum",
    "TwoPassWindowSum",
    "VarianceExtractor",
)


def _extractors() -> Iterator[Row]:
    for name in EXTRACTORS:
        note = EXTRACTOR_NOTES.get(name, "")
        unit = "p.e.2" if name == "VarianceExtractor" else "p.e."
        bound = CHARGE_BOUND.replace("p.e.", unit)
        yield Row("extractor", name, "charge", "pixels", bound, unit, note)
        bound = "no time in either" if name == "VarianceExtractor" else TIME_BOUND
        yield Row("extractor", name, "peak time", "pixels", bound, "ns", note)


CLEANERS = (
    "FACTImageCleaner",
    "MARSImageCleaner",
    "NSBImageCleaner",
    "TailcutsImageCleaner",
    "TimeConstrainedImageCleaner",
)
CLEANER_NOTES = {
    "FACTImageCleaner": "Options without effect",
    "MARSImageCleaner": "Options without effect",
    "NSBImageCleaner": "The scatter of pedestals",
    "TimeConstrainedImageCleaner": "Options without effect",
}


def _cleaners() -> Iterator[Row]:
    for name in CLEANERS:
        note = CLEANER_NOTES.get(name, "")
        yield Row("cleaner", name, "mask", "images", note=note)
        other = "mask, other options"
        yield Row("cleaner", name, other, "images", note=note)
    yield Row("island_selector", "LargestIsland", "mask", "images")
    note = "A brightest island of negative charge"
    yield Row("island_selector", "BrightestIsland", "mask", "images", note=note)
    note = "Volume reduction of pixels in low gain"
    reducer = "reducer", "TailCutsDataVolumeReducer"
    yield Row(*reducer, "kept pixels", "images", note=note)


NEGATIVE = "A negative charge in a kept pixel"
FLOAT32 = "Moments in float64"
COUNTS = "Counts are true counts"
BEST_LINE = "Timing fit: the best line, whatever came before"
CORE = "all but width_uncertainty"
NARROW = "width_uncertainty"
MOMENTS = "skewness, kurtosis"
PLAIN = "max, min, mean, std"


def _parameters() -> Iterator[Row]:
    for group in ("hillas", "camera_frame_hillas"):
        of = "parameters", group
        yield Row(*of, CORE, "images", "1e-9 relative", note=NEGATIVE)
        yield Row(*of, NARROW, "images", "1e-6 relative", note=NEGATIVE)
    for group in ("timing", "camera_frame_timing"):
        of = "parameters", group
        yield Row(*of, "trimmed sum", "images", "never above ctapipe's", note=BEST_LINE)
        equal = "all, where the sums are equal"
        yield Row(*of, equal, "images", "1e-6 relative", note=BEST_LINE)
    of = "parameters", "leakage"
    yield Row(*of, "pixels", "images", "1e-9 relative")
    yield Row(*of, "intensity", "images", "1e-6 relative", note=FLOAT32)
    of = "parameters", "concentration"
    yield Row(*of, "all", "images", "1e-6 relative", note=FLOAT32)
    yield Row("parameters", "morphology", "all", "images", note=COUNTS)
    for group in ("intensity_statistics", "peak_time_statistics"):
        of = "parameters", group
        yield Row(*of, PLAIN, "images", "1e-6 relative", note=FLOAT32)
        bound = "10 units in the last place of float32 / std"
        yield Row(*of, MOMENTS, "images", bound, note=FLOAT32)
    of = "true_parameters", "true_parameters"
    yield Row(*of, "floats", "images", "1e-9 relative", note=COUNTS)
    yield Row(*of, "counts", "images", note=COUNTS)


EXACT_RING = "The ring is exact"
LIGHT = "The light is fitted from several starts, and through kinks"
# Of a ring, its light and its surroundings: what the tests allow, and why so much.
MUON_BOUNDS = {
    "center_phi": ("0.02 of the centre's error, as an arc", "deg", EXACT_RING),
    "center_distance": ("0.02 of the centre's error", "deg", EXACT_RING),
    "likelihood_value": ("never higher by more than 1e-4", "", LIGHT),
    "is_valid": ("equal", "", LIGHT),
    "parameters_at_limit": ("equal", "", "No limits"),
    "width": ("2e-3 relative", "", LIGHT),
    "optical_efficiency": ("2e-3 relative", "", LIGHT),
    "impact": ("0.1 m", "m", LIGHT),
    "impact_x": ("0.1 m", "m", LIGHT),
    "impact_y": ("0.1 m", "m", LIGHT),
}
MUON_GROUPS = {
    "muonparameters": ("1e-5 relative or 1e-6", "", ""),
}


RING = "center_fov_lon", "center_fov_lat", "radius"
LARGE = "Rings of `taubin` are too large"
# The default first. What it minimises is found by ctapipe to a share of the error.
RING_BOUNDS = {
    "kundu_chaudhuri_taubin": ("0.02 of its error", "3e-3 relative", EXACT_RING),
    "taubin": ("0.03 of its error", "2e-2 relative", LARGE),
    "kundu_chaudhuri": ("1e-6 relative", "1e-6 relative", FLOAT32),
}


def of_ring(name: str, method: str = "kundu_chaudhuri_taubin") -> str:
    """Return what is compared: a column of rings, and the method of the fit."""
    return f"muonring_{name}, {method}"


def _rings() -> Iterator[Row]:
    of = "muons", "MuonProcessor"
    for method, (bound, of_errors, note) in RING_BOUNDS.items():
        for name in RING:
            unit = "" if "relative" in bound else "deg"
            yield Row(*of, of_ring(name, method), "rings", bound, unit, note)
        for name in RING:
            column = of_ring(f"{name}_err", method)
            yield Row(*of, column, "rings", of_errors, "", note)
    for name in ("center_phi", "center_distance"):
        yield Row(*of, of_ring(name), "rings", *MUON_BOUNDS[name])


def _muons() -> Iterator[Row]:
    yield from _rings()
    for column in dl1.MUON_COLUMNS.names:
        group, _, name = column.partition("_")
        if group != "muonring":
            bound, unit, note = MUON_BOUNDS.get(name) or MUON_GROUPS[group]
            yield Row("muons", "MuonProcessor", column, "rings", bound, unit, note)


ROWS = (
    *_decoding(),
    *_cameras(),
    *_extractors(),
    *_cleaners(),
    *_parameters(),
    *_muons(),
)
