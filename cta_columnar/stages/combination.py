"""From predictions of single telescopes to one of the array event.

All functions take telescope events sorted by array event, those of event ``i`` from
``event_start[i]`` to ``event_start[i + 1]``. A telescope takes part if its prediction
is valid and finite, and its weight is positive and finite. Weights come from
`stages.weights.image_weights` or from `inverse_variance`; an event without any
telescope is not valid and NaN.

Columns have their names without the prefix of the model: ``energy``, ``is_valid``.
"""

from typing import Any

import numpy as np

from cta_columnar.array_types import F8, I2, I8, Mask
from cta_columnar.kernels.combination import mean_direction, weighted_mean
from cta_columnar.kernels.coordinates import fov_to_altaz
from cta_columnar.stages.stereo import telescopes_used

Columns = dict[str, Any]


def inverse_variance(uncertainty: F8) -> F8:
    """Weights ``1 / uncertainty^2``; NaN where it is not positive."""
    sigma = np.asarray(uncertainty, np.float64)
    weights: F8 = np.full(sigma.shape, np.nan)
    return np.divide(1.0, sigma**2, out=weights, where=sigma > 0)


def combine_energies(
    event_start: I8,
    tel_id: I2,
    is_valid: Mask,
    energy: F8,
    weights: F8,
    *,
    log_target: bool = False,
) -> Columns:
    """Weighted mean of energies.

    Parameters
    ----------
    event_start : int64[n + 1]
        First telescope event of each array event.
    tel_id : int16[r]
        Telescopes.
    is_valid : bool[r]
        Whether there is a prediction.
    energy : float64[r]
        In TeV.
    weights : float64[r]
        Weight of each.
    log_target : bool
        Whether to average logarithms, as for models that predict these.

    Returns
    -------
    dict of str to array[n]
        ``energy`` and ``energy_uncert`` in TeV, the scatter of the telescopes: with
        ``log_target``, the mean times that of the logarithms. Then it is given as the
        factor ``exp(scatter)`` as well, which ctapipe calls uncertainty, in
        ``energy_uncert_factor`` (else NaN). ``is_valid``, ``telescopes``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(energy) if log_target else np.array(energy, np.float64)
    used = _taking_part(is_valid, weights, values)
    mean, scatter = weighted_mean(event_start, used, values, _plain(weights))
    factor = np.full_like(mean, np.nan)
    if log_target:
        mean, factor = np.exp(mean), np.exp(scatter)
        scatter = mean * scatter
    return {
        "energy": mean,
        "energy_uncert": scatter,
        "energy_uncert_factor": factor,
        **_common(event_start, tel_id, used),
    }


def combine_scores(
    event_start: I8, tel_id: I2, is_valid: Mask, prediction: F8, weights: F8
) -> Columns:
    """Weighted mean of scores, or of the probabilities of several classes.

    Parameters
    ----------
    event_start, tel_id, is_valid, weights
        As for `combine_energies`.
    prediction : float64[r] or float64[r, classes]
        What the classifier said.

    Returns
    -------
    dict of str to array[n]
        ``prediction`` in the shape that it came in, ``is_valid``, ``telescopes``.
    """
    table = np.asarray(prediction, np.float64)
    if table.ndim == 1:
        table = table[:, np.newaxis]
    used = _taking_part(is_valid, weights, table.sum(axis=1))
    means = np.empty((event_start.size - 1, table.shape[1]))
    for column in range(table.shape[1]):
        values = np.ascontiguousarray(table[:, column])
        means[:, column], _ = weighted_mean(event_start, used, values, _plain(weights))
    shape = (means.shape[0], *np.shape(prediction)[1:])
    return {
        "prediction": means.reshape(shape),
        **_common(event_start, tel_id, used),
    }


def combine_directions(
    event_start: I8, tel_id: I2, is_valid: Mask, alt: F8, az: F8, weights: F8
) -> Columns:
    """Direction of the weighted mean of unit vectors.

    Parameters
    ----------
    event_start, tel_id, is_valid, weights
        As for `combine_energies`.
    alt, az : float64[r]
        In deg.

    Returns
    -------
    dict of str to array[n]
        ``alt``, ``az``, ``ang_distance_uncert`` in deg: the scatter of the telescopes
        as `kernels.combination.mean_direction` has it. ``is_valid``, ``telescopes``.
    """
    lat = np.radians(np.asarray(alt, np.float64))
    lon = np.radians(np.asarray(az, np.float64))
    used = _taking_part(is_valid, weights, lat + lon)
    rows = mean_direction(event_start, used, lat, lon, _plain(weights))
    names = ("alt", "az", "ang_distance_uncert")
    columns = dict(zip(names, np.degrees(rows), strict=True))
    return columns | _common(event_start, tel_id, used)


def disp_to_altaz(
    fov_lon: F8, fov_lat: F8, psi: F8, disp: F8, pointing_alt: F8, pointing_az: F8
) -> tuple[F8, F8]:
    """Direction that one telescope sees by the disp method.

    Parameters
    ----------
    fov_lon, fov_lat, psi : float64[r]
        Centroid and axis of the image in the frame of the telescope, deg.
    disp : float64[r]
        Distance of the source from the centroid along the axis, with its sign (norm
        times sign), deg.
    pointing_alt, pointing_az : float64[r]
        Of the telescope, deg.

    Returns
    -------
    alt, az : float64[r]
        In deg; NaN where something is. The step is straight in (lon, lat), as in
        ctapipe, not along a great circle.
    """
    lon, lat, angle, step, alt0, az0 = (
        np.radians(np.asarray(each, np.float64))
        for each in (fov_lon, fov_lat, psi, disp, pointing_alt, pointing_az)
    )
    lon, lat = lon + step * np.cos(angle), lat + step * np.sin(angle)
    alt, az = np.degrees(fov_to_altaz(lon, lat, alt0, az0))
    return alt, az


def _plain(weights: F8) -> F8:
    """Return the weights as the kernels take them, whoever made them."""
    return np.array(weights, np.float64)


def _taking_part(is_valid: Mask, weights: F8, values: F8) -> Mask:
    weights = np.asarray(weights)
    part: Mask = np.asarray(is_valid) & np.isfinite(values)
    return part & np.isfinite(weights) & (weights > 0)


def _common(event_start: I8, tel_id: I2, used: Mask) -> Columns:
    telescopes = telescopes_used(event_start, used, tel_id)
    return {
        "is_valid": telescopes.value_lengths().to_numpy() > 0,
        "telescopes": telescopes,
    }
