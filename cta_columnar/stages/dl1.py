"""Stage 1 on one batch: R0 of telescopes of one type in, columns of DL1 out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cta_columnar.arrays import to_numpy
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.stages.chain import Arrays, Chain

# Calibrated waveforms of a slice stay in the second-level cache of one core.
SLICE_BYTES = 4 * 2**20
_SAMPLE_BYTES = 4


@dataclass(frozen=True)
class TelescopeChains:
    """What each telescope of a type runs.

    Attributes
    ----------
    camera : TelescopeType
        The type.
    by_telescope : mapping of int to Chain
        The chain of each telescope; most often the same one.
    seconds : dict of str to float
        Processor time, added up per kind of algorithm.
    """

    camera: TelescopeType
    by_telescope: Mapping[int, Chain]
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, batch: pa.RecordBatch, coefficients: Coefficients) -> Arrays:
        """Process a batch, a slice at a time.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            R0 telescope events, see ``schemas.r0``.
        coefficients : Coefficients
            Calibration of this type, rows named by ``calibration_index``.

        Returns
        -------
        dict of str to array
            The columns that the chains keep, a row per row of the batch.
        """
        context = {"camera": self.camera, "coefficients": coefficients}
        outputs: Arrays = {}
        for chain, rows in self._groups(to_numpy(batch["tel_id"])):
            columns = {
                name: to_numpy(batch[name])
                for name in chain.reads
                if name in batch.schema.names
            }
            for part in _slices(rows, self._rows_per_slice):
                inputs = {name: values[part] for name, values in columns.items()}
                _store(
                    outputs,
                    chain.run(inputs, context, self.seconds),
                    part,
                    batch.num_rows,
                )
        return outputs

    @property
    def _rows_per_slice(self) -> int:
        readout = self.camera.readout
        row_bytes = readout.n_pixels * readout.n_samples * _SAMPLE_BYTES
        return max(1, SLICE_BYTES // row_bytes)

    def _groups(
        self, tel_id: NDArray[np.int16]
    ) -> list[tuple[Chain, slice | NDArray[np.intp]]]:
        """Rows of each distinct chain; all of them without a copy if there is one."""
        chains: list[Chain] = []
        for chain in self.by_telescope.values():
            if chain not in chains:
                chains.append(chain)
        if len(chains) == 1:
            return [(chains[0], slice(0, len(tel_id)))]
        groups: list[tuple[Chain, slice | NDArray[np.intp]]] = []
        for chain in chains:
            members = [t for t, each in self.by_telescope.items() if each == chain]
            rows = np.flatnonzero(np.isin(tel_id, members))
            if rows.size:
                groups.append((chain, rows))
        return groups


def _slices(
    rows: slice | NDArray[np.intp], size: int
) -> list[slice | NDArray[np.intp]]:
    if isinstance(rows, slice):
        starts = range(0, rows.stop, size)
        return [slice(start, min(start + size, rows.stop)) for start in starts]
    return [rows[start : start + size] for start in range(0, rows.size, size)]


def _store(
    outputs: Arrays,
    columns: Mapping[str, NDArray[Any]],
    rows: slice | NDArray[np.intp],
    n_rows: int,
) -> None:
    """Put the columns of a slice into place."""
    for name, values in columns.items():
        if name not in outputs:
            outputs[name] = np.empty((n_rows, *values.shape[1:]), values.dtype)
        outputs[name][rows] = values
