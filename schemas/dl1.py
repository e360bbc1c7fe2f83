"""DL1: triggers, pointing, calibrated images and image parameters."""

import pyarrow as pa

from cta_columnar.schemas.columns import column, merge, prefixed
from cta_columnar.schemas.keys import (
    EVENT_KEY,
    EVENT_TYPE,
    OBS_ID,
    TEL_EVENT_KEY,
    TEL_ID,
    TIME,
)

TRIGGER = pa.schema(
    [
        *EVENT_KEY,
        EVENT_TYPE,
        *TIME,
        column("tels_with_trigger", pa.list_(pa.field("element", pa.int16(), False)), "",
               "telescopes that took part in the array trigger"),
        column("n_tels_with_data", pa.int32(), "", "telescopes with an image here"),
    ]
)  # fmt: skip

POINTING = pa.schema(
    [
        OBS_ID,
        TEL_ID,
        *TIME,
        column("pointing_alt", pa.float64(), "deg", "altitude of the telescope axis"),
        column("pointing_az", pa.float64(), "deg", "azimuth of the telescope axis"),
    ]
)

IMAGES = pa.schema(
    [
        *TEL_EVENT_KEY,
        column("image", pa.float32(), "p.e.", "charge", axes=("pixel",)),
        column("peak_time", pa.float32(), "ns", "pulse time from the first sample",
               axes=("pixel",)),
        column("image_mask", pa.bool_(), "", "kept by the cleaning", axes=("pixel",)),
        column("selected_gain_channel", pa.int8(), "", "0 high, 1 low gain",
               axes=("pixel",)),
    ]
)  # fmt: skip

# In place of image and peak_time, if images are stored with less precision.
INT16_IMAGES = pa.schema(
    [
        column("image_int16", pa.int16(), "", "charge in units of image_step, off by "
               "half of one at most; -32768: no number", axes=("pixel",)),
        column("image_step", pa.float32(), "p.e.", "charge of 1 in image_int16"),
        column("peak_time_int16", pa.int16(), "", "pulse time from the first sample in "
               "units of peak_time_step, off by half of one at most; -32768: no number",
               axes=("pixel",)),
        column("peak_time_step", pa.float32(), "ns", "time of 1 in peak_time_int16"),
    ]
)  # fmt: skip

# In the metadata of an image whose other pixels are 0: which are not.
PIXELS = b"pixels"

TRUE_IMAGE = pa.schema(
    [
        column("true_image", pa.int32(), "p.e.", "true photo-electrons; -1 unknown",
               axes=("pixel",)),
    ]
)  # fmt: skip

CALIBRATION = pa.schema(
    [
        *TEL_EVENT_KEY,
        column("channel", pa.int8(), "", "gain channel, 0 high; -1: selected per pixel"),
        EVENT_TYPE,
        *TIME,
        column("image", pa.float32(), "p.e.", "charge", axes=("pixel",)),
        column("peak_time", pa.float32(), "ns", "pulse time from the first sample",
               axes=("pixel",)),
    ]
)  # fmt: skip

TEL_EVENT = pa.schema(
    [
        *TEL_EVENT_KEY,
        EVENT_TYPE,
        *TIME,
        column("pointing_alt", pa.float64(), "deg", "altitude of the telescope axis"),
        column("pointing_az", pa.float64(), "deg", "azimuth of the telescope axis"),
        column("n_trigger_pixels", pa.int32(), "", "triggered pixels; -1 if not stored"),
        column("true_image_sum", pa.int32(), "p.e.", "true photo-electrons; -1 unknown"),
        column("is_valid", pa.bool_(), "", "the charge extraction succeeded"),
        column("is_parametrized", pa.bool_(), "", "the image passed the image quality cuts"),
    ]
)  # fmt: skip


# Which image quality cuts are passed, for the cut flow; not written to a table.
IMAGE_QUALITY = pa.schema(
    [
        column("passes_charge", pa.bool_(), "", "enough charge in the kept pixels"),
        column("passes_pixels", pa.bool_(), "", "enough kept pixels"),
        column(
            "passes_cuts", pa.bool_(), "", "which of the further cuts", axes=("cut",)
        ),
    ]
)


def _f8(name: str, unit: str, description: str) -> pa.Field:
    return column(name, pa.float64(), unit, description)


