"""The ellipse and its time gradient in the camera frame, in m.

Groups of their own beside those in the telescope frame, with names of their own as in
ctapipe, since a column has one unit for ever and stereo reconstruction wants degrees.
Groups without a length (leakage, concentration and so on) are the same in both frames.
"""

import numpy as np

from cta_columnar.array_types import F4, F8, I4, I8, Mask
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.hillas import HILLAS, hillas
from cta_columnar.kernels.kept_pixels import gather
from cta_columnar.kernels.timing import TIMING, timing
from cta_columnar.registry import Columns, register
from cta_columnar.schemas import dl1
from cta_columnar.stages.parameters import (
    ANGLES,
    KeptFraction,
    NumberOfPairs,
    named,
)

_NAMES = tuple({"fov_lon": "x", "fov_lat": "y"}.get(name, name) for name in HILLAS)


@register("parameters", "camera_frame_hillas", writes=dl1.CAMERA_FRAME_HILLAS)
def camera_frame_hillas(
    kept_indptr: I8,
    kept_pixels: I4,
    kept_charge: F8,
    is_parametrized: Mask,
    camera: TelescopeType,
) -> Columns:
    """Ellipse of the second moments in the camera frame, m."""
    geometry = camera.camera
    rows = hillas(
        kept_charge,
        kept_indptr,
        kept_pixels,
        is_parametrized,
        geometry.pix_x,
        geometry.pix_y,
        geometry.pix_area,
    )
    for row in ANGLES:
        np.degrees(rows[row], out=rows[row])
    return named("camera_frame_hillas", _NAMES, rows)


@register("parameters", "camera_frame_timing", writes=dl1.CAMERA_FRAME_TIMING)
def camera_frame_timing(
    peak_time: F4,
    kept_indptr: I8,
    kept_pixels: I4,
    is_parametrized: Mask,
    camera_frame_hillas_x: F8,
    camera_frame_hillas_y: F8,
    camera_frame_hillas_psi: F8,
    camera: TelescopeType,
    *,
    n_pairs: NumberOfPairs = 30,
    kept_fraction: KeptFraction = 0.85,
) -> Columns:
    """Line of peak time along the image axis in the camera frame, ns/m."""
    rows = timing(
        gather(peak_time, kept_indptr, kept_pixels),
        kept_indptr,
        kept_pixels,
        is_parametrized,
        camera.camera.pix_x,
        camera.camera.pix_y,
        camera_frame_hillas_x,
        camera_frame_hillas_y,
        np.radians(camera_frame_hillas_psi),
        n_pairs,
        kept_fraction,
    )
    return named("camera_frame_timing", TIMING, rows)
