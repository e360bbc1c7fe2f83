"""Decode everything but the images of the array events in a buffer."""

from collections.abc import Iterable

import numpy as np

from cta_columnar.array_types import F8, I8, U1, Mask
from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel import block_types, codes
from cta_columnar.kernels.simtel import showers as simulated
from cta_columnar.kernels.simtel import telescope_events as tel
from cta_columnar.kernels.simtel.block_table import TYPE
from cta_columnar.kernels.simtel.telescope_blocks import (
    GLOB_COUNT,
    HEADER,
    LOC_COUNT,
    headers,
    pixel_list_lengths,
)
from cta_columnar.kernels.simtel.tracking import (
    tracking,
)
from cta_columnar.kernels.simtel.true_image_links import link_true_images
from cta_columnar.sources.simtel.event_ids import (
    check_counts,
    check_sums,
    event_ids,
)
from cta_columnar.sources.simtel.event_table import (
    EventTable,
    Problem,
    Stop,
    Telescopes,
    TelEvents,
    describe,
    starts_of,
)
from cta_columnar.sources.simtel.pointing import altitude_azimuth
from cta_columnar.sources.simtel.times import add_quarters, are_possible
from cta_columnar.sources.simtel.triggers import Triggers, event_types
from cta_columnar.sources.simtel.truth import Carried, read_truth

# Without a true image, one with more photo-electrons was dropped for its size.
BRIGHT = 1_000_000


