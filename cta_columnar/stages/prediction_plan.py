"""What stage 3 is to do, and the steps that do it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models import ARRAY, Description, Origin
from cta_columnar.stages.applying import cuts_of
from cta_columnar.stages.features import columns_read
from cta_columnar.stages.prediction_step import Step


@dataclass(frozen=True, slots=True)
class Wish:
    """How the predictions of a task become columns; None: as the models say.

    Attributes
    ----------
    prefix : str, optional
        In front of the names of columns.
    weights : str, optional
        Weight of an image in what its event gets: one of `IMAGE_WEIGHTS`, or
        ``"inverse-variance"``.
    """

    prefix: str | None = None
    weights: str | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """Which tasks are applied, as far as there are models, and how.

    Attributes
    ----------
    energy, particle, disp : Wish, optional
        None: not applied.
    energy_error, direction_error : bool
        Whether they are applied.
    best_direction : str
        Where ``reco_alt`` and ``reco_az`` are from: left as they are, or ``"disp"``.
    """

    energy: Wish | None = Wish()
    particle: Wish | None = Wish()
    disp: Wish | None = Wish()
    energy_error: bool = True
    direction_error: bool = True
    best_direction: Literal["geometry", "disp"] = "geometry"


AS_MODELS_SAY = Wishes()


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order.

    Attributes
    ----------
    steps : tuple of Step
        Those that there are models for.
    names : mapping
        By task and telescope type: what columns are called here that a model knows by
        another name, which has another prefix.
    origins : mapping of str to Origin
        Who made the columns that there are in the end, of those that models make.
    sources : mapping
        By task and telescope type: what those columns are here that a model reads and
        models make, by the names that it knows them by.
    trained_weights : mapping of str to tuple of str
        Weights of images in the training of these models, by the task of what an event
        got; more than one only if models of telescope types differ.
    """

    steps: tuple[Step, ...]
    names: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    sources: Mapping[tuple[str, str], Mapping[str, Origin]] = field(
        default_factory=dict
    )
    trained_weights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def models(self) -> dict[tuple[str, str], Description]:
        """All models that are applied, by task and telescope type."""
        return {key: known for each in self.steps for key, known in each.models.items()}

    def columns(self, *, of_events: bool) -> pa.Schema:
        """Columns that are added to events, or to images."""
        return pa.schema(
            [f for s in self.steps if s.of_events == of_events for f in s.writes]
        )

    def columns_read(self, *, of_events: bool) -> frozenset[str]:
        """Columns that are read of events, or of images; our own among them."""
        return frozenset(
            name
            for step in self.steps
            for name in self._reads(step, of_events=of_events)
        )

    def columns_wanted(self, *, of_events: bool) -> frozenset[str]:
        """Columns that tables must have, of events or of images."""
        wanted: set[str] = set()
        written: set[str] = set()
        for step in self.steps:
            wanted |= self._reads(step, of_events=of_events) - written
            if step.of_events or not of_events:
                written |= set(step.writes.names)
        return frozenset(wanted)

    def check(
        self, images: Mapping[str, Mapping[str, str]], events: Mapping[str, str]
    ) -> None:
        """Refuse tables whose columns are not those of the training.

        Parameters
        ----------
        images : mapping of str to mapping of str to str
            By telescope type, the unit of each column of its images.
        events : mapping of str to str
            Unit of each column of events.

        Raises
        ------
        UserError
            Which names the model, the columns, and what to do.
        """
        by_type = {name: dict(images[name]) for name in images}
        of_events = dict(events)
        for step in self.steps:
            for key, known in step.models.items():
                tel_type = key[1]
                if tel_type == ARRAY:
                    known.check_inputs(self._called(key, of_events), "the events")
                elif tel_type in by_type:
                    units = self._called(key, by_type[tel_type])
                    known.check_inputs(units, f"the images of {tel_type}")
            for tel_type, units in by_type.items():
                _check_reads(step.reads, units, f"images of {tel_type}")
            _check_reads(step.reads_of_events, of_events, "events")
            written = {f.name: f.metadata[b"unit"].decode() for f in step.writes}
            for units in by_type.values():
                units.update(written)
            if step.of_events:
                of_events.update(written)

    def _reads(self, step: Step, *, of_events: bool) -> set[str]:
        """Columns that a step and its models read, of events or of images."""
        names = set(step.reads_of_events if of_events else step.reads)
        for key, known in step.models.items():
            if (key[1] == ARRAY) == of_events:
                called = self.names.get(key, {})
                read = columns_read(known.features, cuts_of(known))
                names.update(called.get(name, name) for name in read)
        return names

    def _called(
        self, key: tuple[str, str], units: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Units of columns by the names that a model knows them by."""
        called = self.names.get(key, {})
        own = {name: unit for name, unit in units.items() if name not in called}
        return own | {n: units[at] for n, at in called.items() if at in units}


def _check_reads(names: Iterable[str], units: Mapping[str, str], where: str) -> None:
    for name in names:
        if name not in units:
            hint = did_you_mean(name, units)
            raise UserError(f"{where}: there is no column {name!r}; {hint}")
