"""Event batches to the tables of a DL1 dataset."""

from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.clock import StepClock
from cta_columnar.config import Stage1Config
from cta_columnar.instrument.pedestals import with_pedestal_std
from cta_columnar.instrument.subarray import SubarrayDescription, ranges
from cta_columnar.pipelines.camera_calibration import (
    calibrated,
    calibration_of,
    uncalibrated,
)
from cta_columnar.pipelines.chains import IS_RING, calibration_chains, dl1_chains
from cta_columnar.pipelines.column_buffer import ColumnBuffer
from cta_columnar.pipelines.event_tables import EventTables
from cta_columnar.pipelines.pedestals import pedestals_of
from cta_columnar.schemas import dl1
from cta_columnar.schemas.columns import bind, merge
from cta_columnar.schemas.event_types import CALIBRATION_TYPES
from cta_columnar.schemas.tables import TABLES
from cta_columnar.sources.base import EventBatch, EventSource
from cta_columnar.stages.dl1 import TelescopeChains
from cta_columnar.stages.selection import Selection
from cta_columnar.store import ShardWriter

_IMAGE_CUTS = ("charge_above", "pixels_above")


class Dl1Tables:
    """Runs the chains on batches and appends what they give to the tables.

    Parameters
    ----------
    writer : ShardWriter
        Where rows go.
    config : Stage1Config
        What is computed and written.
    subarray : SubarrayDescription
        The telescopes.
    clock : StepClock
        Takes the time of each step.

    Attributes
    ----------
    facts : dict
        What readers of the dataset must know besides; nothing here.
    """

    def __init__(
        self,
        writer: ShardWriter,
        config: Stage1Config,
        subarray: SubarrayDescription,
        clock: StepClock,
    ) -> None:
        self._writer = writer
        self._config = config
        self._clock = clock
        self._chains = dl1_chains(config, subarray)
        self._of_calibration = calibration_chains(config, subarray)
        self._pedestals = pedestals_of(config)
        self._calibration = calibration_of(config, subarray)
        self._subarray = subarray
        self._parameters: dict[str, ColumnBuffer] = {}
        self._events = EventTables(writer)
        self.facts: dict[str, Any] = {}

    @property
    def warnings(self) -> list[str]:
        """What the user should look at."""
        without = uncalibrated(self._calibration, self._subarray)
        if self._config.monitoring.calibration is None or not without:
            return []
        return [
            f"{self._config.monitoring.calibration} has no coefficients for telescopes "
            f"{ranges(without)}: those of the input alone are used"
        ]

    def append(self, batch: EventBatch) -> list[pa.Table]:
        """Process one batch; return its cut flow, a table per telescope type."""
        self._events.append(batch)
        self._clock.add("write")
        if batch.event_type in CALIBRATION_TYPES:
            for tel_type in batch.telescopes:
                self._append_calibration(batch, tel_type)
            return []
        return [self._append_showers(batch, tel_type) for tel_type in batch.telescopes]

    def finish(
        self, source: EventSource, cut_flow: pa.Table, *, is_first: bool
    ) -> None:
        """Append what waits, and what is known only at the end of a file."""
        for tel_type, buffer in self._parameters.items():
            if not buffer.is_empty:
                self._flush_parameters(tel_type)
        self._events.finish(source, is_first=is_first)
        self._writer.append("cut_flow", cut_flow)

    def _run(
        self, chains: TelescopeChains, batch: EventBatch, tel_type: str
    ) -> dict[str, Any]:
        """Return the columns of the batch and those that the chains compute."""
        rows, coefficients = calibrated(
            batch.telescopes[tel_type],
            batch.coefficients[tel_type],
            self._calibration.get(tel_type),
        )
        noise = None
        if self._pedestals is not None:
            noise = self._pedestals.noise.get(tel_type)
            coefficients = with_pedestal_std(
                coefficients,
                self._pedestals.std,
                to_numpy(rows["tel_id"]),
                to_numpy(rows["calibration_index"]),
            )
        there = {name: rows[name] for name in rows.schema.names}
        return there | chains.run(rows, coefficients, self._clock, noise)

    def _append_showers(self, batch: EventBatch, tel_type: str) -> pa.Table:
        """Append images and parameters of one telescope type; return its cut flow."""
        chains = self._chains[tel_type]
        columns = self._run(chains, batch, tel_type)
        write = self._config.write
        if write.images:
            schema = dl1.IMAGES
            if write.true_images:
                schema = merge(schema, dl1.TRUE_IMAGE)
            sizes = {"pixel": chains.camera.readout.n_pixels}
            images = _select(columns, bind(schema, sizes))
            self._writer.append("images", images, tel_type)
        if tel_type not in self._parameters:
            schema = merge(dl1.TEL_EVENT, *chains.parameter_schemas)
            self._parameters[tel_type] = ColumnBuffer(schema)
        self._parameters[tel_type].add(columns, batch.telescopes[tel_type].num_rows)
        if self._parameters[tel_type].is_full:
            self._flush_parameters(tel_type)
        if chains.muon_schemas:
            self._append_muons(columns, merge(*chains.muon_schemas), tel_type)
        self._clock.add("write")
        return self._cut_flow(tel_type, columns)

    def _cut_flow(self, tel_type: str, columns: dict[str, Any]) -> pa.Table:
        """Count images that pass the image quality cuts."""
        further = tuple(cut.name for cut in self._config.image_quality.cuts)
        passed = np.stack(
            [
                columns["passes_charge"],
                columns["passes_pixels"],
                *columns["passes_cuts"].T,
            ]
        )
        selection = Selection((*_IMAGE_CUTS, *further), passed)
        return selection.cut_flow("image_quality", {tel_type: slice(None)})

    def _flush_parameters(self, tel_type: str) -> None:
        """Append the parameters that wait, if only to make sure of the table."""
        rows = self._parameters[tel_type].take()
        self._writer.append("parameters", rows, tel_type)

    def _append_muons(
        self, columns: dict[str, Any], schema: pa.Schema, tel_type: str
    ) -> None:
        """Append the rings that were found; most images have none."""
        found = np.isfinite(columns[IS_RING])
        if found.any():
            rings = _select(columns, merge(dl1.MUON_EVENT, schema))
            self._writer.append("muons", rings.filter(pa.array(found)), tel_type)

    def _append_calibration(self, batch: EventBatch, tel_type: str) -> None:
        """Append images of calibration events, a row per gain channel."""
        table = f"calibration/{CALIBRATION_TYPES[batch.event_type]}"
        n_rows = batch.telescopes[tel_type].num_rows
        images = []
        for channel, chains in self._of_calibration[tel_type].items():
            columns = self._run(chains, batch, tel_type)
            columns["channel"] = np.full(n_rows, channel, np.int8)
            sizes = {"pixel": chains.camera.readout.n_pixels}
            images.append(_select(columns, bind(TABLES[table].schema, sizes)))
        # The channels of an event side by side, wherever batches close.
        order = np.arange(len(images) * n_rows).reshape(len(images), -1).T.ravel()
        together = pa.Table.from_batches(images).take(pa.array(order))
        self._writer.append(table, together.combine_chunks(), tel_type)
        self._clock.add("write")


def _select(columns: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    return to_batch({name: columns[name] for name in schema.names}, schema)
