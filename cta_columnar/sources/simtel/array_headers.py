"""The array and its calibration out of the description blocks of its telescopes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cta_columnar.array_types import Mask
from cta_columnar.instrument.optics import FocalLengthChoice
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels.simtel.block_types import (
    CAMERA_MONITORING,
    HISTORY_META,
    LASER_CALIBRATION,
    RUN_HEADER,
)
from cta_columnar.sources.simtel.coefficient_rows import CoefficientRows, Row
from cta_columnar.sources.simtel.header_blocks import (
    DESCRIPTION_BLOCKS,
    HeaderError,
)
from cta_columnar.sources.simtel.telescopes import Blocks, TelescopeTypes, outlier_mask

Content = Mapping[str, Any]

# Metadata of the array as a whole are kept under this id.
GLOBAL_META = -1
DEFAULT_NAME = b"MonteCarloArray"


class ArrayHeaders:
    """Telescopes of the run header that are fully described.

    Parameters
    ----------
    run_header, mc_run_header : mapping
        Content of these blocks; the second one may be absent.
    meta : mapping of int to mapping
        Metadata by telescope, if any.
    described : mapping of int to mapping
        Description blocks by telescope and block type.
    """

    def __init__(
        self,
        run_header: Content,
        mc_run_header: Content | None,
        meta: Mapping[int, Mapping[bytes, bytes]],
        described: Mapping[int, Blocks],
    ) -> None:
        self._header = run_header
        self._height = float(mc_run_header["obsheight"]) if mc_run_header else 0.0
        self._meta = meta.get(GLOBAL_META, {})
        self._described = {
            tel_id: described[tel_id]
            for tel_id in run_header["tel_id"].tolist()
            if described.get(tel_id, {}).keys() >= DESCRIPTION_BLOCKS
        }
        if not self._described:
            raise HeaderError(RUN_HEADER, "none of its telescopes is described")
        types = TelescopeTypes()
        self._type_of = {
            tel_id: types.add(of_telescope, meta.get(tel_id, {}))
            for tel_id, of_telescope in self._described.items()
        }
        self._types = tuple(types.types)
        self._rows = {
            each.name: CoefficientRows((each.readout.n_channels, each.camera.n_pixels))
            for each in self._types
        }

    def subarray(self, choice: FocalLengthChoice) -> SubarrayDescription:
        """Return the array; see `RunHeaders.subarray`."""
        types = tuple(
            replace(each, focal_length=each.optics.focal_length(choice))
            for each in self._types
        )
        header_ids = self._header["tel_id"].tolist()
        kept = [header_ids.index(tel_id) for tel_id in self._described]
        latitude, longitude, height = self._reference()
        return SubarrayDescription(
            self._meta.get(b"ARRAY_CONFIG_NAME", DEFAULT_NAME).decode(errors="replace"),
            np.array(list(self._described), np.int16),
            tuple(types[row].optics.name for row in self._type_of.values()),
            self._header["tel_pos"][kept].astype(np.float64),
            np.array(list(self._type_of.values()), np.int32),
            types,
            latitude,
            longitude,
            height,
        )

    def _reference(self) -> tuple[float, float, float]:
        """Latitude and longitude in deg, height in m; the first two 0 if not known."""
        keys = (b"*LATITUDE", b"*LONGITUDE", b"ALTITUDE")
        if not self._meta.keys() >= set(keys):
            return 0.0, 0.0, self._height
        try:
            latitude, longitude, height = (float(self._meta[key]) for key in keys)
        except ValueError as error:
            raise HeaderError(HISTORY_META, f"reference point: {error}") from error
        return latitude, longitude, height

    def rows_of(self, tel_type: str) -> CoefficientRows:
        """Coefficients of the telescopes of a type.

        Raises
        ------
        KeyError
            If there is no such type.
        """
        if tel_type not in self._rows:
            known = ", ".join(self._rows)
            raise KeyError(f"no telescopes of type {tel_type}: {known}")
        return self._rows[tel_type]

    def add_row(self, tel_id: int, calibration: Content) -> int:
        """Return where the coefficients of a telescope are, after adding them.

        Parameters
        ----------
        tel_id : int
            Telescope.
        calibration : mapping
            What its camera monitoring and laser calibration blocks have brought.

        Raises
        ------
        HeaderError
            If blocks are missing or do not fit the camera.
        """
        if tel_id not in self._type_of:
            raise HeaderError(RUN_HEADER, f"telescope {tel_id} is not described")
        rows = self._rows[self._types[self._type_of[tel_id]].name]
        mask = outlier_mask(self._described[tel_id])
        return rows.add(_coefficients(tel_id, calibration, mask))


def _coefficients(tel_id: int, values: Content, mask: Mask) -> Row:
    if "pedestal" not in values:
        raise HeaderError(CAMERA_MONITORING, f"none for telescope {tel_id}")
    if "calib" not in values:
        raise HeaderError(LASER_CALIBRATION, f"none for telescope {tel_id}")
    n_slices = values["n_ped_slices"]
    if n_slices < 1:
        raise HeaderError(CAMERA_MONITORING, f"pedestal of {n_slices} samples")
    with np.errstate(invalid="ignore"):  # NaN stays NaN
        pedestal = values["pedestal"] / np.float32(n_slices)
    dc_to_pe = values["calib"]
    time_shift = values.get("tm_calib", np.zeros_like(dc_to_pe))
    for block_type, array in (
        (CAMERA_MONITORING, pedestal),
        (LASER_CALIBRATION, dc_to_pe),
    ):
        if array.shape != mask.shape:
            raise HeaderError(
                block_type,
                f"telescope {tel_id} has {mask.shape} channels and pixels, "
                f"the block {array.shape}",
            )
    return pedestal, dc_to_pe, time_shift, mask
