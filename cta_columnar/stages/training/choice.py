"""Which images take part in a training: share, classes and quality."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.config import TrainConfig
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.stages.selection import Selection
from cta_columnar.stages.training_share import SAMPLE, SHARE, uniform

PRIMARY = "true_shower_primary_id"
SELECTION = "training"
OTHER = -1
"""Class of primaries that the configuration does not name."""


def labels(config: TrainConfig, primary: AnyArray) -> I8:
    """int64[r]: number of the class of each primary, `OTHER` if it has none."""
    label = np.full(primary.shape, OTHER, np.int64)
    for number, primaries in enumerate(config.classes.values()):
        label[np.isin(primary, primaries)] = number
    return label


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which rows of a table may take part.

    Attributes
    ----------
    selection : Selection
        Share, class and quality: what each row passes.
    label : int64[r]
        Class of each row.
    draw : float64[r]
        In [0, 1), the same for all images of a shower: the smallest ones stay if there
        are too many.
    """

    selection: Selection
    label: I8
    draw: F8

    def below(self, limits: Mapping[int, float]) -> Mask:
        """bool[r]: rows that take part; ``limits`` of ``draw`` by class."""
        limit = np.zeros(len(limits) + 1)
        for number, value in limits.items():
            limit[number] = value
        mask: Mask = self.selection.mask & (self.draw < limit[self.label])
        return mask


def columns_chosen_by(config: TrainConfig) -> tuple[str, ...]:
    """Columns that `choose` needs, sorted."""
    names = {*EVENT_NAMES, PRIMARY}
    return tuple(sorted(names.union(*(cut.columns for cut in config.quality))))


def steps(config: TrainConfig) -> tuple[str, ...]:
    """Names of what a row must pass, in order."""
    return ("training_share", "known_class", *(cut.name for cut in config.quality))


def choose(config: TrainConfig, rows: pl.DataFrame) -> Chosen:
    """Apply share, classes and quality query to rows."""
    columns = {name: rows[name].to_numpy() for name in columns_chosen_by(config)}
    keys = columns["obs_id"], columns["event_id"]
    label = labels(config, columns[PRIMARY])
    passed = np.stack(
        [
            uniform(config.seed, SHARE, *keys) < config.fraction,
            label != OTHER,
            *(cut.passes(columns) for cut in config.quality),
        ]
    )
    selection = Selection(steps(config), passed)
    return Chosen(selection, label, uniform(config.seed, SAMPLE, *keys))
