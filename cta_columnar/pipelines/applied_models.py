"""The models that a run of stage 3 applies, opened once in each process."""

from dataclasses import dataclass
from functools import lru_cache

from cta_columnar.config import Stage3Config
from cta_columnar.config.stage3 import PredictedSection
from cta_columnar.digests import sha256_of, value_digest
from cta_columnar.stages.prediction import Plan, Wish, Wishes, plan_of
from cta_columnar.store import Models, StoreError, open_models
from cta_columnar.store.model_classes import classes_path
from cta_columnar.store.model_manifest import FILE


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A model as it was when a run began.

    Attributes
    ----------
    title : str
        What it is.
    path : str
        Its folder.
    digest : str
        Of its description, which has those of its tables, and of its classes.
    size : int
        Bytes of its files.
    """

    title: str
    path: str
    digest: str
    size: int


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
        files = [folder / FILE, classes_path(models.root, task)]
        content = value_digest([sha256_of(each) for each in files if each.exists()])
        size = sum(each.stat().st_size for each in folder.iterdir())
        used.append(UsedModel(known.title, str(folder.absolute()), content, size))
    return tuple(used)


@lru_cache(maxsize=1)
def open_plan(
    root: str, wishes: Wishes, used: tuple[UsedModel, ...]
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

    Raises
    ------
    StoreError
        If they are others now.
    """
    models = open_models(root)
    plan = plan_of(models, wishes)
    if models_used(models, plan) != used:
        raise StoreError(
            f"the models in {root} have changed since the run began; start it again"
        )
    return models, plan
