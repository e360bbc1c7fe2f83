"""Array triggers of a buffer, and what they say about telescope events."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F4, I2, I8, U1, U4, Mask
from cta_columnar.kernels.simtel import block_table
from cta_columnar.kernels.simtel.matching import check_complete, match_triggers
from cta_columnar.kernels.simtel.telescope_events import N_TEL_IDS
from cta_columnar.kernels.simtel.trigger import (
    N_TRIGGER_TYPES,
    count_triggers,
    triggers,
)
from cta_columnar.schemas.event_types import EventType
from cta_columnar.sources.simtel.event_table import Telescopes
from cta_columnar.sources.simtel.times import tai_ns

# Bits of the trigger mask and the event type each stands for; later ones win.
_TYPE_OF_BIT = (
    (8, EventType.LONG_EVENT),
    (9, EventType.MUON),
    (10, EventType.RANDOM_MONO),
)


def event_types(mask: U4) -> U1:
    """Event types of telescope events by their trigger mask."""
    types = np.full(mask.size, EventType.SUBARRAY, np.uint8)
    for bit, event_type in _TYPE_OF_BIT:
        types[mask >> bit & 1 == 1] = event_type
    return types


@dataclass(frozen=True)
class Triggers:
    """Trigger blocks of ``n`` array events.

    Attributes
    ----------
    time : int64[n]
        Time of the array trigger, TAI, ns since 1970.
    has_lists : bool[n]
        Whether the version of the block lists telescopes.
    triggered, with_data : int64[n + 1]
        Where the telescopes of each event start.
    tel_id : int16[t]
        Telescopes that triggered.
    delay : float32[t]
        Their times after the array trigger, ns.
    mask : uint32[t]
        Their trigger masks.
    data_id : int16[d]
        Telescopes with data.
    result : tuple of int
        Blocks that were decoded, and the code for the next one.
    """

    time: I8
    has_lists: Mask
    triggered: I8
    with_data: I8
    tel_id: I2
    delay: F4
    mask: U4
    data_id: I2
    result: tuple[int, int]

    @classmethod
    def read(cls, data: U1, blocks: I8, rows: I8) -> "Triggers":
        """Decode the trigger blocks in these rows of the block table."""
        triggered, with_data, done, code = count_triggers(data, blocks, rows)
        n = int(triggered[-1])
        times = np.zeros((rows.size, 4), np.int64)
        tel_id, delay = np.zeros(n, np.int16), np.zeros(n, np.float32)
        mask, by_type = np.zeros(n, np.uint32), np.zeros((n, N_TRIGGER_TYPES), "f4")
        data_id = np.zeros(int(with_data[-1]), np.int16)
        out = (times, tel_id, delay, mask, by_type, data_id)
        result = triggers(data, blocks, rows[:done], triggered, with_data, *out)
        return cls(
            time=tai_ns(times[:, 2], times[:, 3]),
            has_lists=blocks[rows, block_table.VERSION] > 0,
            triggered=triggered,
            with_data=with_data,
            tel_id=tel_id,
            delay=delay,
            mask=mask,
            data_id=data_id,
            result=result if result[0] < done else (done, code),
        )

    def check_complete(
        self, starts: I8, tel_id: I8, telescopes: Telescopes
    ) -> tuple[int, int]:
        """Check that the listed telescopes have telescope events.

        Returns
        -------
        done, code : int
            Array events without error, and the code for the next one.
        """
        is_wanted = telescopes.index >= 0
        return check_complete(starts, tel_id, self.with_data, self.data_id, is_wanted)

    def of_telescopes(self, starts: I8, tel_id: I8) -> tuple[F4, U4, Mask]:
        """Delay, mask and whether there is a trigger, for each telescope event.

        Where the block lists no telescopes all are taken to have triggered, at the
        time of the array trigger.
        """
        entry = np.zeros(tel_id.size, np.int64)
        match_triggers(starts, tel_id, self.triggered, self.tel_id, entry)
        event = np.repeat(np.arange(starts.size - 1), np.diff(starts))
        is_triggered = (entry >= 0) | ~self.has_lists[event]
        delay = np.append(self.delay, np.float32(0))[entry]
        mask = np.append(self.mask, np.uint32(0))[entry]
        return delay, mask, is_triggered

    def wanted(self, telescopes: Telescopes) -> tuple[I8, I2]:
        """Triggered telescopes that are read, and where those of each event start."""
        ids = self.tel_id.astype(np.int64) % N_TEL_IDS
        is_wanted = telescopes.index[ids] >= 0
        before = np.concatenate([[0], np.cumsum(is_wanted)])
        return before[self.triggered], self.tel_id[is_wanted]
