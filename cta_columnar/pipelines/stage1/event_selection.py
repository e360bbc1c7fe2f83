"""The array trigger in software, and the choice of event types, on batches."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I8, AnyArray, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.config import EventSelectionConfig
from cta_columnar.config.choice import TelescopeRule, without_number
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.stage1.pointing import event_positions
from cta_columnar.schemas import dl1
from cta_columnar.schemas.event_types import CALIBRATION_TYPES, EventType
from cta_columnar.sources.base import EventBatch
from cta_columnar.stages.event_selection import software_trigger, telescopes_per_group
from cta_columnar.stages.selection import Selection

STAGE = "event_selection"


class EventSelection:
    """Leaves out array events, and telescopes of some, before anything is computed.

    Telescope types that differ in no more than the number behind their name count
    together: LST-1 of prod6 is an LST like the others.

    Parameters
    ----------
    config : EventSelectionConfig
        What is asked for.
    subarray : SubarrayDescription
        The telescopes.
    """

    def __init__(
        self, config: EventSelectionConfig, subarray: SubarrayDescription
    ) -> None:
        self._config = config
        names = [without_number(each.name) for each in subarray.types]
        groups = list(dict.fromkeys(names))
        group_of_type = np.array([groups.index(name) for name in names], np.int32)
        self._group_of = np.zeros(subarray.tel_ids.max(initial=0) + 1, np.int32)
        self._group_of[subarray.tel_ids] = group_of_type[subarray.type_index]
        self._minimum = np.zeros(len(groups), np.int64)
        self._unmatched = []
        for pattern, minimum in config.min_telescopes_of_type.items():
            rule = TelescopeRule(pattern, None, {})
            fits = np.array([rule.matches(name, -1) for name in groups], np.bool_)
            self._minimum[fits] = minimum
            if not fits.any():
                self._unmatched.append(pattern)

    @property
    def unmatched(self) -> list[str]:
        """Patterns that fit no telescope type."""
        return [f"{STAGE}.min_telescopes_of_type: {each}" for each in self._unmatched]

    def apply(self, batch: EventBatch) -> tuple[EventBatch | None, list[pa.Table]]:
        """Select from one batch.

        Calibration events are selected by their type only: no shower triggered them.

        Returns
        -------
        batch : EventBatch or None
            What is left; None if nothing is.
        cut_flow : list of pyarrow.Table
            `schemas.dl1.CUT_FLOW`; none where nothing is asked for.
        """
        if self._config == EventSelectionConfig():
            return batch, []
        allowed = self._config.allowed_event_types
        is_allowed = allowed is None or EventType(batch.event_type).name in allowed
        if batch.event_type in CALIBRATION_TYPES:
            passed = np.full((1, batch.trigger.num_rows), is_allowed)
            flow = Selection(("allowed_event_types",), passed).cut_flow(
                STAGE, {"": slice(None)}
            )
            return (batch if is_allowed else None), [flow]
        keeps_group, triggers = self._triggered(batch)
        passed = np.stack([np.full_like(triggers, is_allowed), triggers])
        selection = Selection(("allowed_event_types", "min_telescopes"), passed)
        flows = [selection.cut_flow(STAGE, {"": slice(None)})]
        chosen = _Chosen(selection.mask, keeps_group, self._group_of)
        flows += [
            chosen.telescopes(batch, tel_type).cut_flow(STAGE, {tel_type: slice(None)})
            for tel_type in batch.telescopes
        ]
        return chosen.of(batch), flows

    def _triggered(self, batch: EventBatch) -> tuple[Mask, Mask]:
        triggered = batch.trigger["tels_with_trigger"]
        offsets = to_numpy(triggered.offsets).astype(np.int64)
        counts = telescopes_per_group(
            offsets - offsets[0],
            to_numpy(triggered.flatten()),
            self._group_of,
            self._minimum.size,
        )
        return software_trigger(counts, self._minimum, self._config.min_telescopes)


class _Chosen:
    """What is left of the events of a batch.

    Parameters
    ----------
    events : bool[e]
        Events that stay.
    keeps_group : bool[e, g]
        Telescopes that stay in each.
    group_of : int32[t]
        Group of the telescope with the id ``t``.
    """

    def __init__(self, events: Mask, keeps_group: Mask, group_of: AnyArray) -> None:
        self._events = events
        self._keeps_group = keeps_group
        self._group_of = group_of

    def telescopes(self, batch: EventBatch, tel_type: str) -> Selection:
        """Select the telescope events of a type."""
        rows = batch.telescopes[tel_type]
        event = event_positions(batch, to_numpy(rows["event_id"]))
        keeps = self._keeps_group[event, self._group_of[to_numpy(rows["tel_id"])]]
        names = ("event", "min_telescopes_of_type")
        return Selection(names, np.stack([self._events[event], keeps]))

    def of(self, batch: EventBatch) -> EventBatch | None:
        """Return what stays; None if no event does."""
        if not self._events.any():
            return None
        telescopes = {
            tel_type: rows.filter(pa.array(self.telescopes(batch, tel_type).mask))
            for tel_type, rows in batch.telescopes.items()
        }
        telescopes = {name: rows for name, rows in telescopes.items() if rows.num_rows}
        return replace(
            batch,
            trigger=self._trigger(batch, telescopes),
            showers=batch.showers.filter(pa.array(self._events)),
            telescopes=telescopes,
        )

    def _trigger(
        self, batch: EventBatch, telescopes: dict[str, pa.RecordBatch]
    ) -> pa.RecordBatch:
        """Return the rows that stay, with the telescopes that do."""
        triggered = batch.trigger["tels_with_trigger"]
        lengths = np.diff(to_numpy(triggered.offsets))
        event = np.repeat(np.arange(len(lengths)), lengths)
        ids = triggered.flatten()
        stays = self._keeps_group[event, self._group_of[to_numpy(ids)]]
        stays &= self._events[event]
        per_event = np.bincount(event[stays], minlength=len(lengths))[self._events]
        offsets = np.concatenate([[0], per_event.cumsum()]).astype(np.int32)
        columns = {
            name: batch.trigger[name].filter(pa.array(self._events))
            for name in dl1.TRIGGER.names
        }
        columns["tels_with_trigger"] = pa.ListArray.from_arrays(
            pa.array(offsets),
            ids.filter(pa.array(stays)),
            type=dl1.TRIGGER.field("tels_with_trigger").type,
        )
        columns["n_tels_with_data"] = pa.array(
            self._with_data(batch, telescopes)[self._events].astype(np.int32)
        )
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=dl1.TRIGGER)

    def _with_data(
        self, batch: EventBatch, telescopes: dict[str, pa.RecordBatch]
    ) -> I8:
        """int64[e]: telescope events that stay in each event of the batch."""
        counts = np.zeros(batch.trigger.num_rows, np.int64)
        for rows in telescopes.values():
            event = event_positions(batch, to_numpy(rows["event_id"]))
            counts += np.bincount(event, minlength=counts.size)
        return counts
