"""What a folder of models says of its training: ``training.json``.

Which showers were taken follows from seed and share by `stages.training_share`. Only
those of the runs that are named here were; a run is known by its simulation, not by the
dataset it lies in or by the ``obs_id`` it has there. Beside that, all files are listed
that the training wrote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from cta_columnar.bounded import MAX_JSON_BYTES, parse_json, read_bounded
from cta_columnar.digests import value_digest
from cta_columnar.schemas import simulation
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import remove_if_empty, remove_tree, write_durably
from cta_columnar.store.json_files import to_json
from cta_columnar.store.layout import SCRATCH
from cta_columnar.store.models.listing import TRAINING, list_files
from cta_columnar.store.processes import process_name
from cta_columnar.store.reader import Store

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
        Runs that were trained on: the ``obs_id`` that showers were chosen by, and what
        `run_digests` says.
    files : mapping of str to str
        SHA-256 of each file that the training wrote, by its path; whatever is there
        when this is saved.
    format : str
        Says that the file is one of these.
    """

    seed: int
    fraction: float
    runs: tuple[tuple[int, str], ...]
    files: dict[str, str] = field(default_factory=dict)
    format: Literal["cta_columnar training"] = FORMAT


def run_digests(
    store: Store,
    primaries: Mapping[int, Sequence[int]] | None = None,
    runs: pa.Table | None = None,
) -> dict[int, str]:
    """Digest of the simulation of each run of a dataset, by its ``obs_id``.

    It depends on the row of ``simulation/runs``, where the number in the raw file is,
    and on the primaries of the showers: gammas and protons may have equal rows. It does
    not depend on ``obs_id``, which is chosen when a file is read. Whoever has
    `run_primaries` or ``simulation/runs`` already may give them.
    """
    if primaries is None:
        primaries = run_primaries(store)
    if runs is None:
        runs = store.read("simulation/runs")
    # What is left out of a run afterwards does not make it another one.
    names = [name for name in simulation.RUNS.names if name in runs.column_names]
    rows = runs.select(names).to_pylist()
    return {
        obs_id: value_digest([row, primaries.get(obs_id, [])])
        for row in rows
        for obs_id in [row.pop("obs_id")]
    }


def run_primaries(store: Store) -> dict[int, list[int]]:
    """Which primaries the showers of each run have, by its ``obs_id``."""
    showers = store.scan("showers").select("obs_id", "true_shower_primary_id").unique()
    primaries: dict[int, list[int]] = {}
    for obs_id, primary in sorted(showers.collect(engine="streaming").rows()):
        primaries.setdefault(obs_id, []).append(primary)
    return primaries


def save_training_share(root: str | Path, share: TrainingShare) -> None:
    """Write it into a folder of models, which are all there, and list these.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    root = Path(root)
    scratch = root / SCRATCH / f"share-{process_name()}"
    content = to_json(asdict(replace(share, files=list_files(root))))
    write_durably(root / TRAINING, content, scratch)
    remove_tree(scratch)
    remove_if_empty(scratch.parent)


def load_training_share(root: str | Path) -> TrainingShare:
    """Read what models were trained on.

    Raises
    ------
    StoreError
        If the file is missing or damaged, or of an earlier version.
    """
    path = Path(root) / TRAINING
    try:
        text = read_bounded(path, MAX_JSON_BYTES)
        plain = parse_json(text)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    if isinstance(plain, dict) and plain.get("format") == FORMAT:
        _check_version(path, plain)
    try:
        return TypeAdapter(TrainingShare).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(f"{path} is damaged: {where}: {first['msg']}") from error


def _check_version(path: Path, plain: Mapping[str, object]) -> None:
    if "files" not in plain:
        raise StoreError(
            f"{path} does not list the files of the models: an earlier cta_columnar "
            "wrote it; train the models again"
        )
