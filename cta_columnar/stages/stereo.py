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

from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I2, I4, I8, Mask
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels import stereo
from cta_columnar.kernels.hillas_intersection import (
    hillas_intersection as intersection_kernel,
)
from cta_columnar.kernels.hillas_reconstructor import (
    hillas_reconstructor as reconstructor_kernel,
)
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl2
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.weights import image_weights

_RECONSTRUCTOR = "HillasReconstructor"
_INTERSECTION = "HillasIntersection"
# No reconstructor from images alone has them.
_NEVER_ESTIMATED = ("ang_distance_uncert", "goodness_of_fit")


@register(
    "reconstructor",
    _RECONSTRUCTOR,
    writes=merge(dl2.geometry(_RECONSTRUCTOR), dl2.CORE_PSI),
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
    *,
    weighting: Annotated[
        Literal["none", "intensity", "aspect-weighted-intensity"],
        Option(doc="weight of an image in the direction; a pair has the product"),
    ] = "aspect-weighted-intensity",
) -> Columns:
    """Cross the planes through telescope and image axis; core by least squares.

    The planes of each pair of telescopes meet in a line; the direction is the mean of
    these lines, weighted with both images. The core is the point nearest to all image
    axes on the ground, the height of maximum that nearest to all lines of sight.
    Divergent pointing is allowed.
    """
    image = _images(
        hillas_fov_lon, hillas_fov_lat, hillas_psi,
        hillas_length, hillas_width, hillas_intensity,
    )  # fmt: skip
    rows, core_psi = reconstructor_kernel(
        event_start,
        is_used,
        image,
        _weights(weighting, hillas_intensity, hillas_length, hillas_width),
        _radians(pointing_alt, pointing_az),
        tel_index,
        subarray.positions,
        _camera_radius(subarray),
        _radians(array_pointing_alt, array_pointing_az),
        subarray.reference_height,
    )
    columns = _columns(_RECONSTRUCTOR, rows, event_start, is_used, tel_id)
    return columns | {"core_psi": np.degrees(core_psi)}


@register("reconstructor", _INTERSECTION, writes=dl2.geometry(_INTERSECTION))
def hillas_intersection(
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
    *,
    weighting: Annotated[
        Literal[
            "harmonic-mean-intensity",
            "Konrad",
            "none",
            "intensity",
            "aspect-weighted-intensity",
        ],
        Option(
            doc="weight of an image; a pair has the product, for the first two (which "
            "are the same) divided by the sum"
        ),
    ] = "harmonic-mean-intensity",
    legacy_psi: Annotated[
        bool,
        Option(doc="take image axes as their telescope sees them, as ctapipe does"),
    ] = False,
) -> Columns:
    """Cross the image axes in the field of view, and again on the ground.

    Each pair of axes crosses in a point; direction and core are weighted means of these
    points, and their spread is the uncertainty. The height of maximum is the mean of
    what the telescopes say by their distance from the core and the angle between
    centroid and direction. Divergent pointing is allowed.
    """
    is_harmonic = weighting in ("harmonic-mean-intensity", "Konrad")
    scheme = "intensity" if is_harmonic else weighting
    image = _images(
        hillas_fov_lon, hillas_fov_lat, hillas_psi,
        hillas_length, hillas_width, hillas_intensity,
    )  # fmt: skip
    rows = intersection_kernel(
        event_start,
        is_used,
        image,
        _weights(scheme, hillas_intensity, hillas_length, hillas_width),
        is_harmonic,
        legacy_psi,
        _radians(pointing_alt, pointing_az),
        tel_index,
        subarray.positions,
        _camera_radius(subarray),
        _radians(array_pointing_alt, array_pointing_az),
        subarray.reference_height,
    )
    return _columns(_INTERSECTION, rows, event_start, is_used, tel_id)


def _images(lon: F8, lat: F8, psi: F8, length: F8, width: F8, intensity: F8) -> F8:
    """Return Hillas parameters (deg) in the order and unit of the kernels."""
    columns = {
        "fov_lon": np.radians(lon),
        "fov_lat": np.radians(lat),
        "psi": np.radians(psi),
        "length": np.radians(length),
        "width": np.radians(width),
        "intensity": intensity,
    }
    return np.stack([columns[name] for name in stereo.IMAGE], axis=1)


def _weights(scheme: str, intensity: F8, length: F8, width: F8) -> F8:
    names = ("hillas_intensity", "hillas_length", "hillas_width")
    columns = dict(zip(names, (intensity, length, width), strict=True))
    return image_weights(scheme, columns, intensity.size)


def _radians(alt: F8, az: F8) -> F8:
    return np.radians(np.stack([alt, az], axis=1))


def _camera_radius(subarray: SubarrayDescription) -> F8:
    """float64[t]: camera radius of each telescope, as an angle in rad."""
    radius = np.radians([camera.radius_deg for camera in subarray.types])
    of_telescopes: F8 = radius[subarray.type_index]
    return of_telescopes


def _columns(
    name: str, rows: F8, event_start: I8, is_used: Mask, tel_id: I2
) -> dict[str, Any]:
    """Turn what a kernel returned into the columns of `dl2.geometry`."""
    geometry = dict(zip(stereo.GEOMETRY, rows, strict=True))
    is_valid = np.isfinite(geometry["alt"])
    spread = np.degrees(geometry.pop("ang_spread"))
    columns: dict[str, Any] = geometry | {
        "alt": np.degrees(geometry["alt"]),
        "az": np.degrees(geometry["az"]),
        "alt_uncert": spread,
        "az_uncert": spread,
        "is_valid": is_valid,
        "telescopes": telescopes_used(
            event_start, is_used & np.repeat(is_valid, np.diff(event_start)), tel_id
        ),
    }
    columns |= {each: np.full(is_valid.size, np.nan) for each in _NEVER_ESTIMATED}
    return {f"{name}_{each}": values for each, values in columns.items()}


def telescopes_used(event_start: I8, took_part: Mask, tel_id: I2) -> pa.ListArray:
    """Return the telescopes of each event that took part.

    Parameters
    ----------
    event_start : int64[n + 1]
        First row of each event.
    took_part : bool[r]
        Whether a telescope event did.
    tel_id : int16[r]
        Its telescope.
    """
    n_before = np.concatenate([[0], np.cumsum(took_part)])
    return pa.ListArray.from_arrays(
        pa.array(n_before[event_start], pa.int32()),
        pa.array(tel_id[took_part], pa.int16()),
        type=dl2.TELESCOPE_LIST,
    )
