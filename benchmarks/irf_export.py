"""Events of stage 3 as ctapipe's DL2, for its tools that make cuts and responses.

Several datasets of one particle become one file. The names of the columns are those
that the tools look for when they are told nothing. Half of the showers, say, can be
left out, as `ctacol run irf` does: the number of thrown showers is scaled by that share
and by what stage 3 has kept.

The multiplicity of ctapipe is the least number of telescopes that one of three
reconstructors has used, ours is a column of the events. Here it is ours for both, so
that cuts on it are cuts on the same.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.stages.dl3.shares import makes_responses
from cta_columnar.store import open_store

# Our prefixes, those of ctapipe, its groups, and what of each is to be read.
RECONSTRUCTED = (
    ("HillasReconstructor", "HillasReconstructor", "geometry", ("alt:deg", "az:deg")),
    ("ExtraTreesRegressor", "RandomForestRegressor", "energy", ("energy:TeV",)),
    (
        "ExtraTreesClassifier",
        "RandomForestClassifier",
        "particle_type",
        ("prediction",),
    ),
)
SHOWER = ("true_energy:TeV", "true_alt:deg", "true_az:deg")
RUN = (
    *("energy_range_min:TeV", "energy_range_max:TeV", "spectral_index"),
    *("max_scatter_range:m", "min_viewcone_radius:deg", "max_viewcone_radius:deg"),
    *("shower_reuse", "diffuse"),
)
_ALTAZ = 0  # ctapipe's number of the frame
_KEYS, _KEPT = ("obs_id", "event_id"), "kept_share"
Arrays = dict[str, AnyArray]


def read_events(datasets: Sequence[Path], seed: int, share: float) -> pa.Table:
    """Read the events that responses are to be made of; all if the share is 1."""
    tables = [open_store(path).read("events") for path in datasets]
    events = pa.concat_tables(tables).combine_chunks()
    if share == 1:
        return events
    obs_id, event_id = (_column(events, name) for name in _KEYS)
    return events.filter(pa.array(makes_responses(seed, share, obs_id, event_id)))


def read_runs(datasets: Sequence[Path], share: float) -> pa.Table:
    """Read ``simulation/runs``, ``kept_share`` being that of what makes responses."""
    tables = [open_store(path).read("simulation/runs") for path in datasets]
    runs = pa.concat_tables(tables).combine_chunks()
    kept = np.ones(len(runs))
    if _KEPT in runs.column_names:
        kept, runs = _column(runs, _KEPT), runs.drop_columns(_KEPT)
    return runs.append_column(_KEPT, pa.array(kept * share))


def tables_of_peer(events: pa.Table, runs: pa.Table, n_tels: int) -> Arrays:
    """Name columns as `peer_dl2` wants them."""
    arrays: Arrays = {}
    for path, names in (
        ("dl1/event/subarray/trigger", ()),
        ("simulation/event/subarray/shower", SHOWER),
    ):
        arrays |= _named(path, events, _KEYS, names)
    for ours, theirs, group, values in RECONSTRUCTED:
        path = f"dl2/event/subarray/{group}/{theirs}"
        arrays |= _named(path, events, _KEYS, ())
        for name in (*values, "is_valid"):
            column = _column(events, f"{ours}_{name.partition(':')[0]}")
            arrays[f"{path}/{theirs}_{name}"] = column
        arrays[f"{path}/{theirs}_telescopes"] = _mask(events, n_tels)
    path = "configuration/simulation/run"
    arrays |= _named(path, runs, _KEYS[:1], RUN)
    # No whole number any more, which is nothing to ctapipe.
    n_showers = _column(runs, "n_showers") * _column(runs, _KEPT)
    arrays[f"{path}/n_showers"] = n_showers
    path = "configuration/observation/observation_block"
    arrays |= _named(path, runs, _KEYS[:1], ())
    arrays[f"{path}/subarray_pointing_lat:deg"] = _column(runs, "pointing_alt")
    arrays[f"{path}/subarray_pointing_lon:deg"] = _column(runs, "pointing_az")
    arrays[f"{path}/subarray_pointing_frame"] = np.full(len(runs), _ALTAZ)
    return arrays


def export(
    datasets: Sequence[Path],
    target: Path,
    *,
    programs: Path,
    simtel: Path,
    seed: int,
    share: float,
) -> int:
    """Write the file of one particle.

    Parameters
    ----------
    datasets : sequence of pathlib.Path
        Of stage 3, of one particle.
    target : pathlib.Path
        The file to write.
    programs : pathlib.Path
        Folder of programs of the environment of ctapipe.
    simtel : pathlib.Path
        A raw file of the same array.
    seed : int
        Of the choice of showers.
    share : float
        Share of the showers.

    Returns
    -------
    int
        Events.
    """
    events, runs = read_events(datasets, seed, share), read_runs(datasets, share)
    plain = target.with_suffix(".npz")
    n_tels = open_store(datasets[0]).subarray().tel_ids.size
    columns: Any = tables_of_peer(events, runs, n_tels)
    np.savez(plain, **columns)
    script = Path(__file__).with_name("peer_dl2.py")
    paths = (str(each.absolute()) for each in (plain, simtel, target))
    command = [f"{programs}/python", str(script), *paths]
    # It writes a log of its own where it is started.
    subprocess.run(command, check=True, cwd=target.parent)
    plain.unlink()
    return len(events)


def _named(
    path: str, table: pa.Table, keys: Sequence[str], names: Sequence[str]
) -> Arrays:
    found = {f"{path}/{name}": _column(table, name).astype(np.uint64) for name in keys}
    columns = {name: _column(table, name.partition(":")[0]) for name in names}
    return found | {f"{path}/{name}": column for name, column in columns.items()}


def _column(table: pa.Table, name: str) -> AnyArray:
    return to_numpy(table.column(name).combine_chunks())


def _mask(events: pa.Table, n_tels: int) -> Mask:
    """As many telescopes as an event has, whichever: bool[n, t]."""
    counts = _column(events, "multiplicity")[:, np.newaxis]
    mask: Mask = np.arange(n_tels) < counts
    return mask