class EventReader:
    """Reads the array events of one buffer.

    Parameters
    ----------
    data : uint8[:]
        The buffer.
    blocks : int64[:, 7]
        Its blocks, see `framing.walk`.
    telescopes : Telescopes
        Telescopes of the run.
    carried : Carried
        What came before the buffer.
    has_true_image : bool
        Whether the simulation kept true images.
    """

    def __init__(
        self,
        data: U1,
        blocks: I8,
        telescopes: Telescopes,
        carried: Carried,
        has_true_image: bool,
    ) -> None:
        self._data = data
        self._blocks = blocks
        self._telescopes = telescopes
        self._carried = carried
        self._has_true_image = has_true_image
        self._problem: Problem | None = None
        self._events, code = array.array_events(blocks, carried.values is not None)
        self._n = len(self._events)
        if code != codes.OK:
            of_events = np.flatnonzero(blocks[:, TYPE] == block_types.ARRAY_EVENT)
            self._problem = describe(self._blocks, code, int(of_events[self._n]))
        self._rows, self._starts, done, code, where = tel.telescope_events(
            blocks, self._events, telescopes.index
        )
        self._stop(done, code, where)
        done, code, where = link_true_images(
            blocks, self._events, self._starts, telescopes.index, self._rows
        )
        self._stop(done, code, where)

    def _stop(self, n: int, code: int, row: int) -> None:
        """If there is an error, keep no more than ``n`` array events."""
        if code != codes.OK and n < self._n:
            self._n = n
            self._problem = describe(self._blocks, code, row)

    def _stop_all(self, stops: Iterable[Stop]) -> None:
        for stop in stops:
            self._stop(*stop)

    def _stop_event(self, column: int, result: tuple[int, int]) -> None:
        """As `_stop`, for the result of a kernel that went over array events."""
        done, code = result
        if code != codes.OK:
            self._stop(done, code, int(self._events[done, column]))

    def _stop_row(self, column: int, result: tuple[int, int]) -> None:
        """As `_stop`, for the result of a kernel that went over telescope events."""
        done, code = result
        if code != codes.OK:
            event = int(self._rows[done, tel.EVENT])
            self._stop(event, code, int(self._rows[done, column]))

    def read(self) -> EventTable:
        """Decode array events up to the first bad one."""
        events = self._events
        tel_id = self._telescopes.tel_id[self._rows[:, tel.TELESCOPE]]
        triggers = Triggers.read(self._data, self._blocks, events[:, array.TRIGGER])
        self._stop_event(array.TRIGGER, triggers.result)
        complete = triggers.check_complete(self._starts, tel_id, self._telescopes)
        self._stop_event(array.TRIGGER, complete)
        event_id, stops = event_ids(self._blocks, events)
        self._stop_all(stops)
        self.has_sums, stops = check_sums(events, self._carried.has_sums)
        self._stop_all(stops)
        shower = self._showers()
        telescopes, is_kept, dropped = self._tel_events(triggers, tel_id)
        n = self._n
        is_kept &= telescopes.event < n
        kept = telescopes.take(is_kept)
        triggered, triggered_id = triggers.wanted(self._telescopes)
        return EventTable(
            block=events[:n, array.BLOCK],
            event_id=event_id[:n],
            calibration=events[:n, array.CALIBRATION],
            time=triggers.time[:n],
            shower=shower[:n],
            triggered=triggered[: n + 1],
            triggered_id=triggered_id[: triggered[n]],
            starts=starts_of(np.bincount(kept.event, minlength=n)),
            has_images=np.diff(self._starts)[:n] > 0,
            telescopes=kept,
            dropped={
                reason: int((mask & (telescopes.event < n)).sum())
                for reason, mask in dropped.items()
            },
            problem=self._problem,
        )

    def _showers(self) -> F8:
        """Truth of array events, see `truth.read_truth`."""
        values, problems = read_truth(
            self._data, self._blocks, self._events, self._carried
        )
        self._stop_all(problems)
        return values

    def _tel_events(
        self, triggers: Triggers, tel_id: I8
    ) -> tuple[TelEvents, Mask, dict[str, Mask]]:
        """All telescope events, which to keep, and why not the others."""
        data, blocks, rows = self._data, self._blocks, self._rows
        event, telescope = rows[:, tel.EVENT], rows[:, tel.TELESCOPE]
        n = len(rows)
        header = np.zeros((n, len(HEADER)))
        self._stop_row(tel.HEADER, headers(data, blocks, rows[:, tel.HEADER], header))
        counts = header[:, LOC_COUNT], header[:, GLOB_COUNT]
        self._stop_all(check_counts(blocks, self._events, rows, self._starts, *counts))
        n_pixels = np.zeros(n, np.int32)
        lists = rows[:, tel.TRIGGER_PIXELS]
        sizes = self._telescopes.n_pixels[telescope]
        self._stop_row(
            tel.TRIGGER_PIXELS,
            pixel_list_lengths(data, blocks, lists, sizes, n_pixels),
        )
        angles = np.zeros((n, 4), np.float32)
        self._stop_row(
            tel.POINTING, tracking(data, blocks, rows[:, tel.POINTING], angles)
        )
        sums = np.zeros((len(self._events), self._telescopes.tel_id.size), np.int32)
        self._stop_event(
            array.PE_SUM,
            simulated.photo_electron_sums(
                data, blocks, self._events[:, array.PE_SUM], sums
            ),
        )
        delay, mask, is_triggered = triggers.of_telescopes(self._starts, tel_id)
        is_bad = ~are_possible(delay)
        if is_bad.any():
            bad = int(event[is_bad.argmax()])
            self._stop_event(array.TRIGGER, (bad, codes.BAD_VALUE))
        time, quarters = add_quarters(triggers.time[event], delay)
        true_sum = sums[event, telescope]
        has_image = rows[:, tel.TRUE_IMAGE] >= 0
        too_bright = self._has_true_image & ~has_image & (true_sum > BRIGHT)
        columns = TelEvents(
            event=event,
            telescope=telescope,
            samples=rows[:, tel.SAMPLES],
            sums=rows[:, tel.SUMS],
            true_image=rows[:, tel.TRUE_IMAGE],
            time=time,
            time_qns=quarters,
            event_type=event_types(mask),
            pointing=altitude_azimuth(angles),
            n_trigger_pixels=n_pixels,
            true_image_sum=true_sum,
        )
        dropped = {
            "telescope event without a trigger": ~is_triggered,
            "very bright telescope event without its true image": too_bright
            & is_triggered,
        }
        return columns, is_triggered & ~too_bright, dropped
