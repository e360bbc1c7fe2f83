"""Events of shards as responses need them: selected, with columns and weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import I8, AnyArray, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.instrument import frames
from cta_columnar.pipelines.irf.cells import POINT
from cta_columnar.pipelines.irf.columns_read import VALID, columns_read
from cta_columnar.pipelines.irf.places import OF_RUNS, places_of
from cta_columnar.pipelines.irf.plan import BIN_WEIGHT
from cta_columnar.pipelines.irf.run_bins import BIN, bins_of
from cta_columnar.pipelines.irf.shard_events import ShardEvents
from cta_columnar.pipelines.irf.weights import weights, weights_in_bins
from cta_columnar.stages.dl3.shares import makes_responses
from cta_columnar.stages.irf.accumulator import SHOWER
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.bootstrap import run_keys
from cta_columnar.stages.irf.components import WEIGHT
from cta_columnar.stages.irf.event_columns import (
    POINTING,
    RECO_COLUMNS,
    event_columns,
)
from cta_columnar.stages.irf.telescope_types import NAME as TELESCOPE_TYPES
from cta_columnar.stages.irf.telescope_types import telescope_types
from cta_columnar.stages.selection import Selection
from cta_columnar.stages.training_share import shower_number
from cta_columnar.store import Store, open_store

RUN_KEY = "run_key"
"""Column of numbers by which showers are resampled, see `stages.irf.bootstrap`."""


@dataclass(frozen=True, eq=False)
class Events:
    """Events that take part.

    Attributes
    ----------
    columns : dict of str to array[n]
        Read and derived columns, ``point``, and ``weight``: events expected in a second
        for each shower thrown; ``weight_in_bin`` is the same for each that was thrown
        into the bin of the run, if there are axes of runs.
    selection : Selection
        Of all events of the shards, which these are.
    """

    columns: dict[str, AnyArray]
    selection: Selection


@lru_cache(maxsize=8)
def _opened(root: Path, digest: str) -> Store:  # noqa: ARG001 - tells contents apart
    return open_store(root)


def read_events(piece: ShardEvents, rings: Axis) -> Events:
    """Read some shards.

    Parameters
    ----------
    piece : ShardEvents
        What is read.
    rings : Axis
        Rings of true offset; in each, diffuse events of the signal stand for a source.

    Raises
    ------
    UserError
        If the array did not point where the run says, or weights are impossible.
    """
    store, config = _opened(piece.root, piece.digest), piece.config
    rows = store.read("events", columns_read(store, config), shard=piece.shards)
    ours = pc.is_in(rows["obs_id"], piece.runs["obs_id"].combine_chunks())
    if not pc.all(ours).as_py():
        rows = rows.filter(ours)
    rows = rows.combine_chunks()
    columns = {
        name: to_numpy(rows[name].combine_chunks())
        for name in rows.column_names
        if not pa.types.is_list(rows.schema.field(name).type)
    }
    columns |= _of_runs(columns["obs_id"], piece)
    _check_pointing(columns, piece)
    if TELESCOPE_TYPES in config.axes.further:
        lists = rows[config.telescopes_column].combine_chunks()
        columns[TELESCOPE_TYPES] = _types_of(store, lists)
    selection = _selection(columns, config)
    # By number, which is faster than by a mask.
    taken = np.flatnonzero(selection.mask)
    columns = {name: values[taken] for name, values in columns.items()}
    derived = ["theta", "migration", "true_source_fov_offset", *RECO_COLUMNS]
    columns |= event_columns(columns, derived)
    columns[WEIGHT] = weights(columns, piece, rings)
    if piece.run_axes:
        columns[BIN_WEIGHT] = weights_in_bins(columns, piece, rings)
    columns[SHOWER] = _showers(columns["obs_id"], columns["event_id"])
    return Events(columns, selection)


def _showers(obs_id: I8, event_id: I8) -> I8:
    """Give each shower a number, as uses of one follow each other."""
    number = shower_number(event_id)
    is_new = np.ones(number.size, bool)
    is_new[1:] = (np.diff(number) != 0) | (np.diff(obs_id) != 0)
    return np.cumsum(is_new)


def _of_runs(obs_id: I8, piece: ShardEvents) -> dict[str, AnyArray]:
    """Columns that events have from their runs."""
    runs = piece.runs
    run_ids = to_numpy(runs["obs_id"].combine_chunks())
    order = np.argsort(run_ids)
    row = order[np.searchsorted(run_ids[order], obs_id)] if obs_id.size else obs_id
    places = places_of(runs)
    of_runs = {name: np.array([getattr(p, name) for p in places]) for name in OF_RUNS}
    of_runs[RUN_KEY] = run_keys(runs["run_digest"].to_pylist())
    of_runs[POINT] = to_numpy(runs[POINT].combine_chunks())
    of_runs[BIN] = bins_of(runs, piece.run_axes)
    for name in ("pointing_alt", "pointing_az"):
        of_runs[f"run_{name}"] = to_numpy(runs[name].combine_chunks())
    return {name: values[row] for name, values in of_runs.items()}


def _check_pointing(columns: Mapping[str, AnyArray], piece: ShardEvents) -> None:
    alt, az = (columns[name] for name in POINTING)
    run_alt, run_az = columns["run_pointing_alt"], columns["run_pointing_az"]
    tolerance = piece.config.pointing_tolerance
    wrong = (alt != run_alt) | (az != run_az)
    if wrong.any():
        ends = (each[wrong] for each in (az, alt, run_az, run_alt))
        # NaN is no pointing either.
        wrong[wrong] = ~(frames.angular_separation(*ends) <= tolerance)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise UserError(
            f"{piece.root}: mixed pointings in run {columns['obs_id'][first]}: "
            f"{np.count_nonzero(wrong)} events, the first of which is "
            f"{columns['event_id'][first]}, are seen at altitude {alt[first]:.3f}, "
            f"azimuth {az[first]:.3f} deg, and the run pointed to "
            f"{columns['run_pointing_alt'][first]:.3f}, "
            f"{columns['run_pointing_az'][first]:.3f} deg; pointing_tolerance is "
            f"{tolerance:g} deg"
        )


def _types_of(store: Store, lists: pa.Array) -> I8:
    subarray = store.subarray()
    type_of = np.zeros(int(subarray.tel_ids.max()) + 1, np.int64)
    type_of[subarray.tel_ids] = subarray.type_index
    offsets = to_numpy(lists.offsets).astype(np.int64)
    return telescope_types(offsets - offsets[0], to_numpy(lists.flatten()), type_of)


def _selection(columns: Mapping[str, AnyArray], config: IrfConfig) -> Selection:
    """Find which events take part: the share, the quality query, who is predicted."""
    n_rows = columns["obs_id"].size
    share = np.ones(n_rows, bool)
    if config.fraction < 1:
        keys = (columns["obs_id"], columns["event_id"])
        share = makes_responses(config.seed, config.fraction, *keys)
    quality = Selection.of(config.quality, columns, n_rows)
    direction: Mask = np.isfinite(columns["reco_alt"] + columns["reco_az"])
    if VALID in columns:
        direction = direction & columns[VALID]
    energy = columns["reco_energy"]
    predicted = {
        "has_energy": np.isfinite(energy) & (energy > 0),
        "has_gh_score": np.isfinite(columns["gh_score"]),
        "has_direction": direction,
    }
    names = ("makes_responses", *quality.names, *predicted)
    passed = np.vstack([share[np.newaxis], quality.passed, *predicted.values()])
    return Selection(names, passed)
