"""Which files a training wrote: `training.json` lists them, so that no other gets in.

A model that was swapped, edited, lost, or added from another training is named. Models
belong together, since later ones were trained on what earlier ones said.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from cta_columnar.digests import sha256_of
from cta_columnar.store.errors import StoreError
from cta_columnar.store.layout import PROVENANCE, SCRATCH, TYPE_FOLDER

TRAINING = "training.json"
_NOT_LISTED = (TRAINING, PROVENANCE)
_SMALL = ("model.json", "classes.parquet")


def is_models(path: str | Path) -> bool:
    """Whether a folder is one that a training made."""
    # Not by `Path.is_file`, which fails for names that are too long.
    return os.path.isfile(Path(path) / TRAINING)  # noqa: PTH113


def list_files(root: Path) -> dict[str, str]:
    """SHA-256 of each file of a training by its path below the folder, sorted."""
    return {path: sha256_of(root / path) for path in files_below(root)}


def files_below(root: Path) -> list[str]:
    """Files that are to be listed."""
    found = (
        path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()
    )
    return [
        path.as_posix()
        for path in found
        if path.as_posix() not in _NOT_LISTED and path.parts[0] != SCRATCH
    ]


def check_list(root: Path, listed: Mapping[str, str]) -> None:
    """Refuse models that are not those of the training; their tables are not read.

    Raises
    ------
    StoreError
        Which names each file, and what is wrong with it.
    """
    problems = list(list_problems(root, listed, whole=False))
    if problems:
        raise StoreError("\n".join(problems))


def list_problems(
    root: Path, listed: Mapping[str, str], *, whole: bool
) -> Iterator[str]:
    """Yield what differs from the list.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the models.
    listed : mapping of str to str
        SHA-256 by path.
    whole : bool
        Whether tables are read, and other files than those of models matter.
    """
    there = files_below(root)
    for path, digest in listed.items():
        name = root / path
        if path not in there:
            yield f"{name} is missing: {TRAINING} lists it; copy the models once more"
        elif (whole or name.name in _SMALL) and sha256_of(name) != digest:
            yield (
                f"{name} is not what the training wrote: it was changed, or is of "
                "another training; copy it once more, or train the models again"
            )
    for path in there:
        if path not in listed and (whole or _is_of_model(path)):
            yield (
                f"{root / path} is not a file of these models: {TRAINING} does not "
                "list it; remove it"
            )


def _is_of_model(path: str) -> bool:
    return f"/{TYPE_FOLDER}" in path or path.endswith(f"/{_SMALL[1]}")
