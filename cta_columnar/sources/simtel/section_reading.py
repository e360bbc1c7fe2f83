"""Go through a section of a sim_telarray file."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cta_columnar.array_types import I8
from cta_columnar.instrument.optics import FocalLengthChoice
from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel.block_table import BEGIN, TYPE
from cta_columnar.kernels.simtel.block_types import HISTOGRAMS, HISTORY, HISTORY_META
from cta_columnar.sources.base import BadInputError, Counts
from cta_columnar.sources.sections import Section
from cta_columnar.sources.simtel.chunks import Chunks
from cta_columnar.sources.simtel.header_blocks import SKIPPED_BLOCKS
from cta_columnar.sources.simtel.reading import Reading, Stretch

# Blocks that say nothing about the events of another section.
_HARMLESS = SKIPPED_BLOCKS | {HISTORY, HISTORY_META}
_REMEDY = (
    "which other parts of the file would have to know of: read it as a whole, "
    "compressed in one frame (zstd -dc FILE | zstd > NEW)"
)


class SectionReading(Reading):
    """Reads the headers of a file, then one of its sections.

    Parameters
    ----------
    path, choice, allowed_tels, counts
        As for `Reading`.
    chunks : Chunks
        The section; where it is the first one, the headers are in it.
    section : Section
        Which.
    skips_calibration : bool
        Nobody asks for the ids of calibration events, which are counted from the
        beginning of the file.
    """

    def __init__(
        self,
        path: Path,
        chunks: Chunks,
        choice: FocalLengthChoice,
        allowed_tels: set[int] | None,
        counts: Counts,
        section: Section,
        *,
        skips_calibration: bool,
    ) -> None:
        super().__init__(path, chunks, choice, allowed_tels, counts)
        self._may_count = skips_calibration or section.is_first
        self._own = chunks
        self._section = section

    def bad(self, position: int, message: str) -> BadInputError:
        """Error for a byte of the buffer."""
        error = super().bad(position, message)
        since = self._section.offset if self.chunks is self._own else 0
        return BadInputError(
            error.path, error.offset, error.message, error.events_read, since
        )

    def read_headers_from(self, headers: Chunks) -> None:
        """Read all headers, which are not in the section.

        Raises
        ------
        BadInputError
            If the file is damaged there.
        """
        self.chunks = headers
        self.read_headers()
        while True:
            window = self._look()
            # Array events between them belong to the first section.
            for row in self._cold(window):
                self._add_header(window.blocks, int(row))
            if window.problem is not None:
                raise self.bad(window.problem.position, window.problem.message)
            if window.at_end:
                break
            self._move(window.consumed)
        self.chunks = self._own
        self._move(0)

    def _add_header(self, blocks: I8, row: int) -> None:
        block_type, begin = int(blocks[row, TYPE]), int(blocks[row, BEGIN])
        is_behind = self.chunks.offset + begin >= self._section.headers_size
        is_end = block_type == HISTOGRAMS and self._section.is_last
        if is_behind and not is_end and block_type not in _HARMLESS:
            what = f"there is a block of type {block_type} between events, {_REMEDY}"
            raise self.bad(begin, what)
        super()._add_header(blocks, row)

    def stretches(self) -> Iterator[Stretch]:
        """Array events, as long as the file is good.

        Raises
        ------
        BadInputError
            Where it is not, or has calibration events behind the first section that are
            not skipped: their ids would depend on those before.
        """
        for stretch in super().stretches():
            is_calibration = stretch.table.calibration != array.NOT_CALIBRATION
            if is_calibration.any() and not self._may_count:
                row = stretch.table.block[int(np.argmax(is_calibration))]
                what = f"there is a calibration event between showers, {_REMEDY}"
                raise self.bad(int(stretch.blocks[row, BEGIN]), what)
            yield stretch
