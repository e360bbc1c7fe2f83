"""What becomes an event list, before it is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.dl3.responses import Responses, ValidResponse
from cta_columnar.stages.dl3.event_list import OPTIONAL
from cta_columnar.stages.dl3.labels import Labels
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.dl3.technical import Triggers
from cta_columnar.store import ALL_TYPES, Store

# Where classes of events are from, if the responses do not tell.
CLASS_COLUMN = "direction_error_class"
VALID = "reco_is_valid"


@dataclass(frozen=True, eq=False)
class EventList:
    """One observation, complete.

    Attributes
    ----------
    observation : Observation
        What is known of it.
    events : mapping of str to array[n]
        Columns for `stages.dl3.event_list.event_hdu`.
    response : ValidResponse
        What is valid for it.
    triggers : Triggers
        All triggers.
    cut_flow : pyarrow.Table, optional
        `schemas.dl1.CUT_FLOW` of its events, if they are of no other observation.
    """

    observation: Observation
    events: Mapping[str, AnyArray]
    response: ValidResponse
    triggers: Triggers
    cut_flow: pa.Table | None = None

    @property
    def n_events(self) -> int:
        """Number of events."""
        return len(self.events["event_id"])


@dataclass(frozen=True, eq=False)
class PlannedList:
    """An observation whose events are read when they are asked for.

    Attributes
    ----------
    observation : Observation
        What is known of it.
    size : int
        Events that it has at most.
    make : callable
        Reads it; the same each time.
    warnings : tuple of str
        What to look at.
    """

    observation: Observation
    size: int
    make: Callable[[], EventList]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Gathered:
    """All observations of a run.

    Attributes
    ----------
    planned : sequence of PlannedList
        Those that become event lists, by number.
    left_out : mapping of int to str
        Why others, by number, do not.
    cut_flow : pyarrow.Table
        `schemas.dl1.CUT_FLOW` of events that are not of one observation alone.
    observed : pyarrow.Table
        `schemas.technical.OBSERVED`; empty for recorded data.
    warnings : list of str
        What to look at.
    """

    planned: Sequence[PlannedList]
    left_out: Mapping[int, str]
    cut_flow: pa.Table
    observed: pa.Table
    warnings: list[str] = field(default_factory=list)


def labels_of(config: DL3Config, subarray: SubarrayDescription) -> Labels:
    """Return the labels of the headers."""
    given = config.labels
    return Labels(
        given.telescope, given.instrument or subarray.name or "unknown", given.origin
    )


def event_names(
    store: Store, responses: Responses, wanted: Sequence[str]
) -> dict[str, str]:
    """Choose the columns of events to be read.

    Parameters
    ----------
    store : Store
        The dataset.
    responses : Responses
        Whose conditions want some.
    wanted : sequence of str
        Others that must be there.

    Returns
    -------
    names : dict of str to str
        Our names, by those in the dataset.

    Raises
    ------
    UserError
        If one that must be there is missing.
    """
    there = set(store.schema("events").names)
    of_cuts = [name for cut in responses.quality for name in cut.columns]
    class_column = responses.class_column or CLASS_COLUMN
    must = [*wanted, *of_cuts]
    if responses.class_column or responses.event_type >= 0:
        must.append(class_column)
    for name in must:
        if name not in there:
            raise UserError(
                f"{store.root}: its events have no column {name!r}, which responses in "
                f"{responses.dataset.root} were made with: make it as their inputs"
            )
    may = (*OPTIONAL, class_column, VALID, "was_trained_on")
    names = {name: name for name in (*must, *may) if name in there}
    if class_column in names:
        names[class_column] = "event_class"
    return names


def to_columns(table: pa.Table, names: Mapping[str, str]) -> dict[str, AnyArray]:
    """Turn a table into arrays, under our names."""
    whole = table.combine_chunks()
    return {
        ours: to_numpy(_one_chunk(whole.column(name))) for name, ours in names.items()
    }


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    # A table without rows may have no chunk at all.
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def passed_by(
    responses: Responses, valid: ValidResponse, columns: Mapping[str, AnyArray]
) -> dict[str, Mask]:
    """Which events pass each condition: those that events of the responses met.

    Parameters
    ----------
    responses : Responses
        Conditions of all.
    valid : ValidResponse
        Cuts.
    columns : mapping of str to array[n]
        Events.

    Returns
    -------
    passed : dict of str to bool[n]
        By name of the condition, in order.
    """
    energy = columns["reco_energy"]
    direction = np.isfinite(columns["reco_alt"]) & np.isfinite(columns["reco_az"])
    if VALID in columns:
        direction &= columns[VALID]
    passed: dict[str, Mask] = {
        **{cut.name: cut.passes(columns) for cut in responses.quality},
        "has_energy": np.isfinite(energy) & (energy > 0),
        "has_gh_score": np.isfinite(columns["gh_score"]),
        "has_direction": direction,
    }
    if responses.event_type != ALL_TYPES:
        passed["event_type"] = columns["event_class"] == responses.event_type
    passed["gh_cut"] = valid.cuts.passes_gh(columns)
    return passed
