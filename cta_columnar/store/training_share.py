"""What a folder of models says of the events it was trained on: ``training.json``.

Which showers were taken follows from seed and share by `stages.training_share`. Only
those of the runs that are named here were; a run is known by its number and its
simulation, not by the dataset it lies in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from cta_columnar.digests import value_digest
from cta_columnar.schemas import simulation
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import (
    process_name,
    remove_if_empty,
    remove_tree,
    write_durably,
)
from cta_columnar.store.layout import SCRATCH
from cta_columnar.store.reader import Store
from cta_columnar.store.records import to_json

FILE = "training.json"
FORMAT: Literal["cta_columnar training"] = "cta_columnar training"


@dataclass(frozen=True, slots=True)
class TrainingShare:
    """Which events models were trained on.

    Attributes
    ----------
    seed : int
        Of the training.
    fraction : float
        Share of the showers of each run.
    runs : tuple of (int, str)
        Runs that were trained on: ``obs_id``, and what `run_digests` says.
    format : str
        Says that the file is one of these.
    """

    seed: int
    fraction: float
    runs: tuple[tuple[int, str], ...]
    format: Literal["cta_columnar training"] = FORMAT


def run_digests(
    store: Store, primaries: Mapping[int, Sequence[int]] | None = None
) -> dict[int, str]:
    """Digest of the simulation of each run of a dataset, by its ``obs_id``.

    It depends on the row of ``simulation/runs`` and on the primaries of the showers:
    gammas and protons may have equal rows. Whoever has `run_primaries` already may
    give them.
    """
    if primaries is None:
        primaries = run_primaries(store)
    there = store.schema("simulation/runs").names
    # What is left out of a run afterwards does not make it another one.
    names = [name for name in simulation.RUNS.names if name in there]
    rows = store.read("simulation/runs", names).to_pylist()
    return {
        row["obs_id"]: value_digest([row, primaries.get(row["obs_id"], [])])
        for row in rows
    }


def run_primaries(store: Store) -> dict[int, list[int]]:
    """Which primaries the showers of each run have, by its ``obs_id``."""
    showers = store.scan("showers").select("obs_id", "true_shower_primary_id").unique()
    primaries: dict[int, list[int]] = {}
    for obs_id, primary in sorted(showers.collect(engine="streaming").rows()):
        primaries.setdefault(obs_id, []).append(primary)
    return primaries


def save_training_share(root: str | Path, share: TrainingShare) -> None:
    """Write it into a folder of models.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    root = Path(root)
    scratch = root / SCRATCH / f"share-{process_name()}"
    write_durably(root / FILE, to_json(asdict(share)), scratch)
    remove_tree(scratch)
    remove_if_empty(scratch.parent)


def load_training_share(root: str | Path) -> TrainingShare:
    """Read what models were trained on.

    Raises
    ------
    StoreError
        If the file is missing or damaged.
    """
    path = Path(root) / FILE
    try:
        return TypeAdapter(TrainingShare).validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(f"{path} is damaged: {where}: {first['msg']}") from error
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error}") from error