HILLAS = pa.schema(
    [
        _f8("hillas_intensity", "p.e.", "charge of the kept pixels"),
        _f8("hillas_skewness", "", "third moment along the main axis"),
        _f8("hillas_kurtosis", "", "fourth moment along the main axis, 3 for a Gaussian"),
        _f8("hillas_fov_lon", "deg", "centroid"),
        _f8("hillas_fov_lat", "deg", "centroid"),
        _f8("hillas_r", "deg", "distance of the centroid from the telescope axis"),
        _f8("hillas_phi", "deg", "polar angle of the centroid"),
        _f8("hillas_length", "deg", "rms along the main axis"),
        _f8("hillas_length_uncertainty", "deg", "statistical error of length"),
        _f8("hillas_width", "deg", "rms across the main axis"),
        _f8("hillas_width_uncertainty", "deg", "statistical error of width"),
        _f8("hillas_psi", "deg", "main axis from the fov_lon axis, in (-90, 90]"),
        _f8("hillas_psi_uncertainty", "deg", "statistical error of psi"),
        _f8("hillas_transverse_cog_uncertainty", "deg", "error of the centroid across the axis"),
    ]
)  # fmt: skip

TIMING = pa.schema(
    [
        _f8("timing_slope", "ns/deg", "time gradient along the main axis"),
        _f8("timing_intercept", "ns", "time at the centroid"),
        _f8("timing_deviation", "ns", "rms about the line, all kept pixels"),
    ]
)

LEAKAGE = pa.schema(
    [
        _f8(
            "leakage_pixels_width_1", "", "share of kept pixels in a border of 1 pixel"
        ),
        _f8(
            "leakage_pixels_width_2", "", "share of kept pixels in a border of 2 pixels"
        ),
        _f8("leakage_intensity_width_1", "", "share of charge in a border of 1 pixel"),
        _f8("leakage_intensity_width_2", "", "share of charge in a border of 2 pixels"),
    ]
)

CONCENTRATION = pa.schema(
    [
        _f8("concentration_cog", "", "share of charge within a pixel of the centroid"),
        _f8("concentration_core", "", "share of charge inside the Hillas ellipse"),
        _f8("concentration_pixel", "", "share of charge in the brightest pixel"),
    ]
)

MORPHOLOGY = pa.schema(
    [
        column("morphology_n_pixels", pa.int32(), "", "kept pixels"),
        column("morphology_n_islands", pa.int32(), "", "islands of kept pixels"),
        column("morphology_n_small_islands", pa.int32(), "", "of 1 or 2 pixels"),
        column("morphology_n_medium_islands", pa.int32(), "", "of 3 to 50 pixels"),
        column("morphology_n_large_islands", pa.int32(), "", "of more than 50 pixels"),
    ]
)


def _statistics(prefix: str, unit: str, what: str) -> pa.Schema:
    return pa.schema(
        [
            _f8(f"{prefix}_max", unit, f"largest {what}"),
            _f8(f"{prefix}_min", unit, f"smallest {what}"),
            _f8(f"{prefix}_mean", unit, f"mean {what}"),
            _f8(f"{prefix}_std", unit, f"population standard deviation of {what}"),
            _f8(f"{prefix}_skewness", "", f"skewness of {what}"),
            _f8(f"{prefix}_kurtosis", "", f"excess kurtosis of {what}"),
        ]
    )


INTENSITY_STATISTICS = _statistics("intensity", "p.e.", "kept pixel charge")
PEAK_TIME_STATISTICS = _statistics("peak_time", "ns", "kept pixel time")

PARAMETERS = merge(
    TEL_EVENT,
    HILLAS,
    TIMING,
    LEAKAGE,
    CONCENTRATION,
    MORPHOLOGY,
    INTENSITY_STATISTICS,
    PEAK_TIME_STATISTICS,
)
# Asked for by name, and not among what ctapipe's tables have by default.
CAMERA_FRAME_HILLAS = pa.schema(
    [
        _f8("camera_frame_hillas_intensity", "p.e.", "charge of the kept pixels"),
        _f8("camera_frame_hillas_skewness", "", "third moment along the main axis"),
        _f8("camera_frame_hillas_kurtosis", "", "fourth moment along the main axis, 3 for a Gaussian"),
        _f8("camera_frame_hillas_x", "m", "centroid"),
        _f8("camera_frame_hillas_y", "m", "centroid"),
        _f8("camera_frame_hillas_r", "m", "distance of the centroid from the camera centre"),
        _f8("camera_frame_hillas_phi", "deg", "polar angle of the centroid, from the x axis"),
        _f8("camera_frame_hillas_length", "m", "rms along the main axis"),
        _f8("camera_frame_hillas_length_uncertainty", "m", "statistical error of length"),
        _f8("camera_frame_hillas_width", "m", "rms across the main axis"),
        _f8("camera_frame_hillas_width_uncertainty", "m", "statistical error of width"),
        _f8("camera_frame_hillas_psi", "deg", "main axis from the x axis, in (-90, 90]"),
        _f8("camera_frame_hillas_psi_uncertainty", "deg", "statistical error of psi"),
        _f8("camera_frame_hillas_transverse_cog_uncertainty", "m", "error of the centroid across the axis"),
    ]
)  # fmt: skip

