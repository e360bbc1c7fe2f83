"""Collect decoded array events into batches."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I4, I8, U1, AnyArray, Mask
from cta_columnar.arrays import to_batch
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.showers import SHOWER
from cta_columnar.schemas.dl1 import TRIGGER
from cta_columnar.schemas.event_types import EventType
from cta_columnar.schemas.simulation import SHOWERS
from cta_columnar.sources.base import EventBatch
from cta_columnar.sources.simtel.event_table import (
    EventTable,
    Problem,
    describe,
)
from cta_columnar.sources.simtel.group import Group, Limits
from cta_columnar.sources.simtel.memory import Pool
from cta_columnar.sources.simtel.truth import CORE_X, CORE_Y

# Column of `simulation.SHOWERS` -> what the kernel calls it.
_TRUTH = {
    "true_energy": "energy",
    "true_alt": "altitude",
    "true_az": "azimuth",
    "true_h_first_int": "h_first_int",
    "true_x_max": "x_max",
    "true_starting_grammage": "depth_start",
    "true_shower_primary_id": "primary_id",
}


class BatchBuilder:
    """Fills batches with the array events of one run.

    Parameters
    ----------
    subarray : SubarrayDescription
        Telescopes that are read.
    tel_id : int64[t]
        Telescopes in the order of the run header.
    obs_id : int
        Observation of all events.
    limits : Limits
        When a batch is full.
    pool : Pool
        Where to take memory from.
    """

    def __init__(
        self,
        subarray: SubarrayDescription,
        tel_id: I8,
        obs_id: int,
        limits: Limits,
        pool: Pool,
    ) -> None:
        rows = {int(i): row for row, i in enumerate(subarray.tel_ids)}
        self._tel_id = tel_id
        self._tel_index = np.array([rows.get(int(i), -1) for i in tel_id], np.int32)
        self._type_index = np.append(subarray.type_index, -1)[self._tel_index]
        self._obs_id = obs_id
        self._groups = {
            each.name: Group(
                each, int((subarray.type_index == row).sum()), limits, pool
            )
            for row, each in enumerate(subarray.types)
        }
        self._events: list[dict[str, Any]] = []
        self._showers: list[dict[str, Any]] = []
        self.event_type = EventType.SUBARRAY
        self.is_full = False

    @property
    def is_empty(self) -> bool:
        """Whether there are no events."""
        return not self._events

    def _of_groups(self, table: EventTable) -> list[tuple[Group, Mask]]:
        """Find groups with telescope events, and which rows are theirs."""
        type_index = self._type_index[table.telescopes.telescope]
        return [
            (group, type_index == row)
            for row, group in enumerate(self._groups.values())
            if (type_index == row).any()
        ]

    def fitting(self, table: EventTable) -> int:
        """Count the array events to take until the batch is full; at least 1."""
        n = len(table)
        for group, is_its in self._of_groups(table):
            rows = table.telescopes.take(is_its)
            room = group.room(rows)
            if rows.event.size >= room:
                n = min(n, int(rows.event[room - 1]) + 1)
        return n

    def add(
        self,
        data: U1,
        blocks: I8,
        table: EventTable,
        event_type: EventType,
        calibration_index: I4,
    ) -> tuple[int, Problem | None]:
        """Decode the images of array events of one type, and take the events over.

        Parameters
        ----------
        data, blocks
            Buffer and its blocks.
        table : EventTable
            Array events in it, no more than `fitting` says.
        event_type : EventType
            Their type.
        calibration_index : int32[t]
            Coefficients that hold for each telescope.

        Returns
        -------
        n : int
            Array events taken.
        problem : Problem or None
            What is wrong with the next one.
        """
        n, problem = len(table), None
        of_groups = self._of_groups(table)
        for group, is_its in of_groups:
            rows = table.telescopes.take(is_its)
            done, code, block = group.decode(data, blocks, rows)
            if code != codes.OK and rows.event[done] < n:
                n = int(rows.event[done])
                problem = describe(blocks, code, block)
        if problem is not None:
            table = table.slice(0, n)
        if n:
            self.event_type = event_type
            columns = self._tel_columns(table, calibration_index)
            for group, is_its in of_groups:
                mine = is_its[: table.telescopes.event.size]
                group.append({name: column[mine] for name, column in columns.items()})
                self.is_full |= group.is_full
            self._events.append(self._event_columns(table, event_type))
            if event_type == EventType.SUBARRAY:
                self._showers.append(self._truth(table))
        return n, problem

    def _keys(self, table: EventTable, event: I8) -> dict[str, Any]:
        return {
            "obs_id": np.full(event.size, self._obs_id, np.int64),
            "event_id": table.event_id[event],
        }

    def _tel_columns(
        self, table: EventTable, calibration_index: I4
    ) -> dict[str, AnyArray]:
        rows = table.telescopes
        event_type = rows.event_type
        if self.event_type != EventType.SUBARRAY:
            event_type = np.full(event_type.size, self.event_type, np.uint8)
        return {
            **self._keys(table, rows.event),
            "tel_id": self._tel_id[rows.telescope].astype(np.int16),
            "event_type": event_type,
            "time": rows.time.view("datetime64[ns]"),
            "time_qns": rows.time_qns,
            "tel_index": self._tel_index[rows.telescope],
            "calibration_index": calibration_index[rows.telescope],
            "pointing_alt": rows.pointing[:, 0],
            "pointing_az": rows.pointing[:, 1],
            "n_trigger_pixels": rows.n_trigger_pixels,
            "true_image_sum": rows.true_image_sum,
        }

    def _event_columns(
        self, table: EventTable, event_type: EventType
    ) -> dict[str, Any]:
        n = len(table)
        return {
            **self._keys(table, np.arange(n)),
            "event_type": np.full(n, event_type, np.uint8),
            "time": table.time.view("datetime64[ns]"),
            "time_qns": np.zeros(n, np.uint8),
            "n_triggered": np.diff(table.triggered),
            "triggered_id": table.triggered_id,
            "n_tels_with_data": np.diff(table.starts).astype(np.int32),
        }

    def _truth(self, table: EventTable) -> dict[str, Any]:
        truth = {
            name: table.shower[:, SHOWER.index(key)] for name, key in _TRUTH.items()
        }
        return {
            **self._keys(table, np.arange(len(table))),
            **truth,
            "true_shower_primary_id": truth["true_shower_primary_id"].astype(np.int32),
            "true_core_x": table.shower[:, CORE_X],
            "true_core_y": table.shower[:, CORE_Y],
        }

    def close(self, coefficients: Callable[[str], Coefficients]) -> EventBatch:
        """Return what was collected; the builder is empty again.

        Parameters
        ----------
        coefficients : callable
            Gives those of a telescope type.
        """
        events = _concatenate(self._events)
        lists = pa.ListArray.from_arrays(
            np.concatenate([[0], np.cumsum(events.pop("n_triggered"))]).astype("i4"),
            pa.array(events.pop("triggered_id")),
            type=TRIGGER.field("tels_with_trigger").type,
        )
        filled = {name: group for name, group in self._groups.items() if group.n}
        batch = EventBatch(
            event_type=self.event_type,
            trigger=to_batch(events | {"tels_with_trigger": lists}, TRIGGER),
            showers=(
                to_batch(_concatenate(self._showers), SHOWERS)
                if self._showers
                else pa.RecordBatch.from_pylist([], SHOWERS)
            ),
            telescopes={name: group.close() for name, group in filled.items()},
            coefficients={name: coefficients(name) for name in filled},
        )
        self._events, self._showers, self.is_full = [], [], False
        return batch


def _concatenate(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
