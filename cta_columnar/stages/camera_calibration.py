"""From the statistics of calibration events to the coefficients of a camera.

Shapes: ``k`` chunks of events, ``r`` rows of coefficients, ``c`` gain channels, ``p``
pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F4, F8, I8, AnyArray, Index, Mask
from cta_columnar.registry import Columns
from cta_columnar.stages.pixel_statistics import camera_median


@dataclass(frozen=True)
class GainOptions:
    """How charges become numbers of photo-electrons.

    Attributes
    ----------
    squared_excess_noise : float
        ``1 + variance / mean**2`` of the charge of a photo-electron.
    flash_spread : float
        Relative standard deviation of the light of flashes, common to all pixels.
    flat_field : bool
        Whether all pixels get the median number of photo-electrons of the camera.
    """

    squared_excess_noise: float
    flash_spread: float
    flat_field: bool


@dataclass(frozen=True, eq=False)
class Chunks:
    """Statistics of calibration events of one type, of one telescope.

    Attributes
    ----------
    time_start : int64[k]
        Time of the first event of each chunk, ns; ascending.
    charge : mapping of str to float32[k, c, p]
        ``median`` and ``std``, p.e. of the file.
    pulse_time : mapping of str to float32[k, c, p]
        ``median``, ns; empty if there is no light.
    outlier_mask : bool[k, c, p]
        What detectors found.
    is_valid : bool[k]
        Whether a chunk is of use.
    """

    time_start: I8
    charge: Mapping[str, F4]
    pulse_time: Mapping[str, F4]
    outlier_mask: Mask
    is_valid: Mask


def coefficients_of(
    pedestal: Chunks | None,
    flatfield: Chunks | None,
    samples: F8,
    options: GainOptions,
    faulty_fraction: float = 1.0,
) -> Columns:
    """Compute coefficients, a row per chunk that begins.

    Parameters
    ----------
    pedestal, flatfield : Chunks, optional
        At least one of them. Without flashes there are no factors and no time shifts,
        without pedestals only time shifts.
    samples : float64[c]
        Charge in an image of one p.e. in every sample.
    options : GainOptions
        How gains are found.
    faulty_fraction : float
        A row in which this share of the pixels are outliers is not valid.

    Returns
    -------
    dict of str to array
        Columns of ``schemas.monitoring.CAMERA_CALIBRATION``, without the keys.

    Notes
    -----
    Photo-electrons by the F-factor method, ``F^2 Q^2 / (V - V_ped - (B Q)^2)`` with the
    median charge Q above the pedestal, its variance V and the spread B of the light, as
    in lstchain, whose default of F^2 is 1.222. The factor of a pixel is that number, or
    its median over the camera, divided by Q.
    """
    given = [each for each in (pedestal, flatfield) if each is not None]
    time = np.unique(np.concatenate([each.time_start for each in given]))
    shape = (len(time), *given[0].outlier_mask.shape[1:])
    columns: dict[str, AnyArray] = {
        "time": time,
        "is_valid": np.ones(len(time), np.bool_),
        "pedestal_offset": np.zeros(shape),
        "factor": np.ones(shape),
        "time_shift": np.zeros(shape),
        "outlier_mask": np.zeros(shape, np.bool_),
        "pedestal_std": np.full(shape, np.nan),
    }
    for each in given:
        row = _rows(each, time)
        columns["is_valid"] &= each.is_valid[row]
        columns["outlier_mask"] |= each.outlier_mask[row]
    if pedestal is not None:
        row = _rows(pedestal, time)
        median = pedestal.charge["median"][row].astype(np.float64)
        columns["pedestal_offset"] = median / samples[:, np.newaxis]
        columns["pedestal_std"] = pedestal.charge["std"][row].astype(np.float64)
    if flatfield is not None:
        row = _rows(flatfield, time)
        pulse_time = flatfield.pulse_time["median"][row].astype(np.float64)
        good = np.where(columns["outlier_mask"], np.nan, pulse_time)
        columns["time_shift"] = pulse_time - camera_median(good)
    if pedestal is not None and flatfield is not None:
        factor = _factor(pedestal, flatfield, columns, options)
        columns["factor"] = factor
        columns["pedestal_std"] = columns["pedestal_std"] * factor
    found = _without_outliers(columns)
    share = found["outlier_mask"].any(axis=1).mean(axis=-1)
    return {**found, "is_valid": found["is_valid"] & (share < faulty_fraction)}


def _factor(
    pedestal: Chunks,
    flatfield: Chunks,
    columns: Mapping[str, AnyArray],
    options: GainOptions,
) -> F8:
    of_pedestal = _rows(pedestal, columns["time"])
    of_flatfield = _rows(flatfield, columns["time"])
    dark = {k: v[of_pedestal].astype(float) for k, v in pedestal.charge.items()}
    light = {k: v[of_flatfield].astype(float) for k, v in flatfield.charge.items()}
    signal = light["median"] - dark["median"]
    variance = light["std"] ** 2 - dark["std"] ** 2
    variance -= (options.flash_spread * signal) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        n_pe = options.squared_excess_noise * signal**2 / variance
        n_pe = np.where((variance > 0) & (signal > 0), n_pe, np.nan)
        if options.flat_field:
            good = np.where(columns["outlier_mask"], np.nan, n_pe)
            n_pe = camera_median(good)
        factor: F8 = np.where(signal > 0, n_pe / signal, np.nan)
    return factor


def _rows(chunks: Chunks, time: I8) -> Index:
    """Return the last chunk that has begun at each time; the first before that."""
    begun = np.searchsorted(chunks.time_start, time, "right") - 1
    return np.maximum(begun, 0)


def _without_outliers(columns: dict[str, AnyArray]) -> Columns:
    """Let outliers change nothing, and what is no number make its pixel one."""
    neutral = {"pedestal_offset": 0.0, "factor": 1.0, "time_shift": 0.0}
    for name in neutral:
        columns["outlier_mask"] |= ~np.isfinite(columns[name])
    # How their charges scatter would be in a unit that is not known.
    for name, value in {**neutral, "pedestal_std": np.nan}.items():
        columns[name] = np.where(columns["outlier_mask"], value, columns[name])
    return {
        name: each.astype(np.float32) if each.dtype.kind == "f" else each
        for name, each in columns.items()
    }
