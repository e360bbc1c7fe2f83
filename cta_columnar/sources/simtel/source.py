"""sim_telarray files as batches of events."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from cta_columnar.errors import UserError
from cta_columnar.instrument.optics import FocalLengthChoice
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel.framing import BEGIN, END, MAX_LENGTH
from cta_columnar.schemas import simulation
from cta_columnar.sources.base import BadInputError, Counts, EventBatch
from cta_columnar.sources.decompression import Decompressed, StreamError, peek
from cta_columnar.sources.simtel.builder import BatchBuilder
from cta_columnar.sources.simtel.chunks import Chunks
from cta_columnar.sources.simtel.event_table import EventTable
from cta_columnar.sources.simtel.group import Limits
from cta_columnar.sources.simtel.header_blocks import HeaderError
from cta_columnar.sources.simtel.memory import Pool
from cta_columnar.sources.simtel.reading import Reading, Stretch
from cta_columnar.sources.simtel.run import Run
from cta_columnar.sources.simtel.triggers import SUBARRAY

# Decompressed at once: it mostly stays in the cache until it is decoded.
CHUNK_BYTES = 16 << 20
SYNC_MARKER = b"\x37\x8a\x1f\xd4"

_OTHER_CALIBRATION = 15
# Types of calibration events: dark and sky pedestals, single p.e., flat-field.
_CALIBRATION_TYPES = {0: 3, 1: 5, 2: 1, 3: 0}


class SimTelSource:
    """Events of a sim_telarray file; see `sources.base.EventSource`.

    Parameters
    ----------
    path : path
        File, plain or compressed by gzip or zstd.
    focal_length_choice : str
        Which focal length turns camera positions into angles, EFFECTIVE or EQUIVALENT.
    allowed_tels : iterable of int or None
        Telescopes to read; None for all. Array events without any of them are left out.
    skip_calibration_events : bool
        Whether to leave out calibration events.
    max_events : int or None
        Array events to hand out at most.
    obs_id : int or None
        Instead of the run number of the file.
    obs_id_offset : int
        Added to the run number.
    batch_bytes, batch_rows : int
        A batch is closed behind the array event with which the raw images, or the
        rows, of any telescope type reach this.
    low_gain_above : int or None
        Decode the low gain of an image only if any of its high-gain samples is above
        this, else leave it zero; None: always.

    Raises
    ------
    BadInputError
        If the file is damaged before its telescopes are described.
    UserError
        If a telescope or focal length that was asked for is not in the file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        focal_length_choice: FocalLengthChoice = "EFFECTIVE",
        allowed_tels: Iterable[int] | None = None,
        skip_calibration_events: bool = True,
        max_events: int | None = None,
        obs_id: int | None = None,
        obs_id_offset: int = 0,
        batch_bytes: int = 16 << 20,
        batch_rows: int = 4096,
        low_gain_above: int | None = None,
    ) -> None:
        self.path = Path(path).expanduser()
        self.counts = Counts()
        self._skip_calibration = skip_calibration_events
        self._max_events = max_events
        self._obs_id = obs_id
        self._obs_id_offset = obs_id_offset
        above = -1 if low_gain_above is None else max(low_gain_above, 0)
        self._limits = Limits(batch_bytes, batch_rows, above)
        self._pool = Pool()
        self._n_calibration = 0
        self._has_started = False
        allowed = None if allowed_tels is None else set(allowed_tels)
        try:
            self._stream = Decompressed(self.path)
        except OSError as error:
            raise BadInputError(self.path, 0, str(error)) from error
        chunks = Chunks(self._stream, CHUNK_BYTES, MAX_LENGTH + CHUNK_BYTES)
        self._reading = Reading(
            self.path, chunks, focal_length_choice, allowed, self.counts
        )
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        self._reading.read_headers()
        try:
            self.subarray  # noqa: B018
        except HeaderError as error:
            raise self._reading.bad(0, str(error)) from error
        except (KeyError, ValueError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"{self.path}: {error.args[0]}") from error

    @staticmethod
    def is_compatible(path: str | os.PathLike[str]) -> bool:
        """Whether the content of a file starts as sim_telarray files do."""
        try:
            return peek(Path(path), 4) in (SYNC_MARKER, SYNC_MARKER[::-1])
        except (OSError, StreamError):
            return False

    @property
    def subarray(self) -> SubarrayDescription:
        """The telescopes that are read."""
        return self._reading.runs[0].subarray

    @property
    def bytes_read(self) -> int:
        """Decompressed bytes so far."""
        return self._stream.n_read

    @property
    def _known_runs(self) -> list[Run]:
        """Runs that can be asked for: the last one may still be incomplete."""
        first, *others = self._reading.runs
        return [first, *(run for run in others if run.headers.complete)]

    def _obs_id_of(self, run: Run) -> int:
        if self._obs_id is not None:
            return self._obs_id
        return run.headers.run_number + self._obs_id_offset

    @property
    def runs(self) -> pa.Table:
        """``schemas.simulation.RUNS`` up to now."""
        rows = [run.headers.run_row(self._obs_id_of(run)) for run in self._known_runs]
        return pa.Table.from_pylist(rows, simulation.RUNS)

    @property
    def thrown(self) -> pa.Table:
        """``schemas.simulation.THROWN``; complete at the end of the file."""
        return pa.concat_tables(
            [run.headers.thrown(self._obs_id_of(run)) for run in self._known_runs]
        )

    @property
    def atmosphere(self) -> pa.Table:
        """``schemas.simulation.ATMOSPHERE``; complete at the end of the file."""
        return pa.concat_tables(
            [run.headers.atmosphere(self._obs_id_of(run)) for run in self._known_runs]
        )

    def batches(self) -> Iterator[EventBatch]:
        """Read the file; can be asked for once.

        Raises
        ------
        BadInputError
            Where the file is damaged, after all whole events before.
        RuntimeError
            The second time.
        """
        if self._has_started:
            raise RuntimeError(f"{self.path} is read only once: open it again")
        self._has_started = True
        return self._batches()

    def _batches(self) -> Iterator[EventBatch]:
        run: Run | None = None
        builder: BatchBuilder | None = None
        try:
            for stretch in self._reading.stretches():
                if builder is None or stretch.run is not run:
                    if builder is not None and run is not None:
                        yield from self._close_batch(builder, run)
                    run = stretch.run
                    builder = self._new_builder(run)
                yield from self._take(builder, stretch)
                if self.counts.array_events == self._max_events:
                    break
        except BadInputError:
            # What was whole before is handed out first.
            if builder is not None and run is not None:
                yield from self._close_batch(builder, run)
            raise
        if builder is not None and run is not None:
            yield from self._close_batch(builder, run)

    def _new_builder(self, run: Run) -> BatchBuilder:
        if run.subarray != self.subarray:
            number = run.headers.run_number
            raise self._reading.bad(0, f"run {number} has another array than the first")
        if self._obs_id is not None and run is not self._reading.runs[0]:
            raise self._reading.bad(0, "several runs cannot share one obs_id")
        tel_id = run.telescopes.tel_id
        obs_id = self._obs_id_of(run)
        return BatchBuilder(run.subarray, tel_id, obs_id, self._limits, self._pool)

    @staticmethod
    def _close_batch(builder: BatchBuilder, run: Run) -> Iterator[EventBatch]:
        if not builder.is_empty:
            yield builder.close(run.headers.coefficients)

    def _take(self, builder: BatchBuilder, stretch: Stretch) -> Iterator[EventBatch]:
        """Add the events of a stretch to batches; yield those that are full."""
        table = self._wanted(stretch.table)
        blocks, run = stretch.blocks, stretch.run
        while len(table):
            event_type = _event_type(int(table.calibration[0]))
            if event_type != builder.event_type:
                yield from self._close_batch(builder, run)
            # Only events of one type, and only as many as fit.
            types = np.array([_event_type(each) for each in table.calibration.tolist()])
            n_same = int((np.append(types, -1) != event_type).argmax())
            part = table.slice(0, n_same)
            part = part.slice(0, builder.fitting(part))
            try:
                index = run.calibration_index(part.telescopes.telescope)
            except HeaderError as error:
                position = int(blocks[part.block[0], BEGIN])
                raise self._bad_event(stretch, position, str(error)) from error
            data = self._reading.chunks.data
            n, problem = builder.add(data, blocks, part, event_type, index)
            self.counts.array_events += n
            self.counts.telescope_events += int(part.starts[n])
            if problem is not None:
                raise self._bad_event(stretch, problem.position, problem.message)
            table = table.slice(n, len(table))
            if builder.is_full:
                yield from self._close_batch(builder, run)
        self.counts.array_events_read += len(stretch.table)

    def _bad_event(
        self, stretch: Stretch, position: int, message: str
    ) -> BadInputError:
        """Error for one of the events of a stretch: those before are whole."""
        ends = stretch.blocks[stretch.table.block, END]
        self.counts.array_events_read += int((ends <= position).sum())
        return self._reading.bad(position, message)

    def _wanted(self, table: EventTable) -> EventTable:
        """Array events to hand out, calibration events with their ids."""
        is_calibration = table.calibration != array.NOT_CALIBRATION
        number = self._n_calibration + np.cumsum(is_calibration)
        table.event_id[:] = np.where(is_calibration, -number, table.event_id)
        self._n_calibration += int(is_calibration.sum())
        is_kept = table.has_images.copy()
        self.counts.drop("array event without wanted telescopes", int((~is_kept).sum()))
        if self._skip_calibration:
            self.counts.drop("calibration event", int((is_calibration & is_kept).sum()))
            is_kept &= ~is_calibration
        if self._max_events is not None:
            left = self._max_events - self.counts.array_events
            is_kept &= np.cumsum(is_kept) <= left
        return table.select(is_kept)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _event_type(calibration: int) -> int:
    """Event type of an array event by its type of calibration."""
    if calibration == array.NOT_CALIBRATION:
        return SUBARRAY
    return _CALIBRATION_TYPES.get(calibration, _OTHER_CALIBRATION)
