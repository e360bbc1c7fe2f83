"""Stage 2 on one batch: sorted tables of DL1 in, columns of DL2 out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I4, I8, Mask
from cta_columnar.config.expressions import Cut
from cta_columnar.instrument.atmosphere import AtmosphereProfile, vertical_depth
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels.impact import impact_distance
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.chain import Step
from cta_columnar.stages.event_rows import (
    ARRAY_POINTING,
    POINTING,
    array_pointing,
    check_telescopes_ascend,
    first_rows,
    truth,
)
from cta_columnar.stages.selection import Selection

Arrays = Mapping[str, Any]

SELECTION = "stereo_quality"
_TRIGGER = (*EVENT_NAMES, "event_type", "time", "time_qns")
_OURS = {"event_start", "is_used", "tel_index", "subarray", *ARRAY_POINTING}
_NO_PROFILES: Mapping[int, AtmosphereProfile] = {}


@dataclass(frozen=True, slots=True)
class Reconstructor:
    """An algorithm of kind ``reconstructor`` and the images it gets.

    Attributes
    ----------
    step : Step
        The algorithm with its options.
    cuts : tuple of Cut
        Quality query: which images take part.
    selection : str
        Name of these cuts in the cut flow; those of one name are the same.
    """

    step: Step
    cuts: tuple[Cut, ...]
    selection: str = SELECTION

    @property
    def name(self) -> str:
        """Name of the algorithm, which its columns begin with."""
        return self.step.algorithm.name


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """The columns of one batch.

    Attributes
    ----------
    events : dict of str to array
        For the table ``events``: a row per array event.
    telescopes : dict of str to array
        For the table ``telescopes``: a row per telescope event.
    cut_flow : pyarrow.Table
        What each quality query left, per telescope type.
    """

    events: dict[str, Any]
    telescopes: dict[str, Any]
    cut_flow: pa.Table


def columns_read(reconstructors: Sequence[Reconstructor]) -> list[str]:
    """Columns of ``parameters`` that `reconstruct` needs, sorted."""
    names = {*TEL_EVENT_NAMES, *POINTING}
    for each in reconstructors:
        names |= set(each.step.algorithm.reads)
        names |= {name for cut in each.cuts for name in cut.columns}
    return sorted(names - _OURS)


def reconstruct(
    events: Arrays,
    telescopes: Arrays,
    subarray: SubarrayDescription,
    *,
    reconstructors: Sequence[Reconstructor],
    best: str,
    showers: Arrays | None = None,
    profiles: Mapping[int, AtmosphereProfile] = _NO_PROFILES,
) -> Reconstruction:
    """Reconstruct array events from their image parameters.

    Parameters
    ----------
    events : mapping of str to array[n]
        Columns of ``trigger``, sorted by (obs_id, event_id); optionally the array
        pointing, ``array_pointing_alt`` and ``_az`` (deg). Where it is not given or
        NaN, the mean of the telescope pointings is taken.
    telescopes : mapping of str to array[r]
        Columns of ``parameters``, see `columns_read`, of telescopes of all types,
        sorted by (obs_id, event_id, tel_id).
    subarray : SubarrayDescription
        The array; has all the telescopes.
    reconstructors : sequence of Reconstructor
        Each fills its own columns.
    best : str
        The one to give the standard columns ``reco_alt``, ``reco_az``.
    showers : mapping of str to array, optional
        Columns of ``showers`` for the same events, sorted alike.
    profiles : mapping of int to AtmosphereProfile
        By ``obs_id``, as far as they are known.

    Raises
    ------
    ValueError
        If rows are out of order, double, or have no event or shower.
    KeyError
        If a telescope is not in the array.
    """
    event_start = first_rows(events, telescopes, "telescope event")
    tel_index = subarray.indices_of(np.asarray(telescopes["tel_id"]))
    check_telescopes_ascend(event_start, telescopes)
    pointing = array_pointing(events, telescopes, event_start)
    inputs = {
        **telescopes,
        **pointing,
        "event_start": event_start,
        "tel_index": tel_index,
    }
    placed = event_start, tel_index, subarray.positions

    of_events = {name: events[name] for name in _TRIGGER}
    of_events["multiplicity"] = np.diff(event_start).astype(np.int32)
    of_events |= pointing
    of_telescopes = {name: telescopes[name] for name in TEL_EVENT_NAMES}
    if showers is not None:
        of_events |= truth(events, showers)
        of_telescopes["true_impact_distance"] = _impact("true", of_events, *placed)
    selections = _selections(reconstructors, telescopes, tel_index.size)
    for each in reconstructors:
        name = each.name
        used = {"is_used": selections[each.selection].mask}
        for column, values in _outputs(each.step, inputs | used, subarray).items():
            of_event = _is_of_event(column, name)
            (of_events if of_event else of_telescopes)[column] = values
        of_events |= _depths(name, of_events, profiles)
        distance = _impact(name, of_events, *placed)
        of_telescopes[f"{name}_tel_impact_distance"] = distance
        of_telescopes[f"{name}_tel_impact_distance_uncert"] = np.full_like(
            distance, np.nan
        )
    of_events |= {
        f"reco_{column}": of_events[f"{best}_{column}"]
        for column in ("alt", "az", "is_valid")
    }
    by_type = _by_type(subarray, tel_index)
    flows = [each.cut_flow(name, by_type) for name, each in selections.items()]
    return Reconstruction(of_events, of_telescopes, pa.concat_tables(flows))


def _selections(
    reconstructors: Sequence[Reconstructor], telescopes: Arrays, n_rows: int
) -> dict[str, Selection]:
    """Evaluate each quality query once, by its name."""
    cuts = {each.selection: each.cuts for each in reconstructors}
    return {name: Selection.of(own, telescopes, n_rows) for name, own in cuts.items()}


def _outputs(step: Step, inputs: Arrays, subarray: SubarrayDescription) -> Arrays:
    """Run a reconstructor; its columns have a row per event or telescope event."""
    n_events, n_rows = len(inputs["event_start"]) - 1, len(inputs["tel_index"])
    rows = {
        column: n_events if _is_of_event(column, step.algorithm.name) else n_rows
        for column in step.algorithm.writes.names
    }
    return step.algorithm.run(inputs, {"subarray": subarray}, step.options, rows)


def _depths(
    name: str, events: Arrays, profiles: Mapping[int, AtmosphereProfile]
) -> dict[str, F8]:
    """Depth of maximum from its height, for reconstructors that have that alone."""
    if f"{name}_h_max" not in events or f"{name}_x_max" in events:
        return {}
    height = np.asarray(events[f"{name}_h_max"])
    depth = vertical_depth(profiles, np.asarray(events["obs_id"]), height)
    up = np.sin(np.radians(events[f"{name}_alt"]))
    return {
        f"{name}_x_max": depth,
        # A direction from below crosses no air that is known.
        f"{name}_x_max_slant": np.where(up > 0, depth, np.nan)
        / np.where(up > 0, up, 1),
    }


def _by_type(subarray: SubarrayDescription, tel_index: I4) -> dict[str, Mask]:
    """bool[r] for each telescope type: whether a telescope is of it."""
    type_index = subarray.type_index[tel_index]
    return {each.name: type_index == i for i, each in enumerate(subarray.types)}


def _is_of_event(column: str, algorithm: str) -> bool:
    """Whether a column has a value per array event; see `stages.stereo`."""
    return column.startswith(f"{algorithm}_") and not column.startswith(
        f"{algorithm}_tel_"
    )


def _impact(
    prefix: str,
    events: Arrays,
    event_start: I8,
    tel_index: I4,
    position: F8,
) -> F8:
    """Distance of the telescopes from the axis ``<prefix>_alt`` and so on."""
    return impact_distance(
        event_start,
        np.radians(events[f"{prefix}_alt"]),
        np.radians(events[f"{prefix}_az"]),
        np.array(events[f"{prefix}_core_x"]),
        np.array(events[f"{prefix}_core_y"]),
        tel_index,
        position,
    )
