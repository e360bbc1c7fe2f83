"""Scatter of pedestals for images that are stored: looked up as for raw data.

It is a matter of telescope and time, not of the calibration of an event, of which a
stored image knows nothing any more.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, I4
from cta_columnar.arrays import to_numpy
from cta_columnar.config import Stage1Config
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.pedestals import with_pedestal_std
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.calibration.camera_calibration import (
    calibrated,
    calibration_of,
)
from cta_columnar.pipelines.stage1.pedestals import pedestals_of
from cta_columnar.schemas import r0

# What an algorithm reads that asks for the scatter: rows, and which of them is valid.
SCATTER = frozenset({"pedestal_std", "pedestal_index"})
_KEYS = ("obs_id", "event_id", "tel_id", "time")


class ImagePedestals:
    """The scatter of pedestals, as a configuration names its sources.

    Parameters
    ----------
    config : Stage1Config
        Where it is taken from; what made the images makes the charges of pedestals.
    subarray : SubarrayDescription
        The telescopes.

    Raises
    ------
    UserError
        If a file cannot be read.
    """

    def __init__(self, config: Stage1Config, subarray: SubarrayDescription) -> None:
        # Its noise is in the images already.
        plain = config.model_copy(update={"waveform_modifier": None})
        self._pedestals = pedestals_of(plain)
        self._calibration = calibration_of(config, subarray)

    def of(
        self, columns: Mapping[str, Any], camera: TelescopeType
    ) -> tuple[F4 | None, I4]:
        """Look up the scatter for rows of one telescope type.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray or pyarrow.Array
            With obs_id, event_id, tel_id and time.
        camera : TelescopeType
            The type.

        Returns
        -------
        pedestal_std : float32[k, c, p] or None
            Scatter of charges, p.e.; None if nothing is known.
        pedestal_index : int32[e]
            The row of each event.
        """
        tel_id = np.asarray(columns["tel_id"])
        telescopes, index = np.unique(tel_id, return_inverse=True)
        arrays = [columns[name] for name in _KEYS] + [index.astype(np.int32)]
        schema = pa.schema(
            [r0.TELESCOPE_EVENTS.field(n) for n in (*_KEYS, "calibration_index")]
        )
        rows = pa.RecordBatch.from_arrays(
            [pa.array(a, f.type) for a, f in zip(arrays, schema, strict=True)],
            schema=schema,
        )
        neutral = _neutral(len(telescopes), camera)
        table = self._calibration.get(camera.name)
        rows, coefficients = calibrated(rows, neutral, table)
        found = to_numpy(rows["calibration_index"])
        if self._pedestals is not None:
            std = self._pedestals.std
            coefficients = with_pedestal_std(coefficients, std, tel_id, found)
        return coefficients.pedestal_std, found


def _neutral(n_rows: int, camera: TelescopeType) -> Coefficients:
    """Return coefficients that change nothing, a row per telescope."""
    shape = n_rows, camera.readout.n_channels, camera.readout.n_pixels
    zero = np.zeros(shape, np.float32)
    return Coefficients(zero, np.ones_like(zero), zero, np.zeros(shape, np.bool_))
