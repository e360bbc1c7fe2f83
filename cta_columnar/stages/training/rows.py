"""Where training takes its images from: a dataset, or frames in a notebook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
import pyarrow as pa

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.config import TrainConfig
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models import Origin
from cta_columnar.schemas.columns import column
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.schemas.tables import TABLES
from cta_columnar.stages.selection import Selection
from cta_columnar.stages.training.weights import SimulatedRun
from cta_columnar.stages.training_share import SAMPLE, SHARE, uniform

DATASET = "dataset"
"""Which input a row is of: gammas and protons may have the same keys."""

PRIMARY = "true_shower_primary_id"
SELECTION = "training"
_SLICE = 65_536
OTHER = -1
"""Class of primaries that the configuration does not name."""


class TrainingRows(Protocol):
    """Images to train on: the same ones, in the same order, whenever they are read."""

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Rows of each class, by telescope type."""

    @property
    def runs(self) -> Mapping[str, Sequence[SimulatedRun]]:
        """Simulated spectra of each class, as far as they are known."""

    @property
    def origins(self) -> Mapping[str, Origin]:
        """Columns that models made, as far as it is known."""

    def schema(self, tel_type: str) -> pa.Schema:
        """Columns of a telescope type, with those of its telescopes and events."""

    def event_schema(self) -> pa.Schema:
        """Those of them that are the same for all images of an event."""

    def slices(self, tel_type: str, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Read columns of the images that take part, some at a time; also `DATASET`."""


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
    names = ("training_share", "known_class", *(cut.name for cut in config.quality))
    return Chosen(Selection(names, passed), label, uniform(config.seed, SAMPLE, *keys))


class Frames:
    """Images in memory, for notebooks.

    Parameters
    ----------
    frames : mapping of str to polars.DataFrame
        By telescope type: what `stages.model_rows.telescope_rows` returns, and
        `DATASET` (any integers) if keys of several datasets may be the same.
    config : TrainConfig
        Says which rows take part, as for datasets. ``max_rows`` does not matter here.
    units : mapping of str to str, optional
        Units of columns that the data model does not know.
    runs : mapping, optional
        Simulated spectra by class, for ``weights: spectrum``.

    Raises
    ------
    UserError
        If a column is missing, or there is nothing.
    """

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        config: TrainConfig,
        units: Mapping[str, str] | None = None,
        runs: Mapping[str, Sequence[SimulatedRun]] | None = None,
    ) -> None:
        if not frames:
            raise UserError("there are no rows to train on")
        self.runs = dict(runs or {})
        self.origins: dict[str, Origin] = {}
        self._units = dict(units or {})
        self._frames = {}
        self.counts: dict[str, dict[str, int]] = {}
        for tel_type, frame in sorted(frames.items()):
            check_columns(columns_chosen_by(config), frame.columns, tel_type)
            chosen = choose(config, frame)
            kept = frame.filter(pl.Series(chosen.selection.mask))
            if DATASET not in frame.columns:
                kept = kept.with_columns(pl.lit(0, pl.Int16).alias(DATASET))
            self._frames[tel_type] = kept.sort(DATASET, *TEL_EVENT_NAMES)
            count = np.bincount(
                chosen.label[chosen.selection.mask], minlength=len(config.classes)
            )
            self.counts[tel_type] = dict(
                zip(config.classes, count.tolist(), strict=True)
            )

    def schema(self, tel_type: str) -> pa.Schema:
        """Columns of a telescope type."""
        frame = self._frames[tel_type].drop(DATASET)
        types = pa.schema(frame.clear().to_arrow().schema)
        return pa.schema([self._described(field) for field in types])

    def event_schema(self) -> pa.Schema:
        """Those of them that the table ``events`` of the data model has."""
        schema = self.schema(next(iter(self._frames)))
        return pa.schema([f for f in schema if TABLES["events"].known(f.name)])

    def slices(self, tel_type: str, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Return columns of the images that take part, some at a time."""
        return self._frames[tel_type].select(names).iter_slices(_SLICE)

    def _described(self, field: pa.Field) -> pa.Field:
        for table in ("parameters", "telescopes", "events"):
            if known := TABLES[table].known(field.name):
                return known.with_type(field.type)
        return column(field.name, field.type, self._units.get(field.name, ""))


def check_columns(wanted: Sequence[str], there: Sequence[str], where: str) -> None:
    """Refuse a table without a column.

    Raises
    ------
    UserError
        Which names the column, and the nearest one.
    """
    for name in wanted:
        if name not in there:
            hint = did_you_mean(name, there)
            raise UserError(f"{where}: there is no column {name!r}; {hint}")
