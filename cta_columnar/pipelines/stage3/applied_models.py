"""The models that a run of stage 3 applies, opened once in each process."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cta_columnar.config import Stage3Config
from cta_columnar.config.stage3 import PredictedSection
from cta_columnar.digests import sha256_of, value_digest
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, Origin
from cta_columnar.stages.prediction import Plan, Wish, Wishes, plan_of
from cta_columnar.store import Models, StoreError, open_models
from cta_columnar.store.models.classes import classes_path
from cta_columnar.store.models.listing import TRAINING
from cta_columnar.store.models.manifest import FILE

Made = tuple[tuple[str, Origin], ...]
"""Columns of a dataset that models made."""


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A model as it was when a run began.

    Attributes
    ----------
    title : str
        What it is.
    files : tuple of pathlib.Path
        Its description, and its classes if it has some.
    digest : str
        Of these; the description has those of its tables.
    """

    title: str
    files: tuple[Path, ...]
    digest: str


def wishes_of(config: Stage3Config) -> Wishes:
    """Return what a configuration wants of the models."""
    return Wishes(
        _wish(config.energy),
        _wish(config.particle),
        _wish(config.disp),
        config.energy_error,
        config.direction_error,
        config.best_direction,
    )


def _wish(section: PredictedSection | None) -> Wish | None:
    return None if section is None else Wish(**section.model_dump())


def models_used(models: Models, plan: Plan) -> tuple[UsedModel, ...]:
    """Return the models that are applied."""
    used = []
    for (task, tel_type), known in plan.models.items():
        folder = models.folder(task, tel_type)
        paths = (folder / FILE, classes_path(models.root, task))
        files = tuple(each.absolute() for each in paths if each.exists())
        content = value_digest([sha256_of(each) for each in files])
        used.append(UsedModel(known.title, files, content))
    return tuple(used)


def files_used(root: Path, used: Iterable[UsedModel]) -> list[tuple[str, str, int]]:
    """Path, digest and bytes of what says which models these are."""
    paths = [(root / TRAINING).absolute(), *(p for each in used for p in each.files)]
    there = [each for each in dict.fromkeys(paths) if each.exists()]
    return [(str(each), sha256_of(each), each.stat().st_size) for each in there]


def check_models(models: Models, plan: Plan) -> None:
    """Refuse models that are not whole, before anything runs.

    Raises
    ------
    UserError
        Which names each of them.
    """
    problems = []
    for key in plan.models:
        try:
            models.check(*key)
        except StoreError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))


def without_model(plan: Plan, tel_types: Iterable[str]) -> Iterator[str]:
    """Say which telescope types lack a model of some task."""
    tasks = dict.fromkeys(task for task, tel_type in plan.models if tel_type != ARRAY)
    for tel_type in tel_types:
        missing = [each for each in tasks if (each, tel_type) not in plan.models]
        if missing:
            yield is_without(tel_type, missing)


def is_without(tel_type: str, tasks: Iterable[str]) -> str:
    """Say what that means."""
    return (
        f"{tel_type} has no model for {', '.join(tasks)}: what these say of its images "
        "is not valid"
    )


@lru_cache(maxsize=1)
def open_plan(
    root: str, wishes: Wishes, used: tuple[UsedModel, ...], made: Made = ()
) -> tuple[Models, Plan]:
    """Open models and plan their use, once for all shards that a process works on.

    Parameters
    ----------
    root : str
        Folder of the models.
    wishes : Wishes
        What is wanted of them.
    used : tuple of UsedModel
        What they were when the run began.
    made : tuple of (str, Origin)
        Columns of the input that models made.

    Raises
    ------
    StoreError
        If they are others now.
    """
    models = open_models(root)
    plan = plan_of(models, wishes, dict(made))
    if models_used(models, plan) != used:
        raise StoreError(
            f"the models in {root} have changed since the run began; start it again"
        )
    return models, plan
