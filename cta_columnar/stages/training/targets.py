"""What models are trained to predict, made of the truth."""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.kernels.coordinates import altaz_to_fov, angular_separation

SMALLEST_ERROR = 1e-6
"""Errors are at least this large, so that they have a logarithm."""

DISP_COLUMNS = (
    "hillas_fov_lon",
    "hillas_fov_lat",
    "hillas_psi",
    "pointing_alt",
    "pointing_az",
    "true_alt",
    "true_az",
)

COLUMNS_OF = {
    "disp": DISP_COLUMNS,
    "energy_error": ("reco_energy",),
    "direction_error": ("reco_energy", "reco_alt", "reco_az"),
}
"""Columns that there must be to train a section, besides truth of energies; classes of
events want their energy."""


def _radians(column: AnyArray) -> F8:
    # A copy: numba would compile once more for views that are read-only.
    radians: F8 = np.radians(np.array(column, np.float64))
    return radians


def true_disp(columns: Mapping[str, AnyArray], *, project: bool = True) -> F8:
    """Place of the source on the image axis, with the side it lies on.

    Parameters
    ----------
    columns : mapping of str to array[r]
        `DISP_COLUMNS`, in deg.
    project : bool
        Whether the distance is along the axis, or between source and centroid.

    Returns
    -------
    float64[r]
        In deg; positive on the side that ``hillas_psi`` points to. NaN where an image
        has no axis. As ctapipe's `DispReconstructor` has it (ctapipe/reco/sklearn.py).
    """
    lon, lat = np.degrees(
        altaz_to_fov(
            _radians(columns["true_alt"]),
            _radians(columns["true_az"]),
            _radians(columns["pointing_alt"]),
            _radians(columns["pointing_az"]),
        )
    )
    d_lon = lon - np.asarray(columns["hillas_fov_lon"])
    d_lat = lat - np.asarray(columns["hillas_fov_lat"])
    psi = _radians(columns["hillas_psi"])
    along: F8 = np.cos(psi) * d_lon + np.sin(psi) * d_lat
    if project:
        return along
    distance: F8 = np.copysign(np.hypot(d_lon, d_lat), along)
    return np.where(np.isnan(along), np.nan, distance)


def separation(alt: F8, az: F8, true_alt: F8, true_az: F8) -> F8:
    """float64[n]: angle between directions; all in deg."""
    angle = angular_separation(
        _radians(az), _radians(alt), _radians(true_az), _radians(true_alt)
    )
    degrees: F8 = np.degrees(angle)
    return degrees


def direction_error(alt: F8, az: F8, true_alt: F8, true_az: F8) -> F8:
    """`separation`, `SMALLEST_ERROR` at least."""
    return np.maximum(separation(alt, az, true_alt, true_az), SMALLEST_ERROR)


def energy_error(energy: F8, true_energy: F8) -> F8:
    """``|ln(energy / true_energy)|``, `SMALLEST_ERROR` at least."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(np.log(energy / true_energy))
    return np.maximum(error, SMALLEST_ERROR)
