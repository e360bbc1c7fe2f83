"""Stage 1 on one batch: R0 of telescopes of one type in, columns of DL1 out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, I2, AnyArray, Index
from cta_columnar.arrays import to_numpy
from cta_columnar.clock import StepClock
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.pedestals import NoiseLibrary
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.stages.chain import Arrays, Chain

# Calibrated waveforms of a slice stay in the second-level cache of one core.
SLICE_BYTES = 2 * 2**20
_SAMPLE_BYTES = 4
_WAVEFORMS = frozenset({"r0_waveform", "waveform"})


@dataclass(frozen=True)
class TelescopeChains:
    """What each telescope of a type runs.

    Attributes
    ----------
    camera : TelescopeType
        The type.
    by_telescope : mapping of int to Chain
        The chain of each telescope; most often the same one. They differ in options
        and algorithms, but keep the same columns.
    subarray : SubarrayDescription
        All telescopes; algorithms may ask for it.
    """

    camera: TelescopeType
    by_telescope: Mapping[int, Chain]
    subarray: SubarrayDescription

    @property
    def parameter_schemas(self) -> list[pa.Schema]:
        """Columns of the image parameters, group by group."""
        return self._schemas("parameters", "true_parameters")

    @property
    def muon_schemas(self) -> list[pa.Schema]:
        """Columns of muon rings; none if they are not sought."""
        return self._schemas("muons")

    def _schemas(self, *kinds: str) -> list[pa.Schema]:
        chain = next(iter(self.by_telescope.values()))
        return [s.algorithm.writes for s in chain.steps if s.algorithm.kind in kinds]

    def run(
        self,
        batch: pa.RecordBatch,
        coefficients: Coefficients,
        clock: StepClock | None = None,
        noise: NoiseLibrary | None = None,
    ) -> Arrays:
        """Process a batch: waveforms a slice at a time, what follows all at once.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            R0 telescope events, see ``schemas.r0``.
        coefficients : Coefficients
            Calibration of this type, rows named by ``calibration_index``.
        clock : StepClock, optional
            Takes the processor time, by kind of algorithm.
        noise : NoiseLibrary, optional
            Recorded noise of this type; algorithms that ask for it need it.

        Returns
        -------
        dict of str to array
            The columns that the chains keep, a row per row of the batch.
        """
        context = {
            "camera": self.camera,
            "coefficients": coefficients,
            "subarray": self.subarray,
            "noise": noise,
            "pedestal_std": coefficients.pedestal_std,
        }
        there = self.reads & set(batch.schema.names)
        columns = {name: to_numpy(batch[name]) for name in there}
        if "pedestal_index" in self.reads:
            # Its rows are those of the coefficients here.
            columns["pedestal_index"] = to_numpy(batch["calibration_index"])
        tel_id = to_numpy(batch["tel_id"])
        return self._run_each(columns, tel_id, context, clock)

    def run_on_images(
        self,
        columns: Arrays,
        clock: StepClock | None = None,
        pedestal_std: F4 | None = None,
    ) -> Arrays:
        """Process images whose steps need neither waveforms nor coefficients.

        Parameters
        ----------
        columns : dict of str to array
            What the steps read, and ``tel_id``.
        clock : StepClock, optional
            Takes the processor time, by kind of algorithm.
        pedestal_std : float32[k, c, p], optional
            Scatter of charges in pedestal events, rows named by ``pedestal_index``.

        Returns
        -------
        dict of str to array
            Those of the columns that the chains keep.
        """
        context = {
            "camera": self.camera,
            "subarray": self.subarray,
            "pedestal_std": pedestal_std,
        }
        return self._run_each(columns, columns["tel_id"], context, clock)

    @property
    def reads(self) -> set[str]:
        """Names that some chain reads and does not write before."""
        return set().union(*(each.reads for each in self.by_telescope.values()))

    def _run_each(
        self,
        columns: Arrays,
        tel_id: I2,
        context: Mapping[str, object],
        clock: StepClock | None,
    ) -> Arrays:
        """Run on the rows of each telescope what it runs."""
        outputs: Arrays = {}
        for chain, rows in self._groups(tel_id):
            there = chain.reads & columns.keys()
            inputs = {name: columns[name][rows] for name in there}
            result = self._run(chain, inputs, context, clock)
            for name, values in result.items():
                _store(outputs, name, values, rows, len(tel_id))
        return outputs

    def _run(
        self,
        chain: Chain,
        columns: Arrays,
        context: Mapping[str, object],
        clock: StepClock | None,
    ) -> Arrays:
        """Run a chain on rows that all go through it."""
        on_waveforms, on_images = _split(chain)
        n_rows = len(next(iter(columns.values())))
        images = {name: columns[name] for name in columns if name not in _WAVEFORMS}
        if not on_waveforms.steps:
            return on_images.run(images, context, clock)
        for start in range(0, n_rows, self._rows_per_slice):
            part = slice(start, min(start + self._rows_per_slice, n_rows))
            inputs = {name: values[part] for name, values in columns.items()}
            results = on_waveforms.run(inputs, context, clock)
            for name in results.keys() - columns.keys():
                _store(images, name, results[name], part, n_rows)
        return on_images.run(images, context, clock)

    @property
    def _rows_per_slice(self) -> int:
        readout = self.camera.readout
        row_bytes = readout.n_pixels * readout.n_samples * _SAMPLE_BYTES
        return max(1, SLICE_BYTES // row_bytes)

    def _groups(self, tel_id: I2) -> list[tuple[Chain, slice | Index]]:
        """Rows of each distinct chain; all of them without a copy if there is one."""
        chains: list[Chain] = []
        for chain in self.by_telescope.values():
            if chain not in chains:
                chains.append(chain)
        if len(chains) == 1:
            return [(chains[0], slice(0, len(tel_id)))]
        groups: list[tuple[Chain, slice | Index]] = []
        for chain in chains:
            members = [t for t, each in self.by_telescope.items() if each == chain]
            rows = np.flatnonzero(np.isin(tel_id, members))
            if rows.size:
                groups.append((chain, rows))
        return groups


def _split(chain: Chain) -> tuple[Chain, Chain]:
    """Cut a chain behind the steps that read waveforms.

    Lists of kept pixels have no row per event, so they cannot be put together again:
    a parameter that reads waveforms takes the whole chain through the slices.
    """
    on_waveforms, on_images = chain.split(_WAVEFORMS)
    if any(step.algorithm.kind == "image_quality" for step in on_waveforms.steps):
        return chain, Chain((), chain.keep)
    return on_waveforms, on_images


def _store(
    columns: Arrays,
    name: str,
    values: AnyArray,
    rows: slice | Index,
    n_rows: int,
) -> None:
    """Put some rows of a column into place."""
    if len(values) == n_rows and isinstance(rows, slice):
        columns[name] = values
        return
    if name not in columns:
        columns[name] = np.empty((n_rows, *values.shape[1:]), values.dtype)
    columns[name][rows] = values
