"""What stage 3 is to do, and the steps that do it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models import ARRAY, Description
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
    """

    steps: tuple[Step, ...]

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
            name for step in self.steps for name in _reads(step, of_events=of_events)
        )

    def columns_wanted(self, *, of_events: bool) -> frozenset[str]:
        """Columns that tables must have, of events or of images."""
        wanted: set[str] = set()
        written: set[str] = set()
        for step in self.steps:
            wanted |= _reads(step, of_events=of_events) - written
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
            for (_, tel_type), known in step.models.items():
                if tel_type == ARRAY:
                    known.check_inputs(of_events, "the events")
                elif tel_type in by_type:
                    known.check_inputs(by_type[tel_type], f"the images of {tel_type}")
            for tel_type, units in by_type.items():
                _check_reads(step.reads, units, f"images of {tel_type}")
            _check_reads(step.reads_of_events, of_events, "events")
            written = {f.name: f.metadata[b"unit"].decode() for f in step.writes}
            for units in by_type.values():
                units.update(written)
            if step.of_events:
                of_events.update(written)


def _reads(step: Step, *, of_events: bool) -> set[str]:
    """Columns that a step and its models read, of events or of images."""
    names = set(step.reads_of_events if of_events else step.reads)
    for (_, tel_type), known in step.models.items():
        if (tel_type == ARRAY) == of_events:
            names.update(columns_read(known.features, cuts_of(known)))
    return names


def _check_reads(names: Iterable[str], units: Mapping[str, str], where: str) -> None:
    for name in names:
        if name not in units:
            hint = did_you_mean(name, units)
            raise UserError(f"{where}: there is no column {name!r}; {hint}")
