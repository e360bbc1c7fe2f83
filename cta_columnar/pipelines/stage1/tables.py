"""Event batches to the tables of a DL1 dataset."""

from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_numpy
from cta_columnar.clock import StepClock
from cta_columnar.config import Stage1Config
from cta_columnar.instrument.pedestals import with_pedestal_std
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.calibration.camera_calibration import (
    calibrated,
    calibration_of,
    uncalibrated,
)
from cta_columnar.pipelines.calibration.chains import calibration_chains
from cta_columnar.pipelines.stage1.chains import dl1_chains
from cta_columnar.pipelines.stage1.event_tables import EventTables
from cta_columnar.pipelines.stage1.pedestals import pedestals_of
from cta_columnar.pipelines.stage1.telescope_tables import (
    TelescopeTables,
    image_facts,
    select,
)
from cta_columnar.schemas.columns import bind
from cta_columnar.schemas.event_types import CALIBRATION_TYPES
from cta_columnar.schemas.tables import TABLES
from cta_columnar.sources.base import EventBatch, EventSource
from cta_columnar.stages.dl1 import TelescopeChains
from cta_columnar.store import ShardWriter


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
        What readers of the dataset must know besides: how images are stored.
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
        self._telescopes = TelescopeTables(writer, config, self._chains)
        self._events = EventTables(writer)
        self._obs_ids: list[int] = []
        self.facts: dict[str, Any] = {"images": image_facts(config.write)}

    @property
    def counts(self) -> dict[str, int]:
        """What is counted besides events."""
        return self._telescopes.counts

    @property
    def warnings(self) -> list[str]:
        """What the user should look at."""
        without = uncalibrated(
            self._config, self._calibration, self._subarray, self._obs_ids
        )
        return [*self._telescopes.warnings, *without]

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
        self._obs_ids = sorted(set(source.runs["obs_id"].to_pylist()))
        self._telescopes.finish()
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
        columns = self._run(self._chains[tel_type], batch, tel_type)
        n_rows = batch.telescopes[tel_type].num_rows
        cut_flow = self._telescopes.append(columns, n_rows, tel_type)
        self._clock.add("write")
        return cut_flow

    def _append_calibration(self, batch: EventBatch, tel_type: str) -> None:
        """Append images of calibration events, a row per gain channel."""
        table = f"calibration/{CALIBRATION_TYPES[batch.event_type]}"
        n_rows = batch.telescopes[tel_type].num_rows
        images = []
        for channel, chains in self._of_calibration[tel_type].items():
            columns = self._run(chains, batch, tel_type)
            columns["channel"] = np.full(n_rows, channel, np.int8)
            sizes = {"pixel": chains.camera.readout.n_pixels}
            images.append(select(columns, bind(TABLES[table].schema, sizes)))
        # The channels of an event side by side, wherever batches close.
        order = np.arange(len(images) * n_rows).reshape(len(images), -1).T.ravel()
        together = pa.Table.from_batches(images).take(pa.array(order))
        self._writer.append(table, together.combine_chunks(), tel_type)
        self._clock.add("write")
