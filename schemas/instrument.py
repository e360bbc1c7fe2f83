"""The array: telescopes, optics, cameras and reference pulses."""

import pyarrow as pa

from cta_columnar.schemas.columns import column

TELESCOPES = pa.schema(
    [
        column("tel_id", pa.int16(), "", "telescope, unique in the array"),
        column("tel_type", pa.string(), "", "readout group: SIZE_OPTICS_CAMERA"),
        column("name", pa.string(), "", "name of the telescope"),
        column("pos_x", pa.float64(), "m", "position to the north"),
        column("pos_y", pa.float64(), "m", "position to the west"),
        column("pos_z", pa.float64(), "m", "height above the reference point"),
        # One array per dataset, so these are the same in every row.
        column("subarray_name", pa.string(), "", "name of the array"),
        column("reference_latitude", pa.float64(), "deg", "of the reference point"),
        column("reference_longitude", pa.float64(), "deg", "of the reference point"),
        column("reference_height", pa.float64(), "m", "above sea level"),
    ]
)

OPTICS = pa.schema(
    [
        column("tel_type", pa.string(), "", "readout group"),
        column("optics_name", pa.string(), "", "name of the optical structure"),
        column("size_type", pa.string(), "", "LST, MST or SST"),
        column("reflector_shape", pa.string(), "", "shape of the reflector"),
        column("n_mirrors", pa.int32(), "", "1 or 2 reflections; -1 unknown"),
        column("n_mirror_tiles", pa.int32(), "", "mirror facets"),
        column("mirror_area", pa.float64(), "m2", "area of the reflector"),
        column("equivalent_focal_length", pa.float64(), "m", "nominal focal length"),
        column("effective_focal_length", pa.float64(), "m", "ray-traced; NaN unknown"),
        column(
            "focal_length", pa.float64(), "m", "the one used for camera coordinates"
        ),
    ]
)

CAMERAS = pa.schema(
    [
        column("tel_type", pa.string(), "", "readout group"),
        column("camera_name", pa.string(), "", "name of the camera"),
        column("pix_id", pa.int32(), "", "pixel"),
        column("pix_x", pa.float64(), "m", "position in the derotated camera frame"),
        column("pix_y", pa.float64(), "m", "position in the derotated camera frame"),
        column("pix_area", pa.float64(), "m2", "area of the pixel"),
        column("pix_type", pa.string(), "", "hexagon, square or circle"),
        column("pix_rotation", pa.float64(), "deg", "rotation of the pixel shape"),
        column("cam_rotation", pa.float64(), "deg", "rotation left after derotation"),
    ]
)

PULSES = pa.schema(
    [
        column("tel_type", pa.string(), "", "readout group"),
        column("channel", pa.int8(), "", "gain channel, 0 high"),
        column("sampling_rate", pa.float64(), "GHz", "samples per ns"),
        column("n_channels", pa.int32(), "", "gain channels"),
        column("n_samples", pa.int32(), "", "samples per waveform"),
        column("reference_pulse_sample_width", pa.float64(), "ns", "step of the pulse"),
        column("sample", pa.int32(), "", "step number"),
        column("reference_pulse", pa.float64(), "", "amplitude of a single p.e."),
    ]
)
