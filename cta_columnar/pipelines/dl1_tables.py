"""Event batches to the tables of a DL1 dataset."""

import time
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_batch
from cta_columnar.config import Stage1Config
from cta_columnar.pipelines.chains import calibration_chains
from cta_columnar.pipelines.dl1_pointing import PointingChanges
from cta_columnar.schemas import dl1, simulation
from cta_columnar.schemas._column import bind, merge
from cta_columnar.schemas.keys import CALIBRATION_TYPES
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
        What is written.
    chains : dict of str to TelescopeChains
        The chains of showers, by telescope type.
    """

    def __init__(
        self,
        writer: ShardWriter,
        config: Stage1Config,
        chains: dict[str, TelescopeChains],
    ) -> None:
        self._writer = writer
        self._config = config
        self._chains = chains
        self._pointing = PointingChanges()
        for table, schema in (
            ("trigger", dl1.TRIGGER),
            ("showers", simulation.SHOWERS),
            ("pointing", dl1.POINTING),
        ):
            writer.append(table, _no_rows(schema))

    def append(self, batch: EventBatch, seconds: dict[str, float]) -> list[pa.Table]:
        """Process one batch; return its cut flow, a table per telescope type."""
        if batch.event_type in CALIBRATION_TYPES:
            self._append_calibration(batch)
            return []
        self._append("trigger", batch.trigger, None, seconds)
        self._append("showers", batch.showers, None, seconds)
        cut_flows = []
        for tel_type, rows in batch.telescopes.items():
            chains = self._chains[tel_type]
            columns = chains.run(rows, batch.coefficients[tel_type])
            for kind, elapsed in chains.seconds.items():
                seconds[kind] = seconds.get(kind, 0.0) + elapsed
            chains.seconds.clear()
            self._append_showers(tel_type, rows, columns, seconds)
            cut_flows.append(_cut_flow(tel_type, columns))
        pointing = self._pointing.of(batch)
        if pointing is not None:
            self._append("pointing", pointing, None, seconds)
        return cut_flows

    def finish(self, source: EventSource, cut_flow: pa.Table) -> None:
        """Append what is known only at the end of a file."""
        self._writer.append("simulation/runs", source.runs)
        self._writer.append("simulation/thrown", source.thrown)
        self._writer.append("simulation/atmosphere", source.atmosphere)
        self._writer.append("cut_flow", cut_flow)

    def _append(
        self,
        table: str,
        rows: pa.RecordBatch,
        tel_type: str | None,
        seconds: dict[str, float],
    ) -> None:
        began = time.process_time()
        self._writer.append(table, rows, tel_type)
        elapsed = time.process_time() - began
        seconds["write"] = seconds.get("write", 0.0) + elapsed

    def _append_showers(
        self,
        tel_type: str,
        rows: pa.RecordBatch,
        columns: dict[str, Any],
        seconds: dict[str, float],
    ) -> None:
        there = {name: rows[name] for name in rows.schema.names}
        sizes = {"pixel": rows["true_image"].type.list_size}
        write = self._config.write
        if write.images:
            schema = dl1.IMAGES
            if write.true_images:
                schema = merge(schema, dl1.TRUE_IMAGE)
            images = _select(there | columns, bind(schema, sizes))
            self._append("images", images, tel_type, seconds)
        schema = self._parameter_schema(tel_type)
        parameters = _select(there | columns, schema)
        self._append("parameters", parameters, tel_type, seconds)

    def _parameter_schema(self, tel_type: str) -> pa.Schema:
        """Return all columns of parameters that some telescope of the type has."""
        chain = next(iter(self._chains[tel_type].by_telescope.values()))
        groups = [
            step.algorithm.writes
            for step in chain.steps
            if step.algorithm.kind in ("parameters", "true_parameters")
        ]
        return merge(dl1.TEL_EVENT, *groups)

    def _append_calibration(self, batch: EventBatch) -> None:
        """Append images of calibration events, a row per gain channel."""
        table = f"calibration/{CALIBRATION_TYPES[batch.event_type]}"
        self._writer.append("trigger", batch.trigger)
        for tel_type, rows in batch.telescopes.items():
            camera = self._chains[tel_type].camera
            images = []
            for channel, chains in calibration_chains(self._config, camera).items():
                columns = chains.run(rows, batch.coefficients[tel_type])
                columns["channel"] = np.full(rows.num_rows, channel, np.int8)
                there = {name: rows[name] for name in rows.schema.names}
                sizes = {"pixel": columns["image"].shape[1]}
                schema = bind(TABLES[table].schema, sizes)
                images.append(_select(there | columns, schema))
            # The channels of an event side by side, wherever batches close.
            order = np.arange(len(images) * rows.num_rows)
            order = order.reshape(len(images), -1).T.ravel()
            together = pa.Table.from_batches(images).take(pa.array(order))
            self._writer.append(table, together.combine_chunks(), tel_type)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch of no rows, which makes sure that a table exists."""
    arrays = [pa.array([], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _select(columns: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    return to_batch({name: columns[name] for name in schema.names}, schema)


def _cut_flow(tel_type: str, columns: dict[str, Any]) -> pa.Table:
    """Count images that pass the image quality cuts."""
    passed = np.stack([columns[name] for name in dl1.IMAGE_QUALITY.names])
    everything = slice(None)
    return Selection(_IMAGE_CUTS, passed).cut_flow(
        "image_quality", {tel_type: everything}
    )