CAMERA_FRAME_TIMING = pa.schema(
    [
        _f8("camera_frame_timing_slope", "ns/m", "time gradient along the main axis"),
        _f8("camera_frame_timing_intercept", "ns", "time at the centroid"),
        _f8("camera_frame_timing_deviation", "ns", "rms about the line, all kept pixels"),
    ]
)  # fmt: skip

SOURCE = pa.schema(
    [
        _f8("source_dist", "deg", "distance of the source from the centroid"),
        _f8("source_alpha", "deg", "angle between main axis and direction to the source, 0 to 90"),
        _f8("source_miss", "deg", "distance of the source from the main axis"),
        _f8("source_along", "deg", "source from the centroid, along the direction psi"),
        _f8("source_across", "deg", "source from the main axis, along the direction psi + 90 deg"),
        _f8("source_skewness", "", "skewness along the main axis, away from the source"),
        _f8("source_timing_slope", "ns/deg", "time gradient along the main axis, away from the source"),
    ]
)  # fmt: skip

TRUE_PARAMETERS = prefixed(
    merge(HILLAS, LEAKAGE, CONCENTRATION, MORPHOLOGY, INTENSITY_STATISTICS), "true_"
)

MUON_COLUMNS = pa.schema(
    [
        _f8("muonring_center_fov_lon", "deg", "centre of the ring"),
        _f8("muonring_center_fov_lat", "deg", "centre of the ring"),
        _f8("muonring_radius", "deg", "radius of the ring"),
        _f8("muonring_center_fov_lon_err", "deg", "error of the centre"),
        _f8("muonring_center_fov_lat_err", "deg", "error of the centre"),
        _f8("muonring_radius_err", "deg", "error of the radius"),
        _f8("muonring_center_phi", "deg", "polar angle of the centre"),
        _f8("muonring_center_distance", "deg", "distance of the centre from the telescope axis"),
        _f8("muonparameters_containment", "", "share of the ring inside the camera"),
        _f8("muonparameters_completeness", "", "share of the azimuth that is lit"),
        _f8("muonparameters_intensity_ratio", "", "share of the kept charge within a pixel or so of the ring"),
        _f8("muonparameters_mean_squared_error", "deg2", "mean squared distance of the kept charge from the ring"),
        _f8("muonparameters_ring_intensity", "p.e.", "charge in the ring"),
        _f8("muonparameters_intensity_outside_ring", "p.e.", "kept charge outside the ring"),
        column("muonparameters_n_pixels_in_ring", pa.int32(), "", "kept pixels in the ring"),
        _f8("muonparameters_mean_intensity_outside_ring", "p.e.", "mean charge of pixels just outside the ring"),
        _f8("muonparameters_radial_std_dev", "deg", "spread of all charge about its mean distance from the centre"),
        _f8("muonparameters_skewness", "", "skewness of that distance"),
        _f8("muonparameters_excess_kurtosis", "", "excess kurtosis of that distance"),
        _f8("muonefficiency_width", "deg", "Gaussian width of the ring"),
        _f8("muonefficiency_impact", "m", "distance of the impact from the mirror centre"),
        _f8("muonefficiency_impact_x", "m", "impact along the fov_lon axis"),
        _f8("muonefficiency_impact_y", "m", "impact along the fov_lat axis"),
        _f8("muonefficiency_optical_efficiency", "", "photo-electrons per Cherenkov photon on the mirror"),
        column("muonefficiency_is_valid", pa.bool_(), "", "the fit of the light has found an optimum"),
        column("muonefficiency_parameters_at_limit", pa.bool_(), "", "a fitted parameter is less than half its error"),
        _f8("muonefficiency_likelihood_value", "", "minus log-likelihood of the light"),
    ]
)  # fmt: skip
MUON_EVENT = pa.schema([*TEL_EVENT_KEY, *TIME])
MUONS = merge(MUON_EVENT, MUON_COLUMNS)

CUT_FLOW = pa.schema(
    [
        column("stage", pa.string(), "", "which selection"),
        column("tel_type", pa.string(), "", "readout group; empty for array events"),
        column("cut", pa.string(), "", "name of the cut"),
        column("position", pa.int32(), "", "place in the sequence, 0 is all"),
        column("n_passed", pa.int64(), "", "rows that pass this cut alone"),
        column("n_survivors", pa.int64(), "", "rows that pass this and all before"),
    ]
)
