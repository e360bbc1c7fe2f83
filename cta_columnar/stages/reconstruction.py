"""Stage 2 on one batch: sorted tables of DL1 in, columns of DL2 out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I4, I8, Mask
from cta_columnar.config.expressions import Cut
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels.coordinates import direction, direction_to_altaz
from cta_columnar.kernels.grouping import event_offsets
from cta_columnar.kernels.impact import impact_distance
from cta_columnar.schemas import dl2
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.chain import Step
from cta_columnar.stages.selection import Selection

Arrays = Mapping[str, Any]

SELECTION = "stereo_quality"
_POINTING = ("pointing_alt", "pointing_az")
_ARRAY_POINTING = ("array_pointing_alt", "array_pointing_az")
_TRIGGER = (*EVENT_NAMES, "event_type", "time", "time_qns")
_OURS = {"event_start", "is_used", "tel_index", "subarray", *_ARRAY_POINTING}


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
        What the quality query left, per telescope type.
    """

    events: dict[str, Any]
    telescopes: dict[str, Any]
    cut_flow: pa.Table


def columns_read(reconstructors: Sequence[Step], cuts: Sequence[Cut]) -> list[str]:
    """Columns of ``parameters`` that `reconstruct` needs, sorted."""
    names = {*TEL_EVENT_NAMES, *_POINTING}
    names |= {name for step in reconstructors for name in step.algorithm.reads}
    names |= {name for cut in cuts for name in cut.columns}
    return sorted(names - _OURS)


def reconstruct(
    events: Arrays,
    telescopes: Arrays,
    subarray: SubarrayDescription,
    *,
    reconstructors: Sequence[Step],
    best: str,
    cuts: Sequence[Cut],
    showers: Arrays | None = None,
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
    reconstructors : sequence of Step
        Algorithms of kind ``reconstructor``.
    best : str
        The one to give the standard columns ``reco_alt``, ``reco_az``.
    cuts : sequence of Cut
        Quality query: which images take part.
    showers : mapping of str to array, optional
        Columns of ``showers`` for the same events, sorted alike.

    Raises
    ------
    ValueError
        If rows are out of order, double, or have no event or shower.
    KeyError
        If a telescope is not in the array.
    """
    event_start = first_rows(events, telescopes, "telescope event")
    tel_index = subarray.indices_of(np.asarray(telescopes["tel_id"]))
    _check_telescopes_ascend(event_start, telescopes)
    selection = Selection.of(cuts, telescopes, tel_index.size)
    pointing = _array_pointing(events, telescopes, event_start)
    inputs = {
        **telescopes,
        **pointing,
        "event_start": event_start,
        "is_used": selection.mask,
        "tel_index": tel_index,
    }
    placed = event_start, tel_index, subarray.positions

    of_events = {name: events[name] for name in _TRIGGER}
    of_events["multiplicity"] = np.diff(event_start).astype(np.int32)
    of_events |= pointing
    of_telescopes = {name: telescopes[name] for name in TEL_EVENT_NAMES}
    if showers is not None:
        of_events |= _truth(events, showers)
        of_telescopes["true_impact_distance"] = _impact("true", of_events, *placed)
    for step in reconstructors:
        name = step.algorithm.name
        outputs = step.algorithm.run(inputs, {"subarray": subarray}, step.options)
        for column, values in outputs.items():
            of_event = _is_of_event(column, name)
            (of_events if of_event else of_telescopes)[column] = values
        distance = _impact(name, of_events, *placed)
        of_telescopes[f"{name}_tel_impact_distance"] = distance
        of_telescopes[f"{name}_tel_impact_distance_uncert"] = np.full_like(
            distance, np.nan
        )
    of_events |= {
        f"reco_{column}": of_events[f"{best}_{column}"]
        for column in ("alt", "az", "is_valid")
    }
    cut_flow = selection.cut_flow(SELECTION, _by_type(subarray, tel_index))
    return Reconstruction(of_events, of_telescopes, cut_flow)


def _by_type(subarray: SubarrayDescription, tel_index: I4) -> dict[str, Mask]:
    """bool[r] for each telescope type: whether a telescope is of it."""
    type_index = subarray.type_index[tel_index]
    return {each.name: type_index == i for i, each in enumerate(subarray.types)}


def _is_of_event(column: str, algorithm: str) -> bool:
    """Whether a column has a value per array event; see `stages.stereo`."""
    return column.startswith(f"{algorithm}_") and not column.startswith(
        f"{algorithm}_tel_"
    )


def first_rows(events: Arrays, rows: Arrays, what: str) -> I8:
    """Where the rows of each array event begin, and the last ones end.

    Parameters
    ----------
    events, rows : mapping of str to array
        Their keys, sorted by (obs_id, event_id); an event may have no row.
    what : str
        What a row is, for errors.

    Raises
    ------
    ValueError
        If a row belongs to no event, or something is out of order.
    """
    # Copies: numba would compile once more for each mix with read-only views.
    keys = [np.array(each[n], np.int64) for each in (events, rows) for n in EVENT_NAMES]
    event_start, n_matched = event_offsets(*keys)
    if n_matched < keys[2].size:
        key = ", ".join(f"{name} {rows[name][n_matched]}" for name in EVENT_NAMES)
        raise ValueError(
            f"{what} {n_matched} ({key}) has no array event, or is out of order"
        )
    return event_start


def _check_telescopes_ascend(event_start: I8, telescopes: Arrays) -> None:
    """Results must not depend on the order of telescopes, not even by rounding."""
    tel_id = np.asarray(telescopes["tel_id"])
    ascends = np.diff(tel_id) > 0
    first = event_start[(event_start > 0) & (event_start < tel_id.size)]
    ascends[first - 1] = True  # steps from one event to the next
    if not ascends.all():
        row = int(np.argmin(ascends)) + 1
        key = ", ".join(f"{name} {telescopes[name][row]}" for name in TEL_EVENT_NAMES)
        raise ValueError(f"telescope event {row} ({key}) is out of order or double")


def _array_pointing(
    events: Arrays, telescopes: Arrays, event_start: I8
) -> dict[str, F8]:
    """Pointing of the array, deg: as given, else the mean of the telescopes."""
    n_events = event_start.size - 1
    given = {
        name: np.array(events.get(name, np.full(n_events, np.nan)), np.float64)
        for name in _ARRAY_POINTING
    }
    missing = np.isnan(given["array_pointing_alt"])
    if missing.any():
        event = np.repeat(np.arange(n_events), np.diff(event_start))
        vectors = direction(*(np.radians(telescopes[name]) for name in _POINTING))
        sums = np.zeros((3, n_events))
        np.add.at(sums.T, event, vectors.T)
        mean = np.degrees(direction_to_altaz(*sums))
        mean[:, np.diff(event_start) == 0] = np.nan
        for name, values in zip(_ARRAY_POINTING, mean, strict=True):
            given[name][missing] = values[missing]
    return given


def _truth(events: Arrays, showers: Arrays) -> dict[str, Any]:
    """Return the true shower of each event."""
    start = first_rows(events, showers, "shower")
    wrong = np.flatnonzero(np.diff(start) != 1)
    if wrong.size:
        key = ", ".join(f"{name} {events[name][wrong[0]]}" for name in EVENT_NAMES)
        n_showers = np.diff(start)[wrong[0]]
        raise ValueError(f"array event {key} has {n_showers} true showers instead of 1")
    return {name: showers[name] for name in dl2.TRUTH.names}


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
