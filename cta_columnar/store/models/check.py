"""Whether a folder of models is whole and sound."""

from collections.abc import Iterator
from pathlib import Path

from cta_columnar.store.errors import StoreError
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import PROVENANCE
from cta_columnar.store.models.classes import classes_path, load_classes
from cta_columnar.store.models.dataset import Models, find_models
from cta_columnar.store.models.folder import BESIDE
from cta_columnar.store.models.listing import list_problems
from cta_columnar.store.models.training_share import load_training_share


def validate_models(root: str | Path) -> list[str]:
    """Check a folder of models; every file is read whole.

    Returns
    -------
    problems : list of str
        What is wrong, a line each; empty if nothing is.
    """
    return list(_problems(Path(root)))


def _problems(root: Path) -> Iterator[str]:
    try:
        share = load_training_share(root)
    except StoreError as error:
        yield str(error)
    else:
        yield from list_problems(root, share.files, whole=True)
    yield from _provenance(root / PROVENANCE)
    yield from BESIDE.problems(root)
    try:
        models = find_models(root)
    except StoreError as error:
        yield str(error)
        return
    for task in models.types:
        yield from _task(models, task)


def _provenance(path: Path) -> Iterator[str]:
    if not path.exists():
        yield f"{path} is missing"
        return
    try:
        from_json(path)
    except StoreError as error:
        yield str(error)


def _task(models: Models, task: str) -> Iterator[str]:
    for tel_type in models.types[task]:
        try:
            models.load(task, tel_type)
        except StoreError as error:
            yield str(error)
        models.forget(tel_type)
    if classes_path(models.root, task).exists():
        try:
            load_classes(models.root, task)
        except StoreError as error:
            yield str(error)
