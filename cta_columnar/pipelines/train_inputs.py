"""The datasets of a training: which they are, and whether they go together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cta_columnar.config import TrainConfig
from cta_columnar.pipelines.simulated_inputs import (
    check_twice,
    content_digest,
    open_simulated,
)
from cta_columnar.stages.training.weights import SimulatedRun
from cta_columnar.store import Store, run_digests, run_primaries

_OF_RUN = (
    "obs_id",
    "spectral_index",
    "energy_range_min",
    "energy_range_max",
    "n_showers",
    "shower_reuse",
)


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
    spectra : mapping of str to list of SimulatedRun
        Simulated spectra by class.
    """

    store: Store
    name: str
    digest: str
    runs: Mapping[int, str]
    spectra: Mapping[str, Sequence[SimulatedRun]]


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
    return _told_apart(inputs)


def _input(store: Store, config: TrainConfig) -> TrainingInput:
    primaries = run_primaries(store)
    class_of = {p: name for name, several in config.classes.items() for p in several}
    spectra: dict[str, list[SimulatedRun]] = {}
    for row in store.read("simulation/runs", _OF_RUN).to_pylist():
        for name in {class_of.get(each) for each in primaries.get(row["obs_id"], [])}:
            if name is not None:
                spectra.setdefault(name, []).append(_spectrum(row))
    name = "_".join(name for name in config.classes if name in spectra) or "other"
    return TrainingInput(
        store, name, content_digest(store), run_digests(store, primaries), spectra
    )


def _spectrum(row: Mapping[str, float]) -> SimulatedRun:
    return SimulatedRun(
        row["spectral_index"],
        row["energy_range_min"],
        row["energy_range_max"],
        float(row["n_showers"] * row["shower_reuse"]),
    )


def _told_apart(inputs: Sequence[TrainingInput]) -> list[TrainingInput]:
    """Put a number behind names that several inputs share."""
    total = Counter(each.name for each in inputs)
    seen: Counter[str] = Counter()
    named = []
    for each in inputs:
        seen[each.name] += 1
        number = f"_{seen[each.name]}" if total[each.name] > 1 else ""
        named.append(
            TrainingInput(
                each.store, each.name + number, each.digest, each.runs, each.spectra
            )
        )
    return named
