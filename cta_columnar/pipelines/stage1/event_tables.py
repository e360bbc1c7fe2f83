"""The tables that are the same at each level that comes of camera data."""

import pyarrow as pa

from cta_columnar.pipelines.stage1.pointing import PointingChanges
from cta_columnar.schemas import dl1, simulation
from cta_columnar.schemas.event_types import CALIBRATION_TYPES
from cta_columnar.sources.base import EventBatch, EventSource
from cta_columnar.store import ShardWriter


class EventTables:
    """Appends triggers, true showers, pointing and the simulation's own tables.

    Parameters
    ----------
    writer : ShardWriter
        Where rows go.
    """

    def __init__(self, writer: ShardWriter) -> None:
        self._writer = writer
        self._pointing = PointingChanges()
        for table, schema in (
            ("trigger", dl1.TRIGGER),
            ("showers", simulation.SHOWERS),
            ("pointing", dl1.POINTING),
        ):
            writer.append(table, _no_rows(schema))

    def append(self, batch: EventBatch) -> None:
        """Append what is known of the array events of a batch."""
        self._writer.append("trigger", batch.trigger)
        if batch.event_type in CALIBRATION_TYPES:
            return
        self._writer.append("showers", batch.showers)
        pointing = self._pointing.of(batch)
        if pointing is not None:
            self._writer.append("pointing", pointing)

    def finish(self, source: EventSource, *, is_first: bool) -> None:
        """Append what is known only at the end of a file.

        Every section of a file knows its runs, only the last one the histograms; what
        holds for the whole file is written by the first.
        """
        n = None if is_first else 0
        self._writer.append("simulation/runs", source.runs[:n])
        self._writer.append("simulation/thrown", source.thrown)
        self._writer.append("simulation/atmosphere", source.atmosphere[:n])


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch of no rows, which makes sure that a table exists."""
    arrays = [pa.array([], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
