"""Go through a sim_telarray file, window after window."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cta_columnar.array_types import I8
from cta_columnar.instrument.optics import FocalLengthChoice
from cta_columnar.kernels.simtel import block_types, codes
from cta_columnar.kernels.simtel.block_table import BEGIN, END, ID, PARENT, TYPE
from cta_columnar.kernels.simtel.showers import SHOWER, showers
from cta_columnar.sources.base import BadInputError, Counts
from cta_columnar.sources.simtel.chunks import Chunks
from cta_columnar.sources.simtel.contradictions import first_contradiction
from cta_columnar.sources.simtel.event_reader import EventReader
from cta_columnar.sources.simtel.event_table import EventTable, describe
from cta_columnar.sources.simtel.header_blocks import (
    COLD_BLOCKS,
    SKIPPED_BLOCKS,
    HeaderError,
)
from cta_columnar.sources.simtel.headers import RunHeaders
from cta_columnar.sources.simtel.run import Run
from cta_columnar.sources.simtel.window import Window, look

# By block type.
_IS_COLD = np.zeros(1 << 16, np.bool_)
_IS_COLD[list(COLD_BLOCKS | SKIPPED_BLOCKS)] = True


@dataclass(frozen=True)
class Stretch:
    """Array events between two header blocks.

    Attributes
    ----------
    run : Run
        Their run.
    blocks : int64[:, 7]
        Blocks of the buffer.
    table : EventTable
        The events.
    """

    run: Run
    blocks: I8
    table: EventTable


class Reading:
    """Reads header blocks and array events in file order.

    Parameters
    ----------
    path : Path
        For errors.
    chunks : Chunks
        The decompressed content.
    choice : str
        Focal length to use.
    allowed_tels : set of int or None
        Telescopes to read; None for all.
    counts : Counts
        Where events are counted.
    """

    def __init__(
        self,
        path: Path,
        chunks: Chunks,
        choice: FocalLengthChoice,
        allowed_tels: set[int] | None,
        counts: Counts,
    ) -> None:
        self._path = path
        self.chunks = chunks
        self._choice = choice
        self._allowed = allowed_tels
        self._counts = counts
        self._headers_done = 0
        self._window: Window | None = None
        self.runs = [Run(RunHeaders(), choice, allowed_tels)]

    @property
    def run(self) -> Run:
        """The run that is being read."""
        return self.runs[-1]

    def bad(self, position: int, message: str) -> BadInputError:
        """Error for a byte of the buffer."""
        events_read = self._counts.array_events_read
        return BadInputError(
            self._path, self.chunks.offset + position, message, events_read
        )

    def read_headers(self) -> None:
        """Read up to where the telescopes are described, or to the end.

        Raises
        ------
        BadInputError
            If the file is damaged before.
        """
        self._move(0)
        while True:
            window = self._look()
            events = np.flatnonzero(window.blocks[:, TYPE] == block_types.ARRAY_EVENT)
            for row in self._cold(window):
                if self.run.headers.complete or (events.size and events[0] < row):
                    break
                self._add_header(window.blocks, int(row))
            if self.run.headers.complete:
                return
            if window.problem is not None:
                raise self.bad(window.problem.position, window.problem.message)
            if events.size:
                position = int(window.blocks[events[0], BEGIN])
                raise self.bad(position, self._incomplete())
            if window.at_end:
                return
            self._move(window.consumed)

    def _incomplete(self) -> str:
        if not self.run.has_begun:
            return "there is an array event before any run header"
        missing = ", ".join(map(str, self.run.headers.missing))
        return f"telescopes {missing} of the run header are not described"

    def _move(self, consumed: int) -> None:
        self._window = None
        try:
            self.chunks.advance(consumed)
        except MemoryError as error:
            raise self.bad(0, f"one array event takes {error}") from error

    def _look(self) -> Window:
        if self._window is None:
            self._window = self._without_contradictions(look(self.chunks))
        return self._window

    def _without_contradictions(self, window: Window) -> Window:
        """Let the window end before the first block that cannot be."""
        found = first_contradiction(self.chunks.data, window.blocks, self.run.carried)
        if found is None:
            return window
        code, row = found
        problem = describe(window.blocks, code, row)
        # An array event without its last blocks would look whole.
        while window.blocks[row, PARENT] >= 0:
            row = int(window.blocks[row, PARENT])
        return replace(window, blocks=window.blocks[:row], problem=problem)

    def _cold(self, window: Window) -> I8:
        """Rows of header blocks that have not been read."""
        tops = window.tops
        is_cold = _IS_COLD[window.blocks[tops, TYPE]]
        is_new = window.blocks[tops, BEGIN] + self.chunks.offset >= self._headers_done
        rows: I8 = tops[is_cold & is_new]
        return rows

    def _add_header(self, blocks: I8, row: int) -> None:
        block = blocks[row]
        begin, end = int(block[BEGIN]), int(block[END])
        block_type = int(block[TYPE])
        try:
            if block_type == block_types.RUN_HEADER and self.run.has_begun:
                self._next_run()
            data = self.chunks.data[begin:end].tobytes()
            self.run.add(block_type, int(block[ID]), data)
        except HeaderError as error:
            raise self.bad(begin, str(error)) from error
        self._headers_done = self.chunks.offset + end

    def _next_run(self) -> None:
        if not self.run.headers.complete:
            raise HeaderError(block_types.RUN_HEADER, self._incomplete())
        headers = self.run.headers.following()
        self.runs.append(Run(headers, self._choice, self._allowed))

    def stretches(self) -> Iterator[Stretch]:
        """Array events, as long as the file is good.

        Raises
        ------
        BadInputError
            Where it is not.
        """
        while True:
            window = self._look()
            yield from self._stretches_of(window)
            if window.problem is not None:
                raise self.bad(window.problem.position, window.problem.message)
            if window.at_end:
                return
            self._carry(window)
            self._move(window.consumed)

    def _stretches_of(self, window: Window) -> Iterator[Stretch]:
        blocks = window.blocks
        events = np.flatnonzero(blocks[:, TYPE] == block_types.ARRAY_EVENT)
        table: EventTable | None = None
        first = 0
        for cold in [*self._cold(window).tolist(), len(blocks)]:
            last = int(np.searchsorted(events, cold))
            if last > first:
                table = table or self._events(blocks, int(events[first]))
                whole = min(last, len(table))
                yield Stretch(self.run, blocks, table.slice(first, whole))
                if whole < last and table.problem is not None:
                    raise self.bad(table.problem.position, table.problem.message)
                first = last
            if cold < len(blocks):
                self._add_header(blocks, cold)

    def _events(self, blocks: I8, row: int) -> EventTable:
        if not self.run.headers.complete:
            raise self.bad(int(blocks[row, BEGIN]), self._incomplete())
        reader = EventReader(
            self.chunks.data,
            blocks,
            self.run.telescopes,
            self.run.carried,
            self.run.has_true_image,
        )
        table = reader.read()
        carried = self.run.carried
        self.run.carried = replace(carried, has_sums=reader.has_sums)
        for reason, number in table.dropped.items():
            self._counts.drop(reason, number)
        return table

    def _carry(self, window: Window) -> None:
        """Keep the last shower, which may be that of later events, too."""
        blocks = window.blocks
        is_left = blocks[:, BEGIN] < window.consumed
        rows = np.flatnonzero((blocks[:, TYPE] == block_types.MC_SHOWER) & is_left)
        if not rows.size:
            return
        values = np.zeros((1, len(SHOWER)))
        _, code = showers(self.chunks.data, blocks, rows[-1:], values)
        if code != codes.OK:
            position = int(blocks[rows[-1], BEGIN])
            raise self.bad(position, codes.MESSAGES[code])
        shower_id = int(blocks[rows[-1], ID])
        self.run.carried = replace(
            self.run.carried, shower_id=shower_id, values=values[0]
        )
