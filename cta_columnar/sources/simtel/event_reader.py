"""Decode everything but the images of the array events in a buffer."""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel import codes, framing
from cta_columnar.kernels.simtel import showers as simulated
from cta_columnar.kernels.simtel import telescope_events as tel
from cta_columnar.kernels.simtel.telescope_blocks import (
    HEADER,
    headers,
    pixel_list_lengths,
    tracking,
)
from cta_columnar.kernels.simtel.true_image_links import link_true_images
from cta_columnar.sources.simtel.event_table import (
    EventTable,
    Ints,
    Problem,
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
        data: NDArray[np.uint8],
        blocks: Ints,
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
            of_events = np.flatnonzero(blocks[:, framing.TYPE] == framing.ARRAY_EVENT)
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
        event_id = self._event_ids()
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

    def _event_ids(self) -> Ints:
        """Ids of array events, which must be those of their simulated events."""
        events = self._events
        ids = self._blocks[:, framing.ID]
        of_trigger, of_event = (
            ids[events[:, array.TRIGGER]],
            ids[events[:, array.BLOCK]],
        )
        # In old files only that of the trigger is right, in others it is missing.
        event_id = np.where(of_trigger != 0, of_trigger, of_event)
        is_shower = events[:, array.CALIBRATION] == array.NOT_CALIBRATION
        for column in (array.MC_EVENT, array.PE_SUM, array.PE_DATA):
            row = events[:, column]
            is_wrong = is_shower & (row >= 0) & (ids[row] != event_id)
            if is_wrong.any():
                self._stop_event(column, (int(is_wrong.argmax()), codes.WRONG_EVENT))
        has_sums = events[is_shower, array.PE_SUM] >= 0
        self.has_sums = self._carried.has_sums
        if self.has_sums is None and has_sums.size:
            self.has_sums = bool(has_sums[0])
        if (has_sums != self.has_sums).any():
            # The first without is bad, even if it was taken for the rule.
            event = np.flatnonzero(is_shower)[int(has_sums.argmin())]
            self._stop_event(array.BLOCK, (int(event), codes.NO_PE_SUM))
        return np.where(is_shower, event_id, 0)

    def _check_counts(self, counts: NDArray[np.float64]) -> None:
        """Check the ids of telescope and array events by the counts in their headers.

        The telescope's own count comes first, then that of the array.
        """
        ids, event = self._blocks[:, framing.ID], self._rows[:, tel.EVENT]
        of_event = ids[self._events[:, array.BLOCK]]
        of_trigger = ids[self._events[:, array.TRIGGER]]
        of_tel = ids[self._rows[:, tel.TEL_BLOCK]]
        is_wrong = (of_tel != counts[:, 1]) & (of_tel != of_trigger[event])
        if is_wrong.any():
            first = int(is_wrong.argmax())
            self._stop_row(tel.TEL_BLOCK, (first, codes.WRONG_EVENT))
        is_shower = self._events[:, array.CALIBRATION] == array.NOT_CALIBRATION
        is_right = (of_event == of_trigger) | (is_shower & (of_trigger == 0))
        # With a single telescope its own count numbers the array events, too.
        is_right[event[of_event[event] == counts[:, 0]]] = True
        is_wrong = ~is_right & (np.diff(self._starts) > 0)
        if is_wrong.any():
            self._stop_event(array.BLOCK, (int(is_wrong.argmax()), codes.WRONG_EVENT))

    def _showers(self) -> NDArray[np.float64]:
        """Truth of array events, see `truth.read_truth`."""
        values, problems = read_truth(
            self._data, self._blocks, self._events, self._carried
        )
        for problem in problems:
            self._stop(*problem)
        return values

    def _tel_events(
        self, triggers: Triggers, tel_id: Ints
    ) -> tuple[TelEvents, NDArray[np.bool_], dict[str, NDArray[np.bool_]]]:
        """All telescope events, which to keep, and why not the others."""
        data, blocks, rows = self._data, self._blocks, self._rows
        event, telescope = rows[:, tel.EVENT], rows[:, tel.TELESCOPE]
        n = len(rows)
        header = np.zeros((n, len(HEADER)))
        self._stop_row(tel.HEADER, headers(data, blocks, rows[:, tel.HEADER], header))
        self._check_counts(header[:, :2])
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
