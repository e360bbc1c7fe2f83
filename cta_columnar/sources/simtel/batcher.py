"""Choose array events, number calibration events, and put them into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel.block_table import BEGIN, END
from cta_columnar.schemas.event_types import EventType
from cta_columnar.sources.base import BadInputError, Counts, EventBatch
from cta_columnar.sources.simtel.builder import BatchBuilder
from cta_columnar.sources.simtel.event_table import EventTable
from cta_columnar.sources.simtel.header_blocks import (
    HeaderError,
)
from cta_columnar.sources.simtel.reading import Reading, Stretch
from cta_columnar.sources.simtel.run import Run

# What sim_telarray's types of calibration events stand for.
_CALIBRATION_TYPES = {
    0: EventType.DARK_PEDESTAL,
    1: EventType.SKY_PEDESTAL,
    2: EventType.SINGLE_PE,
    3: EventType.FLATFIELD,
}


@dataclass
class Selection:
    """Which array events of a file to hand out.

    Attributes
    ----------
    skip_calibration : bool
        Whether to leave out calibration events.
    max_events : int or None
        How many at most.
    n_calibration : int
        Calibration events that have come: their ids go on from run to run.
    """

    skip_calibration: bool
    max_events: int | None
    n_calibration: int = 0


class Batcher:
    """Batches of one run.

    Parameters
    ----------
    run : Run
        The run.
    builder : BatchBuilder
        Where events are collected.
    reading : Reading
        Where they come from.
    selection : Selection
        Which of them to take.
    counts : Counts
        Where they are counted.
    """

    def __init__(
        self,
        run: Run,
        builder: BatchBuilder,
        reading: Reading,
        selection: Selection,
        counts: Counts,
    ) -> None:
        self._run = run
        self._builder = builder
        self._reading = reading
        self._selection = selection
        self._counts = counts

    def rest(self) -> Iterator[EventBatch]:
        """Yield what was collected, if anything."""
        if not self._builder.is_empty:
            yield self._builder.close(self._run.headers.coefficients)

    def take(self, stretch: Stretch) -> Iterator[EventBatch]:
        """Add the events of a stretch to batches; yield those that are full.

        Raises
        ------
        BadInputError
            At the first bad event, after those before were added.
        """
        table = self._wanted(stretch.table)
        blocks, builder = stretch.blocks, self._builder
        while len(table):
            event_type = _event_type(int(table.calibration[0]))
            if event_type != builder.event_type:
                yield from self.rest()
            # Only events of one type, and only as many as fit.
            types = np.array([_event_type(each) for each in table.calibration.tolist()])
            n_same = int((np.append(types, -1) != event_type).argmax())
            part = table.slice(0, n_same)
            part = part.slice(0, builder.fitting(part))
            try:
                index = self._run.calibration_index(part.telescopes.telescope)
            except HeaderError as error:
                position = int(blocks[part.block[0], BEGIN])
                raise self._bad_event(stretch, position, str(error)) from error
            data = self._reading.chunks.data
            n, problem = builder.add(data, blocks, part, event_type, index)
            self._counts.array_events += n
            self._counts.telescope_events += int(part.starts[n])
            if problem is not None:
                raise self._bad_event(stretch, problem.position, problem.message)
            table = table.slice(n, len(table))
            if builder.is_full:
                yield from self.rest()
        self._counts.array_events_read += len(stretch.table)

    def _bad_event(
        self, stretch: Stretch, position: int, message: str
    ) -> BadInputError:
        """Error for one of the events of a stretch: those before are whole."""
        ends = stretch.blocks[stretch.table.block, END]
        self._counts.array_events_read += int((ends <= position).sum())
        return self._reading.bad(position, message)

    def _wanted(self, table: EventTable) -> EventTable:
        """Array events to hand out, calibration events with their ids."""
        is_calibration = table.calibration != array.NOT_CALIBRATION
        number = self._selection.n_calibration + np.cumsum(is_calibration)
        table.event_id[:] = np.where(is_calibration, -number, table.event_id)
        self._selection.n_calibration += int(is_calibration.sum())
        is_kept = table.has_images.copy()
        self._counts.drop(
            "array event without wanted telescopes", int((~is_kept).sum())
        )
        if self._selection.skip_calibration:
            self._counts.drop(
                "calibration event", int((is_calibration & is_kept).sum())
            )
            is_kept &= ~is_calibration
        if self._selection.max_events is not None:
            left = self._selection.max_events - self._counts.array_events
            is_kept &= np.cumsum(is_kept) <= left
        return table.select(is_kept)


def _event_type(calibration: int) -> EventType:
    """Event type of an array event by its type of calibration."""
    if calibration == array.NOT_CALIBRATION:
        return EventType.SUBARRAY
    return _CALIBRATION_TYPES.get(calibration, EventType.OTHER_CALIBRATION)
