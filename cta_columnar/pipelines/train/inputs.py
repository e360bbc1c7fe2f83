"""The datasets of a training: which they are, and whether they go together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.config import TrainConfig
from cta_columnar.pipelines.running.naming import told_apart
from cta_columnar.pipelines.running.simulated_inputs import (
    check_twice,
    content_digest,
    open_simulated,
)
from cta_columnar.schemas.simulation import KEPT_SHARE
from cta_columnar.store import Store, run_digests, run_primaries

_OF_RUN = (
    "obs_id",
    "spectral_index",
    "energy_range_min",
    "energy_range_max",
    "n_showers",
    "shower_reuse",
)
_KEPT = KEPT_SHARE.field("kept_share")


@dataclass(frozen=True, eq=False)
class TrainingInput:
    """One dataset.

    Attributes
    ----------
    store : Store
        The dataset.
    name : str
        Its classes of particles; numbered if another dataset has the same.
    digest : str
        Of its content.
    runs : mapping of int to str
        Digest of the simulation of each run, by ``obs_id``.
    thrown : mapping of str to pyarrow.Table
        Runs of each class: numbers and energies of their showers, and the share that is
        here.
    """

    store: Store
    name: str
    digest: str
    runs: Mapping[int, str]
    thrown: Mapping[str, pa.Table]


def open_inputs(
    paths: Sequence[Path], output: Path, config: TrainConfig
) -> list[TrainingInput]:
    """Open datasets and check that they go together.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Datasets of stage 2 or stage 3.
    output : pathlib.Path
        Folder of the models, which must not be one of them.
    config : TrainConfig
        Names the classes.

    Returns
    -------
    list of TrainingInput
        In an order that depends on their content only.

    Raises
    ------
    UserError
        If one is not finished, of another stage, not simulated, or given twice; if
        their arrays or versions differ, or two have the same run.
    """
    stores = open_simulated(paths, output, ["stage2", "stage3"], "train")
    inputs = sorted((_input(store, config) for store in stores), key=lambda e: e.digest)
    check_twice((r, each.store.root) for each in inputs for r in each.runs.items())
    names = told_apart([each.name for each in inputs], "_")
    return [replace(each, name=n) for each, n in zip(inputs, names, strict=True)]


def _input(store: Store, config: TrainConfig) -> TrainingInput:
    primaries = run_primaries(store)
    runs = _runs(store)
    thrown = {}
    for name, of_class in config.classes.items():
        obs_ids = [n for n, each in primaries.items() if {*each} & {*of_class}]
        own = runs.filter(pc.is_in(runs["obs_id"], pa.array(obs_ids, pa.int64())))
        if own.num_rows:
            thrown[name] = own
    name = "_".join(thrown) or "other"
    digests = run_digests(store, primaries)
    return TrainingInput(store, name, content_digest(store), digests, thrown)


def _runs(store: Store) -> pa.Table:
    """Read what was thrown in each run, all of it kept if nothing else is said."""
    if _KEPT.name in store.schema("simulation/runs").names:
        return store.read("simulation/runs", [*_OF_RUN, _KEPT.name])
    runs = store.read("simulation/runs", list(_OF_RUN))
    return runs.append_column(_KEPT, pa.array([1.0] * runs.num_rows))
