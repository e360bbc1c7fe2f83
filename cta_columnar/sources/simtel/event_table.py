"""All array events of a buffer as columns."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I2, I4, I8, U1, Mask
from cta_columnar.kernels.simtel import block_table, codes

# How many array events to keep, a code, and the row of the block it is about.
Stop = tuple[int, int, int]


@dataclass(frozen=True)
class Telescopes:
    """Telescopes of the run header, and which of them are read.

    Attributes
    ----------
    tel_id : int64[t]
        Ids, in the order of the run header.
    n_pixels : int64[t]
        Pixels of their cameras.
    index : int64[i]
        Row of telescope ``i`` in the run header, or a mark of
        ``kernels.simtel.telescope_events``.
    """

    tel_id: I8
    n_pixels: I8
    index: I8


@dataclass(frozen=True)
class Problem:
    """What is wrong with the first bad block.

    Attributes
    ----------
    position : int
        Its first byte in the buffer.
    message : str
        What is wrong.
    """

    position: int
    message: str


def describe(blocks: I8, code: int, row: int) -> Problem:
    """Say what is wrong with a block."""
    block = blocks[row]
    message = (
        f"{codes.MESSAGES[code]} (block of type {block[block_table.TYPE]}, version "
        f"{block[block_table.VERSION]}, id {block[block_table.ID]})"
    )
    return Problem(int(block[block_table.BEGIN]), message)


@dataclass
class TelEvents:
    """Telescope events, one row each.

    Attributes
    ----------
    event : int64[k]
        Row of the array event.
    telescope : int64[k]
        Row of the telescope in the run header.
    samples, sums, true_image : int64[k]
        Rows of these blocks in the block table; -1 for none.
    time : int64[k]
        Trigger time, TAI, ns since 1970.
    time_qns : uint8[k]
        Quarters of a ns to add.
    event_type : uint8[k]
        By the trigger mask.
    pointing : float64[k, 2]
        Altitude and azimuth, deg.
    n_trigger_pixels, true_image_sum : int32[k]
        -1 where unknown.
    """

    event: I8
    telescope: I8
    samples: I8
    sums: I8
    true_image: I8
    time: I8
    time_qns: U1
    event_type: U1
    pointing: F8
    n_trigger_pixels: I4
    true_image_sum: I4

    def take(self, selection: Mask) -> "TelEvents":
        """Rows where ``selection`` holds."""
        return TelEvents(*(column[selection] for column in vars(self).values()))


@dataclass
class EventTable:
    """Array events of a buffer, and their telescope events.

    Attributes
    ----------
    block : int64[n]
        Row of the array event in the block table.
    event_id : int64[n]
        Id; 0 for calibration events.
    calibration : int64[n]
        Type of a calibration event, see ``kernels.simtel.array_events``.
    time : int64[n]
        Time of the array trigger, TAI, ns since 1970.
    shower : float64[n, 9]
        Columns of ``SHOWER`` in ``kernels.simtel.showers`` but angles in deg, then the
        core position to the north and to the west, m; NaN for calibration events.
    triggered : int64[n + 1]
        Where the triggered telescopes of each event start.
    triggered_id : int16[t]
        Triggered telescopes that are read.
    starts : int64[n + 1]
        Where the telescope events of each event start.
    has_images : bool[n]
        Whether there was any telescope event, those left out included.
    telescopes : TelEvents
        Telescope events.
    dropped : dict of str to int
        Telescope events left out, by reason.
    problem : Problem or None
        Why there are no more events, if that is an error.
    """

    block: I8
    event_id: I8
    calibration: I8
    time: I8
    shower: F8
    triggered: I8
    triggered_id: I2
    starts: I8
    has_images: Mask
    telescopes: TelEvents
    dropped: dict[str, int]
    problem: Problem | None

    def __len__(self) -> int:
        return self.block.size

    def select(self, is_kept: Mask) -> "EventTable":
        """Array events where ``is_kept`` holds, with their telescope events."""
        of_tel = is_kept[self.telescopes.event]
        telescopes = self.telescopes.take(of_tel)
        telescopes.event = (np.cumsum(is_kept) - 1)[telescopes.event]
        n_triggered = np.diff(self.triggered)
        of_trigger = np.repeat(is_kept, n_triggered)
        return EventTable(
            block=self.block[is_kept],
            event_id=self.event_id[is_kept],
            calibration=self.calibration[is_kept],
            time=self.time[is_kept],
            shower=self.shower[is_kept],
            triggered=starts_of(n_triggered[is_kept]),
            triggered_id=self.triggered_id[of_trigger],
            starts=starts_of(np.diff(self.starts)[is_kept]),
            has_images=self.has_images[is_kept],
            telescopes=telescopes,
            dropped=self.dropped,
            problem=self.problem,
        )

    def slice(self, first: int, last: int) -> "EventTable":
        """Array events from ``first`` on, up to ``last`` excluded."""
        row = np.arange(len(self))
        return self.select((row >= first) & (row < last))


def starts_of(counts: I8) -> I8:
    """Where each of some consecutive lists starts, by their lengths."""
    return np.concatenate([[0], np.cumsum(counts)])
