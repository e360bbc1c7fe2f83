"""sim_telarray files as batches of events."""

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Annotated, Self

import pyarrow as pa

from cta_columnar.config import source as options
from cta_columnar.errors import UserError
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.options import Option
from cta_columnar.remote import location
from cta_columnar.schemas import simulation
from cta_columnar.sources.base import (
    BadInputError,
    Counts,
    EventBatch,
)
from cta_columnar.sources.decompression import StreamError, peek
from cta_columnar.sources.sections import Section
from cta_columnar.sources.simtel.batcher import Batcher, Selection
from cta_columnar.sources.simtel.builder import BatchBuilder
from cta_columnar.sources.simtel.group import Limits
from cta_columnar.sources.simtel.header_blocks import (
    HeaderError,
)
from cta_columnar.sources.simtel.memory import Pool
from cta_columnar.sources.simtel.opening import open_reading
from cta_columnar.sources.simtel.run import Run
from cta_columnar.sources.simtel.sections import sections_of

SYNC_MARKER = b"\x37\x8a\x1f\xd4"


class SimTelSource:
    """Events of a sim_telarray file; see `sources.base.EventSource`.

    Parameters
    ----------
    path : path
        File, plain or compressed by gzip or zstd.
    focal_length_choice : str
        Which focal length turns camera positions into angles, EFFECTIVE or EQUIVALENT.
    allowed_tels : tuple of int or None
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
    section : Section or None
        One of `sections`, to read only that; None: all.

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
        focal_length_choice: options.FocalLengthChoice = "EFFECTIVE",
        allowed_tels: options.AllowedTels = None,
        skip_calibration_events: options.SkipCalibrationEvents = True,
        max_events: options.MaxEvents = None,
        obs_id: options.ObsId = None,
        obs_id_offset: options.ObsIdOffset = 0,
        batch_bytes: Annotated[int, Option(unit="bytes", gt=0)] = 32 << 20,
        batch_rows: Annotated[int, Option(gt=0)] = 4096,
        low_gain_above: int | None = None,
        section: Section | None = None,
    ) -> None:
        options.check_source(allowed_tels, obs_id, obs_id_offset)
        self.path = location(path).expanduser()
        self.counts = Counts()
        self._selection = Selection(skip_calibration_events, max_events)
        self._obs_id = obs_id
        self._obs_id_offset = obs_id_offset
        above = -1 if low_gain_above is None else max(low_gain_above, 0)
        self._limits = Limits(batch_bytes, batch_rows, above)
        self._pool = Pool()
        self._has_started = False
        allowed = None if allowed_tels is None else set(allowed_tels)
        self._begin = section.begin if section else 0
        self._reading, self._stream = open_reading(
            self.path,
            focal_length_choice,
            allowed,
            self.counts,
            section,
            skips_calibration=skip_calibration_events,
        )
        try:
            self._check_subarray()
        except BaseException:
            self.close()
            raise

    def _check_subarray(self) -> None:
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
            return peek(location(path), 4) in (SYNC_MARKER, SYNC_MARKER[::-1])
        except (OSError, StreamError):
            return False

    @staticmethod
    def sections(
        path: str | os.PathLike[str], section_bytes: int | None = None
    ) -> tuple[Section, ...]:
        """Return the sections of a file, see `sources.base.sections_of`."""
        return sections_of(location(path), section_bytes)

    @property
    def subarray(self) -> SubarrayDescription:
        """The telescopes that are read."""
        return self._reading.runs[0].subarray

    @property
    def bytes_read(self) -> int:
        """Decompressed bytes so far; headers count once, in the first section."""
        return self._stream.n_read

    @property
    def position(self) -> int:
        """Bytes so far; at the end, the size of the file or section."""
        return self._stream.position - self._begin

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

    @property
    def warnings(self) -> list[str]:
        """What the user should look at; complete at the end of the file."""
        found = [run.warning for run in self._reading.runs if run.has_begun]
        return [f"{self.path}: {each}" for each in found if each]

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
        """Batches of one run after the other; what is whole comes before an error."""
        run: Run | None = None
        batcher: Batcher | None = None
        try:
            for stretch in self._reading.stretches():
                if batcher is None or stretch.run is not run:
                    yield from batcher.rest() if batcher else ()
                    run = stretch.run
                    batcher = self._new_batcher(run)
                yield from batcher.take(stretch)
                if self.counts.array_events == self._selection.max_events:
                    break
        except BadInputError:
            yield from batcher.rest() if batcher else ()
            raise
        yield from batcher.rest() if batcher else ()

    def _new_batcher(self, run: Run) -> Batcher:
        if run.subarray != self.subarray:
            number = run.headers.run_number
            raise self._reading.bad(0, f"run {number} has another array than the first")
        if self._obs_id is not None and run is not self._reading.runs[0]:
            raise self._reading.bad(0, "several runs cannot share one obs_id")
        builder = BatchBuilder(
            run.subarray,
            run.telescopes.tel_id,
            self._obs_id_of(run),
            self._limits,
            self._pool,
        )
        return Batcher(run, builder, self._reading, self._selection, self.counts)

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
