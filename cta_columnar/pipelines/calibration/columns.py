"""Columns of camera coefficients, as arrays of the telescopes of a type."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cta_columnar.array_types import AnyArray
from cta_columnar.errors import UserError
from cta_columnar.instrument.camera_calibration import CameraCalibration
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.calibration.files import PER_PIXEL

_NEUTRAL = {"pedestal_offset": 0.0, "factor": 1.0, "time_shift": 0.0}


def of_type(
    columns: Mapping[str, Any], camera: TelescopeType, subarray: SubarrayDescription
) -> CameraCalibration:
    """Pick the valid rows of the telescopes of one type, in order.

    Parameters
    ----------
    columns : mapping of str to sequence
        As `calibration_files.read_file` returns them, perhaps of several types.
    camera : TelescopeType
        The type.
    subarray : SubarrayDescription
        Which telescopes are of it.

    Raises
    ------
    UserError
        If a cell does not fit the camera, or two rows begin at the same time.
    """
    tel_id = np.asarray(columns["tel_id"]).astype(np.int64)
    time = np.asarray(columns.get("time", np.zeros(len(tel_id), np.int64)))
    is_chosen = np.isin(tel_id, subarray.tel_ids_of(camera.name))
    is_chosen &= np.asarray(columns.get("is_valid", True)).astype(bool)
    obs_id = np.asarray(columns.get("obs_id", np.zeros(len(tel_id)))).astype(np.int64)
    order = np.lexsort((time, tel_id, obs_id))
    rows = order[is_chosen[order]]
    keys = np.stack([obs_id, tel_id, time])[:, rows]
    twice = (np.diff(keys) == 0).all(axis=0)
    if twice.any():
        which = tel_id[rows][1:][twice][0]
        raise UserError(f"two rows of telescope {which} begin at the same time")
    shape = camera.readout.n_channels, camera.readout.n_pixels
    cells = {
        name: _stacked(name, [columns[name][row] for row in rows], shape, camera.name)
        for name in PER_PIXEL
        if name in columns
    }
    found = _calibration(tel_id[rows].astype(np.int16), time[rows], cells, shape)
    return replace(found, obs_id=obs_id[rows]) if "obs_id" in columns else found


def _stacked(
    name: str, cells: Sequence[AnyArray], shape: tuple[int, int], tel_type: str
) -> AnyArray:
    """Put the cells of rows together: array[n, c, p]."""
    stacked = []
    for cell in cells:
        # One gain needs no list of channels.
        whole = cell[np.newaxis] if cell.ndim == 1 else cell
        if whole.shape != shape:
            raise UserError(
                f"{name} of {tel_type} has the shape {cell.shape}; the camera has "
                f"{shape[0]} gain channels and {shape[1]} pixels"
            )
        stacked.append(whole)
    dtype = np.bool_ if name == "outlier_mask" else np.float32
    return np.array(stacked, dtype).reshape(-1, *shape)


def _calibration(
    tel_id: AnyArray, time: AnyArray, cells: dict[str, AnyArray], shape: tuple[int, int]
) -> CameraCalibration:
    """Fill in what is not given; a number that is none makes its pixel an outlier."""
    shape_of_all = (len(tel_id), *shape)
    mask = cells.get("outlier_mask", np.zeros(shape_of_all, np.bool_)).copy()
    given = {}
    for name, neutral in _NEUTRAL.items():
        values = cells.get(name, np.full(shape_of_all, neutral, np.float32))
        is_number = np.isfinite(values)
        mask |= ~is_number
        given[name] = np.where(is_number, values, np.float32(neutral))
    return CameraCalibration(
        tel_id,
        time,
        **given,
        outlier_mask=mask,
        pedestal_std=cells.get("pedestal_std"),
    )
