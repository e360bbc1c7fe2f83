"""Models of several tasks and telescope types, wherever they are."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from cta_columnar.errors import UserError
from cta_columnar.models.description import Description
from cta_columnar.models.event_classes import EventClasses
from cta_columnar.models.model import Model

ARRAY = "array"
"""In place of a telescope type, for models of whole array events."""


class ModelSource(Protocol):
    """What gives models: a folder, `store.Models`, or a `Collection`."""

    @property
    def types(self) -> Mapping[str, tuple[str, ...]]:
        """Telescope types that have a model, by task."""

    @property
    def identity(self) -> str:
        """Digest of all of them, by which columns that they made are known."""

    def describe(self, task: str, tel_type: str) -> Description:
        """Say what a model is, without reading its numbers."""

    def load(self, task: str, tel_type: str) -> Model:
        """Return a model."""

    def event_classes(self, task: str) -> EventClasses:
        """Return the classes that go with the errors that a task predicts."""


class Collection:
    """Models in memory.

    Parameters
    ----------
    models : iterable of Model
        One for each task and telescope type.
    classes : mapping of str to EventClasses
        By task, for those that predict errors of array events.

    Raises
    ------
    UserError
        If two are of one task and type.
    """

    def __init__(
        self,
        models: Iterable[Model],
        classes: Mapping[str, EventClasses] | None = None,
    ) -> None:
        self._models: dict[tuple[str, str], Model] = {}
        for model in models:
            key = (model.description.task, model.description.tel_type)
            if key in self._models:
                raise UserError(
                    f"there are two models for one: {model.description.title}"
                )
            self._models[key] = model
        self._classes = dict(classes or {})

    @property
    def types(self) -> Mapping[str, tuple[str, ...]]:
        """Telescope types that have a model, by task."""
        found: dict[str, tuple[str, ...]] = {}
        for task, tel_type in sorted(self._models):
            found[task] = (*found.get(task, ()), tel_type)
        return found

    @property
    def identity(self) -> str:
        """None: of columns in memory nobody knows who made them."""
        return ""

    def describe(self, task: str, tel_type: str) -> Description:
        """Say what a model is."""
        return self.load(task, tel_type).description

    def load(self, task: str, tel_type: str) -> Model:
        """Return a model.

        Raises
        ------
        UserError
            If there is none.
        """
        try:
            return self._models[task, tel_type]
        except KeyError:
            raise UserError(f"there is no {task} model of {tel_type}") from None

    def event_classes(self, task: str) -> EventClasses:
        """Return the classes that go with the errors that a task predicts.

        Raises
        ------
        UserError
            If there are none.
        """
        if task not in self._classes:
            raise UserError(f"there are no classes of events for {task}")
        return self._classes[task]
