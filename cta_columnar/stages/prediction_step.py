"""What a step of stage 3 is: something that models, or the images of an event, say.

A step declares what it reads and writes, so that a whole chain of them is checked
before any event is read. All of its columns are there for every row: NaN and not valid
where there is no prediction.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8
from cta_columnar.models import ARRAY, Description, ModelSource
from cta_columnar.stages.prediction_rows import Rows

Models = Mapping[tuple[str, str], Description]
"""Descriptions by task and telescope type."""


class Step(Protocol):
    """One step."""

    @property
    def task(self) -> str:
        """What its models predict, or those whose images it combines."""

    @property
    def prefix(self) -> str:
        """What the names of its columns begin with, but for standard ones."""

    @property
    def models(self) -> Models:
        """The models that it applies, by task and telescope type."""

    @property
    def weights(self) -> str:
        """Of the images that it combines; empty if it combines none."""

    @property
    def name(self) -> str:
        """Where its time is counted."""

    @property
    def of_events(self) -> bool:
        """Whether it writes columns of events; else of images."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it reads of each image, besides those of its models."""

    @property
    def reads_of_events(self) -> tuple[str, ...]:
        """Columns that it reads of each event, besides those of its models."""

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""


def predicted(
    rows: Rows, models: ModelSource, task: str, tel_type: str, n_classes: int = 0
) -> F8:
    """float64[r] or [r, k]: what a model says; NaN without one."""
    applied = rows.apply(models, task, tel_type)
    if applied is not None:
        return applied.prediction
    n_rows = rows.n_events if tel_type == ARRAY else rows.n_images[tel_type]
    return np.full((n_rows, n_classes) if n_classes else (n_rows,), np.nan)
