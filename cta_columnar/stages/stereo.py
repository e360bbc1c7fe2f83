"""DL1 parameters to DL2 geometry, all array events of a batch at once.

An algorithm of kind ``reconstructor`` gets columns of two lengths: one value per array
event, or one per telescope event, sorted by array event. What it returns under
``<name>_`` is per array event; ``<name>_tel_`` and all other columns are per telescope
event. Besides the columns of `events` and `parameters` it may read

==================  ========================================================
``event_start``     int64[n + 1]: first telescope event of each array event
``is_used``         bool[r]: passed the quality query
``tel_index``       int32[r]: row of the telescope in the array
``subarray``        the array
==================  ========================================================
"""

from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I2, I4, I8, Mask
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels import stereo
from cta_columnar.registry import Columns, register
from cta_columnar.schemas import dl2
from cta_columnar.schemas.columns import merge

_TELESCOPES = dl2.HILLAS_RECONSTRUCTOR.field("HillasReconstructor_telescopes").type
_NOT_ESTIMATED = (
    "ang_distance_uncert",
    "core_uncert_x",
    "core_uncert_y",
    "core_tilted_uncert_x",
    "core_tilted_uncert_y",
    "h_max_uncert",
    "goodness_of_fit",
)


@register(
    "reconstructor",
    "HillasReconstructor",
    writes=merge(dl2.HILLAS_RECONSTRUCTOR, dl2.CORE_PSI),
)
def hillas_reconstructor(
    event_start: I8,
    is_used: Mask,
    tel_id: I2,
    tel_index: I4,
    hillas_fov_lon: F8,
    hillas_fov_lat: F8,
    hillas_psi: F8,
    hillas_length: F8,
    hillas_width: F8,
    hillas_intensity: F8,
    pointing_alt: F8,
    pointing_az: F8,
    array_pointing_alt: F8,
    array_pointing_az: F8,
    subarray: SubarrayDescription,
) -> Columns:
    """Cross the planes through telescope and image axis; core by least squares.

    The planes of each pair of telescopes meet in a line; the direction is the mean of
    these lines, weighted with intensity * length / width of both images. The core is
    the point nearest to all image axes on the ground, the height of maximum that
    nearest to all lines of sight. Divergent pointing is allowed.
    """
    image = {
        "fov_lon": np.radians(hillas_fov_lon),
        "fov_lat": np.radians(hillas_fov_lat),
        "psi": np.radians(hillas_psi),
        "length": np.radians(hillas_length),
        "width": np.radians(hillas_width),
        "intensity": hillas_intensity,
    }
    rows, core_psi = stereo.hillas_reconstructor(
        event_start,
        is_used,
        np.stack([image[name] for name in stereo.IMAGE], axis=1),
        np.radians(np.stack([pointing_alt, pointing_az], axis=1)),
        tel_index,
        subarray.positions,
        np.radians([camera.radius_deg for camera in subarray.types])[
            subarray.type_index
        ],
        np.radians(np.stack([array_pointing_alt, array_pointing_az], axis=1)),
        subarray.reference_height,
    )
    geometry = dict(zip(stereo.GEOMETRY, rows, strict=True))
    is_valid = np.isfinite(geometry["alt"])
    spread = np.degrees(geometry.pop("ang_spread"))
    columns: dict[str, Any] = geometry | {
        "alt": np.degrees(geometry["alt"]),
        "az": np.degrees(geometry["az"]),
        "alt_uncert": spread,
        "az_uncert": spread,
        "is_valid": is_valid,
        "telescopes": _telescopes(event_start, is_used, is_valid, tel_id),
    }
    columns |= {name: np.full(is_valid.size, np.nan) for name in _NOT_ESTIMATED}
    named = {f"HillasReconstructor_{name}": each for name, each in columns.items()}
    return named | {"core_psi": np.degrees(core_psi)}


def _telescopes(
    event_start: I8,
    is_used: Mask,
    is_valid: Mask,
    tel_id: I2,
) -> pa.ListArray:
    """Return lists of the telescopes used, empty where the event is not valid."""
    taking_part = is_used & np.repeat(is_valid, np.diff(event_start))
    n_before = np.concatenate([[0], np.cumsum(taking_part)])
    return pa.ListArray.from_arrays(
        pa.array(n_before[event_start], pa.int32()),
        pa.array(tel_id[taking_part], pa.int16()),
        type=_TELESCOPES,
    )
