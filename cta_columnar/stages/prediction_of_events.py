"""The steps of stage 3 that say something of each array event."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, ModelSource
from cta_columnar.schemas import dl2, predictions
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.combination import (
    combine_directions,
    combine_energies,
    combine_scores,
    inverse_variance,
)
from cta_columnar.stages.prediction_rows import Rows
from cta_columnar.stages.prediction_step import Models, predicted
from cta_columnar.stages.weights import IMAGE_WEIGHTS, image_weights

INVERSE_VARIANCE = "inverse-variance"


@dataclass(frozen=True)
class OfEvents:
    """What the steps have in common that combine the images of each event."""

    prefix: str
    weights: str
    name = "combine"
    of_events = True

    @property
    def models(self) -> Models:
        """None."""
        return {}

    @property
    def reads_of_events(self) -> tuple[str, ...]:
        """None."""
        return ()

    def columns(self, *names: str) -> tuple[str, ...]:
        """Columns of each image by their names without prefix, and those of weights."""
        own = tuple(f"{self.prefix}_tel_{name}" for name in names)
        return own + IMAGE_WEIGHTS.get(self.weights, ())

    def image_weights(self, rows: Rows) -> F8:
        """float64[r]: weights of all images, sorted."""
        needed = {name: rows.sorted(name) for name in IMAGE_WEIGHTS[self.weights]}
        return image_weights(self.weights, needed, rows.tel_id.size)

    def head(self, rows: Rows) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Where events begin, telescopes, and which have a prediction."""
        is_valid = rows.sorted(f"{self.prefix}_tel_is_valid") != 0
        return rows.event_start, rows.tel_id, is_valid


@dataclass(frozen=True)
class CombinedEnergy(OfEvents):
    """Energy of each event: the mean of its images, or of their logarithms."""

    log_target: bool
    task = "energy"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it reads of each image."""
        if self.weights == INVERSE_VARIANCE:
            return self.columns("energy", "is_valid", "energy_uncert")
        return self.columns("energy", "is_valid")

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        own = predictions.of_events("energy", self.prefix)
        return merge(own, _standard("reco_energy", "reco_energy_uncert"))

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        del models
        energy = rows.sorted(f"{self.prefix}_tel_energy")
        if self.weights == INVERSE_VARIANCE:
            error = rows.sorted(f"{self.prefix}_tel_energy_uncert")
            # Of what is averaged: for logarithms it is the relative one.
            weights = inverse_variance(error / energy if self.log_target else error)
        else:
            weights = self.image_weights(rows)
        head = self.head(rows)
        found = combine_energies(*head, energy, weights, log_target=self.log_target)
        columns = {f"{self.prefix}_{name}": each for name, each in found.items()}
        columns["reco_energy"] = found["energy"]
        columns["reco_energy_uncert"] = found["energy_uncert"]
        rows.add_to_events(columns)


@dataclass(frozen=True)
class CombinedParticle(OfEvents):
    """Probabilities of the classes for each event: the mean of its images."""

    classes: tuple[str, ...]
    signal: str
    task = "particle"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it reads of each image."""
        chances = (f"probability_{each}" for each in self.classes)
        return self.columns("is_valid", *chances)

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        own = predictions.of_events("particle", self.prefix, self.classes)
        return merge(own, _standard("gh_score"))

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        del models
        names = [f"{self.prefix}_tel_probability_{each}" for each in self.classes]
        chances = np.stack([rows.sorted(name) for name in names], axis=1)
        found = combine_scores(*self.head(rows), chances, self.image_weights(rows))
        mean = found.pop("prediction")
        score = mean[:, self.classes.index(self.signal)]
        columns: dict[str, Any] = {"prediction": score, **found}
        for each, values in zip(self.classes, mean.T, strict=True):
            columns[f"probability_{each}"] = values
        named = {f"{self.prefix}_{name}": each for name, each in columns.items()}
        rows.add_to_events(named | {"gh_score": score})


@dataclass(frozen=True)
class CombinedDirection(OfEvents):
    """Direction of each event: the mean of unit vectors of its images."""

    is_best: bool
    task = "disp"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it reads of each image."""
        if self.weights == INVERSE_VARIANCE:
            return self.columns("alt", "az", "is_valid", "ang_distance_uncert")
        return self.columns("alt", "az", "is_valid")

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        own = predictions.of_events("disp", self.prefix)
        return merge(own, dl2.RECO) if self.is_best else own

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        del models
        if self.weights == INVERSE_VARIANCE:
            error = rows.sorted(f"{self.prefix}_tel_ang_distance_uncert")
            weights = inverse_variance(error)
        else:
            weights = self.image_weights(rows)
        alt, az = (rows.sorted(f"{self.prefix}_tel_{each}") for each in ("alt", "az"))
        found = combine_directions(*self.head(rows), alt, az, weights)
        columns = {f"{self.prefix}_{name}": each for name, each in found.items()}
        if self.is_best:
            columns |= {f"reco_{n}": found[n] for n in ("alt", "az", "is_valid")}
        rows.add_to_events(columns)


@dataclass(frozen=True)
class ErrorOfEvents:
    """Error that is expected of each event, and its class by that."""

    task: str
    models: Models
    of_events = True
    prefix = weights = ""

    @property
    def name(self) -> str:
        """Where its time is counted."""
        return self.task

    @property
    def reads(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def reads_of_events(self) -> tuple[str, ...]:
        """Columns that it reads of each event, besides those of its models."""
        return ("reco_energy",)

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        return predictions.ERRORS[self.task]

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        error = predicted(rows, models, self.task, ARRAY)
        energy = rows.event_column("reco_energy").astype(np.float64)
        number = models.event_classes(self.task).of(energy, error)
        rows.add_to_events({self.task: error, f"{self.task}_class": number})


def _standard(*names: str) -> pa.Schema:
    return pa.schema([predictions.STANDARD.field(name) for name in names])


def check_weights(weights: str, *, has_uncertainty: bool) -> None:
    """Refuse weights that there are none.

    Raises
    ------
    UserError
        If they are unknown, or want models of uncertainties that are not there.
    """
    if weights == INVERSE_VARIANCE and has_uncertainty:
        return
    if weights == INVERSE_VARIANCE:
        raise UserError(
            "weights inverse-variance want models of the uncertainty, and there are "
            "none; choose others, or train them"
        )
    if weights not in IMAGE_WEIGHTS:
        known = ", ".join((*IMAGE_WEIGHTS, INVERSE_VARIANCE))
        raise UserError(f"no weights {weights!r}; known: {known}")
