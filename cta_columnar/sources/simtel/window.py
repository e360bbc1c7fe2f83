"""What lies in the buffer, and how much of it can be left behind."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import I8
from cta_columnar.kernels.simtel import block_types, codes
from cta_columnar.kernels.simtel.block_table import BEGIN, PARENT, TYPE
from cta_columnar.kernels.simtel.framing import walk
from cta_columnar.sources.simtel.chunks import Chunks
from cta_columnar.sources.simtel.event_table import Problem

_EVENTS = (block_types.ARRAY_EVENT, block_types.CALIBRATION_EVENT)
# They begin what belongs to the next array event.
_OPENERS = (block_types.MC_EVENT, block_types.CALIBRATION_PE)


@dataclass(frozen=True)
class Window:
    """Blocks of the buffer that are to be read now.

    Attributes
    ----------
    blocks : int64[:, 7]
        Blocks, see `framing.walk`.
    consumed : int
        Bytes that are done with after that.
    problem : Problem or None
        Why the file cannot be read beyond.
    at_end : bool
        Whether nothing follows.
    """

    blocks: I8
    consumed: int
    problem: Problem | None
    at_end: bool

    @property
    def tops(self) -> I8:
        """Rows of the blocks that are not in others."""
        return np.flatnonzero(self.blocks[:, PARENT] < 0)


def look(chunks: Chunks) -> Window:
    """Find the blocks of the buffer; a run header ends the window before it."""
    blocks, done, needed, code, position = walk(chunks.data, chunks.n_valid)
    runs = np.flatnonzero(blocks[1:, TYPE] == block_types.RUN_HEADER) + 1
    if runs.size:
        done = int(blocks[runs[0], BEGIN])
        return Window(blocks[: runs[0]], done, None, at_end=False)
    if code != codes.OK:
        return Window(blocks, done, Problem(position, codes.MESSAGES[code]), True)
    if chunks.at_end:
        return Window(blocks, done, _cut_short(chunks, done, needed), at_end=True)
    return Window(blocks, _boundary(blocks, done), None, at_end=False)


def _boundary(blocks: I8, done: int) -> int:
    """End of what no later array event needs."""
    of_top = np.where(blocks[:, PARENT] < 0, blocks[:, TYPE], -1)
    opener = _last(of_top, _OPENERS)
    return int(blocks[opener, BEGIN]) if opener > _last(of_top, _EVENTS) else done


def _last(block_types: I8, wanted: tuple[int, int]) -> int:
    """Last row with one of two types; -1 if there is none."""
    rows = np.flatnonzero((block_types == wanted[0]) | (block_types == wanted[1]))
    return int(rows[-1]) if rows.size else -1


def _cut_short(chunks: Chunks, done: int, needed: int) -> Problem | None:
    """Say how the file ends, if not well."""
    left = chunks.n_valid - done
    if chunks.error is not None:
        return Problem(chunks.n_valid, f"damaged file: {chunks.error}")
    if not left:
        return None
    size = f" of {needed} bytes" if needed else ""
    return Problem(done, f"the file ends after {left} bytes of a block{size}")
