"""The extractor that searches pulses twice."""

from typing import Annotated

import numpy as np

from cta_columnar.array_types import F4, F8, I1, I4, Mask
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.cleaning import tailcuts
from cta_columnar.kernels.hillas import HILLAS, hillas
from cta_columnar.kernels.invalid_pixels import neighbor_average
from cta_columnar.kernels.kept_pixels import gather, kept_pixels
from cta_columnar.kernels.morphology import heaviest_islands
from cta_columnar.kernels.peaks import centered_peaks
from cta_columnar.kernels.timing import TIMING, timing
from cta_columnar.kernels.two_pass import WINDOWS, second_pass
from cta_columnar.registry import Columns, Option
from cta_columnar.stages.extraction import (
    ApplyCorrection,
    broken_pixels,
    correction_of,
    extractor,
    valid,
    windows_about,
)

CORE_THRESHOLD = {"LST": 6.0, "MST": 8.0, "SST": 4.0}
"""p.e., by size of the telescope, as in ctapipe."""
_OTHER_CORE_THRESHOLD = 6.0
_LEAST_PIXELS = 3
# Those of the image parameter `timing`.
_N_PAIRS, _KEPT_FRACTION = 30, 0.85

_AXIS = [HILLAS.index(name) for name in ("fov_lon", "fov_lat", "psi")]
_LINE = [TIMING.index(name) for name in ("slope", "intercept")]


CoreThreshold = Annotated[
    float | None,
    Option(
        unit="p.e.",
        doc="least charge of the shower's pixels that keep their first charge; "
        "null: LST 6, MST 8, SST 4, others 6",
        gt=0,
    ),
]
LegacyEdges = Annotated[
    bool,
    Option(
        doc="at the end of the readout take the window and the correction that "
        "ctapipe does, some samples off"
    ),
]


@extractor("TwoPassWindowSum")
def two_pass_window_sum(
    waveform: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
    *,
    core_threshold: CoreThreshold = None,
    disable_second_pass: Annotated[bool, Option(doc="search freely only")] = False,
    apply_integration_correction: ApplyCorrection = True,
    legacy_edges: LegacyEdges = False,
) -> Columns:
    """Sum 5 samples about the peak, or where the shower's time gradient expects it."""
    correct = apply_integration_correction
    peaks, window = centered_peaks(waveform), WINDOWS[0]
    image, peak_time = windows_about(
        waveform, peaks, selected_gain_channel, camera, *window, correct
    )
    if disable_second_pass:
        return valid(image, peak_time)

    broken = broken_pixels(coefficients, calibration_index, selected_gain_channel)
    neighbors = camera.neighbor_indptr, camera.neighbor_indices
    image = neighbor_average(image, broken, *neighbors)
    peak_time = neighbor_average(peak_time, broken, *neighbors)
    threshold = core_threshold or CORE_THRESHOLD.get(
        camera.optics.size_type, _OTHER_CORE_THRESHOLD
    )
    island = _shower(image, camera, threshold)
    is_valid = second_pass(
        waveform,
        selected_gain_channel,
        np.stack([correction_of(camera, *each, correct) for each in WINDOWS]),
        camera.readout.sampling_rate,
        island,
        threshold,
        *(camera.camera.pix_x, camera.camera.pix_y),
        *_line_of_time(image, peak_time, island, camera),
        legacy_edges,
        image,
        peak_time,
    )
    return {"image": image, "peak_time": peak_time, "is_valid": is_valid}


def _shower(image: F4, camera: TelescopeType, threshold: float) -> Mask:
    """Tail cuts, of which the island with the largest charge is kept."""
    neighbors = camera.neighbor_indptr, camera.neighbor_indices
    picture = np.full((1, image.shape[1]), threshold, np.float32)
    mask = tailcuts(image, picture, picture[0] / np.float32(2), 1, False, *neighbors)
    return heaviest_islands(mask, image, *neighbors)


def _line_of_time(
    image: F4, peak_time: F4, island: Mask, camera: TelescopeType
) -> tuple[F8, F8, F8, F8, F8]:
    """Centroid (x, y) and axis of each shower, and time along it (slope, intercept).

    In the camera frame, m and rad; NaN where there is no line.
    """
    indptr, pixels = kept_pixels(island)
    wanted = np.diff(indptr) >= _LEAST_PIXELS
    geometry = camera.camera
    positions = geometry.pix_x, geometry.pix_y
    charge = gather(image, indptr, pixels)
    ellipse = hillas(charge, indptr, pixels, wanted, *positions, geometry.pix_area)
    cog_x, cog_y, psi = ellipse[_AXIS]
    times = gather(peak_time, indptr, pixels)
    axis = cog_x, cog_y, psi
    line = timing(
        times, indptr, pixels, wanted, *positions, *axis, _N_PAIRS, _KEPT_FRACTION
    )
    slope, intercept = line[_LINE]
    return cog_x, cog_y, psi, slope, intercept
